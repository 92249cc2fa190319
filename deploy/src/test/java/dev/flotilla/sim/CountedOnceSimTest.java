package dev.flotilla.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
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
            World.live(seed, Mutant.NONE, REPLAY, true, System.out::println);
            return;
        }
        TreeSet<String> seen = new TreeSet<>();
        for (long s = FIRST; s < FIRST + HISTORIES; s++)
            seen.addAll(live(s, Mutant.NONE).seen());
        System.out.println("the laws hold in " + HISTORIES + " histories from seed " + FIRST + "; met: " + seen);
        TreeSet<String> missed = new TreeSet<>(HARM);
        missed.removeAll(seen);
        assertTrue(HISTORIES < 1000 || missed.isEmpty(), "no history met " + missed);
    }

    @Test
    void theSameSeedGivesTheSameTrace() {
        for (long seed = FIRST; seed < FIRST + 10; seed++) {
            String trace = live(seed, Mutant.NONE).trace();
            assertEquals(trace, live(seed, Mutant.NONE).trace(), "seed " + seed);
            assertNotEquals(trace, live(seed + 1, Mutant.NONE).trace(), "seed " + seed);
        }
    }

    @Test
    void leavingOutTheMeetingCheckIsFoundWhereItHappens() {
        assertEquals("I14", lawBrokenBy(Mutant.MEETING));
    }

    @Test
    void leavingOutTheMeetingCheckIsFoundByWhatComesOfIt() {
        String law = lawBrokenBy(Mutant.MEETING_UNWATCHED);
        assertTrue(law.startsWith("I"), law);
    }

    @Test
    void leavingOutThePermitIsFound() {
        assertEquals("I4", lawBrokenBy(Mutant.PERMIT));
    }

    /** The law that breaks first, within as many histories as the shipped cores live through. */
    private static String lawBrokenBy(Mutant mutant) {
        Optional<Broken> found = Optional.empty();
        for (long seed = FIRST; seed < FIRST + HISTORIES && found.isEmpty(); seed++) {
            try {
                live(seed, mutant);
            } catch (Broken broken) {
                found = Optional.of(broken);
                System.out.println("without " + mutant + ", in history " + (seed - FIRST + 1) + ": " + broken.law);
            }
        }
        return found.orElseThrow(() -> new AssertionError("no law breaks without " + mutant)).law;
    }

    private static World.Outcome live(long seed, Mutant mutant) {
        return World.live(seed, mutant, REPLAY, false, line -> {});
    }
}
