package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A device whose clock begins in 1970 and jumps by years while it works. Its monotonic clock is right, as on every machine. */
class ClocksIT {
    @Test
    void aClockThatStartsIn1970AndJumpsChangesNothing(@TempDir Path folder) throws IOException {
        Path library = library();
        Path time = folder.resolve("time");
        SideEffects effects = new SideEffects(folder);
        try (TestFleet fleet = new TestFleet(folder).leavingLinesIn(effects);
                Rounds rounds = Rounds.of("clock at 1970 and jumping", 1, 50)) {
            fleet.controller("--port", String.valueOf(TestFleet.freePort())).agent("oak");
            rounds.each(seed -> {
                Random chance = new Random(seed * 0x9e3779b97f4a7c15L);
                fleet.kill("oak");
                set(time, "1970-01-01 00:00:07");
                fleet.again(
                        "oak",
                        "env",
                        "LD_PRELOAD=" + library,
                        "FAKETIME_DONT_FAKE_MONOTONIC=1",
                        "FAKETIME_FORCE_MONOTONIC_FIX=0", // else every timed wait of the JVM hangs
                        "FAKETIME_NO_CACHE=1",
                        "FAKETIME_TIMESTAMP_FILE=" + time);
                fleet.ready("oak");
                assertTrue(clock(fleet).contains("days behind"), () -> clock(fleet));
                Work repeatable = new Work("r-" + seed, seed * 10_000, 40, 100, "40ms", false);
                Work once = new Work("o-" + seed, seed * 10_000 + 5_000, 10, 100, "60ms", true);
                for (Work work : List.of(repeatable, once)) fleet.ask("job.submit", work.request());
                for (String jump : List.of("2037-05-06 07:08:09", "1999-12-31 23:59:59", "2031-01-01 00:00:00")) {
                    int begun = begun(effects, repeatable, once);
                    Command.await("it has gone on", () -> begun(effects, repeatable, once) > begun + 5);
                    set(time, jump);
                }
                for (Work work : List.of(repeatable, once)) work.ends(fleet, effects, chance, rounds);
                assertTrue(fleet.said("oak").contains("1970-01-01T"), "the clock was not turned back");
                assertTrue(clock(fleet).contains("days ahead of"), () -> clock(fleet));
            });
        }
    }

    private static int begun(SideEffects effects, Work repeatable, Work once) {
        return effects.starts(repeatable).size() + effects.starts(once).size();
    }

    private static String clock(TestFleet fleet) {
        return fleet.flotilla("device", "show", "oak").succeeded().out();
    }

    /** Whole at once: the agent reads it at every look at the clock. */
    private static void set(Path file, String time) throws IOException {
        Path fresh = file.resolveSibling("time.new");
        Files.writeString(fresh, "@" + time + "\n");
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Path library() throws IOException {
        String search = "find /usr/lib -name libfaketime.so.1 -path '*faketime*' 2>/dev/null | head -n 1";
        String found = Command.run(Map.of(), List.of("sh", "-c", search)).out().strip();
        Ci.needs(!found.isEmpty(), "faketime is not installed (Debian: faketime)");
        return Path.of(found);
    }
}
