package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.model.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Death at a sync point of a job of 20 tasks: the N-th fsync of a thread, counted by strace. Three ways to die there:
 *
 * <ul>
 *   <li>before: SIGKILL on the way into the call, so that nothing is synced and nothing was said;
 *   <li>after: the call has returned to nobody, since strace holds the thread on its way out until the test kills the process;
 *   <li>at the start: from the process's first call on, in whichever thread comes to its N-th first; before, as above.
 * </ul>
 *
 * <p>Then the process starts again without strace, and the answer is right. The quick size draws points, the full one takes each until three
 * jobs in a row end without a death. Only deaths count as rounds: no two jobs have the same number of points.
 */
class DeathAtSyncIT {
    /** No job has as many. */
    private static final int MOST = 200;

    /** So many jobs without a death, one after the other, and there is no such point any more. */
    private static final int ROW = 3;

    private static final Duration TURN = Duration.ofMillis(300);
    private static final String CALLS = "fsync,fdatasync";

    private enum Way {
        BEFORE,
        AFTER,
        AT_START
    }

    @TempDir
    static Path folder;

    private TestFleet fleet;
    private SideEffects effects;
    private int jobs;
    private int deaths;
    private int beyond;
    /** The agent has lost its broker since it was started, and would wait longer the next time. */
    private boolean waited;

    @Test
    void anAgentThatDiesAtASyncPointLosesNothing() throws IOException {
        points("oak", "death at a sync point: agent", new int[] {10, 10, 12});
    }

    @Test
    void aControllerThatDiesAtASyncPointLosesNothing() throws IOException {
        points("controller", "death at a sync point: controller", new int[] {8, 8, 6});
    }

    /** @param drawn  the last point of each way that the quick size draws */
    private void points(String victim, String fault, int[] drawn) throws IOException {
        Ci.needs(Mosquitto.installed("strace"), "strace is not installed (Debian: strace)");
        boolean traces = Command.run(Map.of(), List.of("strace", "-o", "/dev/null", "true"))
                        .exit()
                == 0;
        Ci.needs(traces, "strace may not trace here");
        Path mine = Files.createDirectories(folder.resolve(victim + "-fleet"));
        effects = new SideEffects(mine);
        fleet = new TestFleet(mine).leavingLinesIn(effects);
        try (Rounds rounds = Rounds.of(fault, 8, 3 * MOST)) {
            fleet.controller("--port", String.valueOf(TestFleet.freePort())).agent("oak");
            fleet.ready("oak");
            TreeMap<Way, Integer> without = new TreeMap<>();
            rounds.each(seed -> {
                Random chance = new Random(seed * 0x9e3779b97f4a7c15L);
                Way way = Way.values()[(int) (seed % 3)];
                boolean each = Boolean.getBoolean("flotilla.full");
                if (each && without.getOrDefault(way, 0) == ROW) {
                    rounds.skip();
                    return;
                }
                int nth = each ? (int) (seed - 1) / 3 + 1 : 1 + chance.nextInt(drawn[way.ordinal()]);
                boolean died = dies(victim, way, nth, chance, rounds);
                without.put(way, died ? 0 : without.getOrDefault(way, 0) + 1);
                if (died) return;
                rounds.skip();
                beyond++;
            });
            assertTrue(deaths > 0 || rounds.count() < ROW, "nothing died: strace injects nothing");
            rounds.note("each a death; " + beyond + " more jobs ended before their point");
        } finally {
            fleet.close();
        }
    }

    private boolean dies(String victim, Way way, int nth, Random chance, Rounds rounds) throws IOException {
        int n = ++jobs;
        Work work = new Work("j-" + n, n * 10_000L, 20, 100, 2 + chance.nextInt(10) + "ms", n % 3 == 0);
        Path trace = folder.resolve("trace");
        Files.deleteIfExists(trace);
        boolean dead;
        if (way == Way.AT_START) {
            fleet.ask("job.submit", work.request());
            fleet.kill(victim);
            List<String> strace = strace(trace, "signal=SIGKILL", nth);
            strace.addAll(1, List.of("-D", "-f"));
            fleet.again(victim, strace.toArray(String[]::new));
            if (victim.equals("controller")) fleet.hangUp();
            dead = diedUntilDone(victim, work);
            if (!dead) { // it is traced for as long as it lives
                fleet.kill(victim);
                fleet.again(victim);
            }
        } else {
            boolean after = way == Way.AFTER;
            List<String> strace = strace(trace, after ? "delay_exit=60000000" : "signal=SIGKILL", nth);
            strace.addAll(List.of("-p", fleet.loop(victim)));
            Process tracer = new ProcessBuilder(strace)
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("strace.out").toFile())
                    .start();
            try {
                Command.await(
                        "strace has come",
                        () -> read(folder.resolve("strace.out")).contains("attached"));
                submit(work);
                if (after) {
                    Command.await("its N-th sync, or the end", () -> held(trace) || over(work));
                    if (held(trace)) {
                        fleet.signal(victim, "KILL");
                        tracer.destroyForcibly(); // it would let the dead thread go when its delay is over
                        fleet.kill(victim);
                    }
                }
                dead = diedUntilDone(victim, work);
            } finally {
                tracer.destroy();
                tracer.onExit().join();
            }
        }
        if (dead) {
            deaths++;
            fleet.again(victim);
        }
        boolean controller = victim.equals("controller");
        if (controller && (dead || way == Way.AT_START)) {
            fleet.awaitController();
            fleet.hangUp();
            if (waited) {
                fleet.kill("oak");
                fleet.again("oak");
            }
            waited = !waited;
        }
        Command.await("the controller answers", () -> submit(work));
        work.ends(fleet, effects, chance, rounds);
        return dead;
    }

    private static List<String> strace(Path trace, String what, int nth) {
        return new ArrayList<>(List.of(
                "strace",
                "-o",
                trace.toString(),
                "-e",
                "trace=" + CALLS,
                "-e",
                "inject=" + CALLS + ":" + what + ":when=" + nth));
    }

    /** Whether it died before the job's end was known. */
    private boolean diedUntilDone(String victim, Work work) {
        Command.await(victim + " dies, or the job ends", () -> fleet.ended(victim) || over(work));
        return fleet.ended(victim);
    }

    /** Asked in short turns: a controller that dies never answers. */
    private boolean over(Work work) {
        try {
            return fleet.ask("job.result", "{\"job\": \"" + work.id() + "\"}", TURN)
                    .map(result -> result.path("final").asBoolean())
                    .orElse(false);
        } catch (UserError nobody) {
            return false;
        }
    }

    private boolean submit(Work work) {
        try {
            return fleet.ask("job.submit", work.request(), TURN).isPresent();
        } catch (UserError nobody) {
            fleet.hangUp();
            return false;
        }
    }

    /** strace holds the thread: the call is done, and the thread does not know it. */
    private static boolean held(Path trace) {
        return Files.exists(trace) && read(trace).contains("DELAYED");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
