package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent that has a queue and no broker, restarted again and again. */
class OfflineIT {
    private static final Pattern RESUMED = Pattern.compile("redo.resumed unfinished=([0-9]+) finished=([0-9]+)");

    @Test
    void anAgentRestartedThreeTimesOfflineGoesOnWithItsQueueAndDoesNothingTwice(@TempDir Path folder)
            throws IOException {
        SideEffects effects = new SideEffects(folder);
        try (TestFleet fleet = new TestFleet(folder).leavingLinesIn(effects);
                Rounds rounds = Rounds.of("three restarts offline", 1, 20)) {
            fleet.controller("--port", String.valueOf(TestFleet.freePort())).agent("oak");
            fleet.ready("oak");
            rounds.each(seed -> round(fleet, effects, rounds, seed));
        }
    }

    private static void round(TestFleet fleet, SideEffects effects, Rounds rounds, long seed) {
        Work repeatable = new Work("r-" + seed, seed * 10_000, 12, 100, "400ms", false);
        Work once = new Work("o-" + seed, seed * 10_000 + 5_000, 3, 100, "5ms", true);
        fleet.kill("oak");
        fleet.ask("job.submit", repeatable.request());
        fleet.ask("job.submit", once.request());
        fleet.ready("oak");
        Command.await("two tasks run", () -> effects.starts(repeatable).size() >= 2);
        fleet.kill("controller");

        fleet.kill("oak"); // while two run: they are run again
        fleet.again("oak");
        TreeMap<Integer, Integer> before = effects.starts(repeatable);
        Command.await("it goes on", () -> !effects.starts(repeatable).equals(before));
        Command.await("its queue is done", () -> quiet(fleet, Duration.ofSeconds(2)));
        TreeMap<Integer, Integer> offline = effects.starts(repeatable);
        TreeMap<Integer, Integer> early = effects.starts(once);

        fleet.signal("oak", "TERM");
        assertEquals(0, fleet.exit("oak"));
        fleet.again("oak");
        String left = resumed(fleet);
        fleet.kill("oak");
        fleet.again("oak");
        assertEquals(left, resumed(fleet), "nothing was left to do without a link");
        assertEquals(offline, effects.starts(repeatable), "what was done is not done again");
        assertEquals(early, effects.starts(once), "one-time work waits");

        fleet.again("controller");
        fleet.awaitController();
        fleet.hangUp();
        repeatable.right(fleet, effects, rounds);
        once.right(fleet, effects, rounds);
        offline.forEach((shard, starts) -> {
            if (!effects.starts(repeatable).get(shard).equals(starts))
                rounds.doubled(repeatable.id() + "/" + shard + ", done offline");
        });
        effects.starts(repeatable).forEach((shard, starts) -> {
            if (!offline.containsKey(shard)) assertEquals(1, starts, "nothing was killed while it ran");
        });
        assertTrue(early.size() < 3, "some one-time work was left for the link");
    }

    /** No task has begun for so long; one takes a fifth of it. */
    private static boolean quiet(TestFleet fleet, Duration span) {
        try {
            FileTime last = Files.getLastModifiedTime(fleet.folder().resolve("side-effects"));
            return last.toInstant().plus(span).isBefore(Instant.now());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the agent found in its redo log. */
    private static String resumed(TestFleet fleet) {
        Command.await(
                "it has read its redo log",
                () -> RESUMED.matcher(fleet.said("oak")).find());
        Matcher found = RESUMED.matcher(fleet.said("oak"));
        assertTrue(found.find());
        return found.group();
    }
}
