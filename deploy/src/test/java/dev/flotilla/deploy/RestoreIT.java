package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A controller that comes back from an older copy of its data: put back by the operator's command, or by a mere copy of the disk. */
class RestoreIT {
    private static final Pattern COUNTED = Pattern.compile("journal.restored-told .*counted=(\\d+)");

    @TempDir
    Path folder;

    @Test
    void aControllerThatIsRestoredCountsWhatAgentsKeptAndHoldsOneTimeWork() throws IOException {
        long[] kept = {0};
        try (Rounds rounds = Rounds.of("controller restored from a backup", 1, 20)) {
            rounds.each(seed -> kept[0] += round(seed, true, rounds));
            rounds.note(kept[0] + " kept results counted, not run again");
            assertTrue(kept[0] > 0, "no agent had kept anything");
        }
    }

    @Test
    void aControllerWhoseDiskWasCopiedBackSilentlyIsFoundOutAndHoldsOneTimeWork() throws IOException {
        long[] kept = {0};
        try (Rounds rounds = Rounds.of("controller's disk copied back silently", 1, 20)) {
            rounds.each(seed -> kept[0] += round(seed, false, rounds));
            rounds.note(kept[0] + " kept results counted");
        }
    }

    /** @return how many kept results were counted */
    private long round(long seed, boolean byRestore, Rounds rounds) throws IOException {
        Path here = Files.createDirectories(folder.resolve((byRestore ? "restored-" : "copied-") + seed));
        SideEffects effects = new SideEffects(here);
        Random chance = new Random(seed);
        Work sum = new Work("sum-" + seed, 1_000_000 * seed, 60, 10, "200ms", false);
        Work once = new Work("once-" + seed, 1_000_000 * seed + 500_000, 80, 10, "500ms", true);
        try (TestFleet fleet = new TestFleet(here).leavingLinesIn(effects)) {
            fleet.controller("--port", String.valueOf(TestFleet.freePort()));
            fleet.agent("oak").agent("elm").ready("oak", "elm");
            fleet.ask("job.submit", sum.request());
            fleet.ask("job.submit", once.request());
            counts(fleet, sum, 3 + chance.nextInt(10));

            Path copy = here.resolve("copy");
            if (byRestore) backUp(fleet, copy);
            else {
                fleet.kill("controller");
                copy(fleet.data(), copy);
                fleet.again("controller");
                fleet.awaitController();
                fleet.hangUp();
            }
            counts(fleet, sum, Math.min(sum.shards(), fleet.counted(sum.id()) + 15 + chance.nextInt(15)));

            fleet.kill("controller");
            fleet.hangUp();
            Files.move(fleet.data(), here.resolve("before"));
            if (byRestore) restore(fleet, copy);
            else copy(copy, fleet.data());
            fleet.again("controller");
            fleet.awaitController();

            awaitHeld(fleet, once);
            sum.right(fleet, effects, rounds);
            ObjectNode waits = fleet.ofJob("job.result", once.id());
            assertTrue(
                    waits.path("final").asBoolean()
                            || waits.path("needs").asText().contains("held"),
                    () -> "held tasks wait for the operator: " + waits);
            effects.starts(once).forEach((shard, lines) -> {
                if (lines > 1) rounds.doubled("one-time " + once.id() + "/" + shard + " started before its release");
            });
            once.ends(fleet, effects, chance, rounds);
            if (!byRestore) assertTrue(fleet.said("controller").contains("journal.older-copy"));
            long kept = 0;
            for (Matcher told = COUNTED.matcher(fleet.said("controller")); told.find(); )
                kept += Long.parseLong(told.group(1));
            return kept;
        }
    }

    private static void counts(TestFleet fleet, Work work, long shards) {
        Command.await(shards + " of " + work.id() + " are counted", () -> fleet.counted(work.id()) >= shards);
    }

    private static void backUp(TestFleet fleet, Path file) {
        Command made = fleet.flotilla(
                "controller", "backup", file.toString(), "--data", fleet.data().toString());
        assertEquals(file.toString(), made.answer());
        assertTrue(made.err().contains("chain verified"), made::toString);
    }

    private static void restore(TestFleet fleet, Path file) {
        Command restored = fleet.flotilla(
                "controller", "restore", file.toString(), "--data", fleet.data().toString());
        assertTrue(restored.succeeded().out().contains("need your decision"), restored::toString);
    }

    private static void copy(Path from, Path to) {
        Command.run(Map.of(), java.util.List.of("cp", "-r", from.toString(), to.toString()))
                .succeeded();
    }

    /** Unless kept results have filled every gap of it before anyone could look. */
    private static void awaitHeld(TestFleet fleet, Work once) {
        Command.await("one-time work is held", () -> {
            ObjectNode job = fleet.ofJob("job.show", once.id());
            JsonNode held = job.path("held");
            return held.size() > 0 && held.get(0).path("reason").asText().contains("older copy")
                    || !job.at("/summary/state").asText().equals("running");
        });
    }
}
