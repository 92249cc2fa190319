package dev.flotilla.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.deploy.Rounds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The laws of PROTOCOL section 11 over both shipped cores, codecs and loops, in a hostile world: I1 to I19. {@code -Dflotilla.histories=N} lives
 * through so many, from {@code -Dflotilla.first=N} on. With {@code -Dflotilla.seed=N} one history is lived through again and told, with
 * {@code -Dflotilla.keep=LIST} and {@code -Dflotilla.harm=NANOS} what was left of it when it was cut short.
 */
class CountedOnceSimTest {
    private static final String REPLAY = "CountedOnceSimTest#theLawsHoldInEveryHistory";
    private static final int QUICK = 2_000;
    private static final int FULL = 200_000;
    private static final long FIRST = Long.getLong("flotilla.first", 1);
    private static final Duration CUT_SHORT = Duration.ofSeconds(20);

    /** What some history must have met, or the world is not as hostile as it says; every kind of fault besides. */
    private static final List<String> HARM = List.of(
            "Adopted",
            "Gone",
            "Held",
            "JobRemoved",
            "Lost",
            "OlderCopyFound",
            "Permitted",
            "Poisoned",
            "Released",
            "Restored",
            "Revived",
            "SerialsRaised",
            "a device lied about its own result",
            "artifact fetched",
            "controller is an older copy",
            "degraded",
            "device left",
            "ended CANCELLED",
            "ended FAILED",
            "ended FINISHED",
            "ended INTERRUPTED",
            "ended REFUSED",
            "job CANCELLED",
            "job DONE",
            "job FAILED",
            "job PARTIAL",
            "job handed in anew",
            "log shortened",
            "older copy told",
            "one-time work started",
            "permitted again by an older copy",
            "power cut",
            "result told",
            "session taken over",
            "stale envelope");

    @BeforeAll
    static void failingDisksAreNoNewsHere() {
        System.setProperty("flotilla.log", "off");
    }

    @Test
    void theLawsHoldInEveryHistory() throws InterruptedException {
        Long seed = Long.getLong("flotilla.seed");
        if (seed != null) {
            World.live(asked(seed), true, System.out::println);
            return;
        }
        int usual = Boolean.getBoolean("flotilla.full") ? FULL : QUICK;
        int histories = Integer.getInteger("flotilla.histories", usual);
        try (Rounds rounds = Rounds.of("simulated histories, any fault", histories, histories)) {
            Lived lived = live(histories, Runtime.getRuntime().availableProcessors());
            rounds.done(lived.whole);
            String years =
                    String.format(java.util.Locale.ROOT, "%.1f device-years", lived.deviceTime / (365.25 * 86_400));
            long kinds = lived.met.keySet().stream()
                    .filter(what -> what.startsWith("fault "))
                    .count();
            rounds.note(years + " of virtual time, " + kinds + " kinds of faults");
            System.out.println(lived.broken.size() + " violations in " + histories + " histories from seed " + FIRST
                    + ", " + years + " of virtual time; met: " + lived.met);
            assertEquals(List.of(), lived.broken);
            assertEquals(histories, lived.whole, "histories that were lived through to their end");
            TreeSet<String> missed = new TreeSet<>(HARM);
            for (Fault.Kind kind : Fault.Kind.values()) missed.add(kind.met());
            missed.removeAll(lived.met.keySet());
            assertTrue(histories < QUICK || missed.isEmpty(), "no history met " + missed);
        }
    }

    private static Scenario asked(long seed) {
        Scenario whole = Scenario.of(seed);
        String keep = System.getProperty("flotilla.keep");
        if (keep == null) return whole;
        TreeSet<Integer> items =
                Arrays.stream(keep.split(",")).map(Integer::valueOf).collect(Collectors.toCollection(TreeSet::new));
        return whole.only(
                items,
                Duration.ofNanos(Long.getLong("flotilla.harm", whole.harm().toNanos())));
    }

    /** What all histories together met; the seconds that their devices lived through; how the first that broke a law did. */
    private static final class Lived {
        final TreeMap<String, Long> met = new TreeMap<>();
        final List<String> broken = new ArrayList<>();
        double deviceTime;
        int whole;

        synchronized void add(World.Outcome outcome) {
            if (++whole % 10_000 == 0) System.out.println(whole + " histories lived through");
            outcome.met().forEach((what, times) -> met.merge(what, times, Long::sum));
            deviceTime += outcome.deviceTime().toSeconds();
        }

        synchronized boolean isFirst(String what) {
            broken.add(what);
            return broken.size() == 1;
        }
    }

    /** Each history has a world of its own; nothing is shared. The first that breaks a law ends them all. */
    private static Lived live(int histories, int threads) throws InterruptedException {
        Lived lived = new Lived();
        AtomicLong next = new AtomicLong(FIRST);
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            workers.add(new Thread(() -> {
                for (long s = next.getAndIncrement(); s < FIRST + histories; s = next.getAndIncrement()) {
                    Scenario scenario = Scenario.of(s);
                    try {
                        lived.add(World.live(scenario, false, line -> {}));
                    } catch (Broken broken) {
                        next.set(FIRST + histories);
                        String whole = broken.getMessage() + "\n  replay: mvn -q -pl deploy -am test -Dtest=" + REPLAY
                                + " -Dflotilla.seed=" + s + "\n  ";
                        if (lived.isFirst(whole))
                            System.out.println(whole + Shortest.words(scenario, broken, REPLAY, CUT_SHORT));
                    } catch (Throwable dead) { // else its histories would be missing without a word
                        next.set(FIRST + histories);
                        lived.isFirst("seed " + s + ": " + dead);
                    }
                }
            }));
        }
        workers.forEach(Thread::start);
        for (Thread worker : workers) worker.join();
        return lived;
    }

    @Test
    void theSameSeedGivesTheSameTrace() {
        for (long seed = FIRST; seed < FIRST + 10; seed++) {
            String trace = trace(seed);
            assertEquals(trace, trace(seed), "seed " + seed);
            assertNotEquals(trace, trace(seed + 1), "seed " + seed);
        }
    }

    private static String trace(long seed) {
        return World.live(Scenario.of(seed), false, line -> {}).trace();
    }
}
