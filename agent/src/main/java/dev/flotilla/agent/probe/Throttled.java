package dev.flotilla.agent.probe;

import java.util.ArrayList;
import java.util.List;

/** The bits of Raspberry Pi's firmware: what has happened since the machine's start. What happens just now would change with every measurement. */
final class Throttled {
    private static final List<String> SINCE_START =
            List.of("under-voltage", "frequency-capped", "slowed", "soft-limit");
    private static final int FIRST_BIT = 16;

    private Throttled() {}

    /** @param hex  as {@code 50005} or {@code 0x50005}. @throws NumberFormatException if it is no number */
    static String words(String hex) {
        long bits = Long.parseLong(hex.strip().replaceFirst("^0x", ""), 16);
        List<String> words = new ArrayList<>();
        for (int i = 0; i < SINCE_START.size(); i++)
            if ((bits >> FIRST_BIT + i & 1) == 1) words.add(SINCE_START.get(i));
        return words.isEmpty() ? "no" : String.join(" ", words);
    }
}
