package dev.flotilla.agent.probe;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;

/** Lets the fuzzing in. */
public final class ProfileDoor {
    private static final Hardware HARDWARE = new Hardware("", "arm64", 1L << 30, false);

    private ProfileDoor() {}

    /** @throws IllegalArgumentException if it is no profile */
    public static void read(byte[] yaml) {
        String text = new String(yaml, StandardCharsets.UTF_8);
        Chosen.of(ProfileText.profile("fuzz", text), "fuzz", HARDWARE, Optional.empty(), OptionalInt.empty(), 4);
    }
}
