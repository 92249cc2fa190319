package dev.flotilla.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The laws of PROTOCOL section 11 over both shipped cores and the shipped loop, in a hostile world: I1 to I7, I9 to I16. With
 * {@code -Dflotilla.seed=N} one history is lived through again and told; {@code -Dflotilla.histories=N} lives through more of them, from
 * {@code -Dflotilla.first=N} on.
 */
class CountedOnceSimTest {
    private static final String REPLAY = "CountedOnceSimTest#theLawsHoldInEveryHistory";
    private static final int HISTORIES = Integer.getInteger("flotilla.histories", 1000);
    private static final long FIRST = Long.getLong("flotilla.first", 1);

    /** What some history must have met, or the world is not as hostile as it says. */
    private static final List<String> HARM = List.of(
            "Lost",
            "Revived",
            "Gone",
            "Held",
            "Released",
            "Permitted",
            "Poisoned",
            "artifact fetched",
            "degraded",
            "ended CANCELLED",
            "ended FAILED",
            "ended FINISHED",
            "ended INTERRUPTED",
            "job CANCELLED",
            "job DONE",
            "job FAILED",
            "job PARTIAL",
            "one-time work started",
            "power cut",
            "result told",
            "stale envelope");

    @BeforeAll
    static void failingDisksAreNoNewsHere() {
        System.setProperty("flotilla.log", "off");
    }

    @Test
    void theLawsHoldInEveryHistory() {
        Long seed = Long.getLong("flotilla.seed");
        if (seed != null) {
            World.live(seed, REPLAY, true, System.out::println);
            return;
        }
        TreeSet<String> seen = new TreeSet<>();
        for (long s = FIRST; s < FIRST + HISTORIES; s++) seen.addAll(live(s).seen());
        System.out.println("the laws hold in " + HISTORIES + " histories from seed " + FIRST + "; met: " + seen);
        TreeSet<String> missed = new TreeSet<>(HARM);
        missed.removeAll(seen);
        assertTrue(HISTORIES < 1000 || missed.isEmpty(), "no history met " + missed);
    }

    @Test
    void theSameSeedGivesTheSameTrace() {
        for (long seed = FIRST; seed < FIRST + 10; seed++) {
            String trace = live(seed).trace();
            assertEquals(trace, live(seed).trace(), "seed " + seed);
            assertNotEquals(trace, live(seed + 1).trace(), "seed " + seed);
        }
    }

    private static World.Outcome live(long seed) {
        return World.live(seed, REPLAY, false, line -> {});
    }
}
