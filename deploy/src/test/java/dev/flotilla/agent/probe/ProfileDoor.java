package dev.flotilla.agent.probe;

import java.io.ByteArrayInputStream;
import java.io.IOException;

/** Lets the fuzzing in. */
public final class ProfileDoor {
    private ProfileDoor() {}

    /** @throws IllegalArgumentException if it is no profile */
    public static void read(byte[] yaml) throws IOException {
        Profiles.read(new ByteArrayInputStream(yaml));
    }
}
