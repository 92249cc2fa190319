package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.model.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Disks that are full, fail or let nothing be written, under a job of 20 tasks: from the N-th call on of the thread that commits, by strace,
 * for one call, a few, or until it is mended. The process stays up, says {@code degraded: storage} where people look, heals by itself, and
 * the answer is right.
 */
class DisksIT {
    private static final String AGENT = "oak";
    private static final String CONTROLLER = "controller";
    private static final String DEGRADED = "degraded: storage";
    private static final String WRITES = "pwrite64,ftruncate";
    private static final String SYNCS = "fsync,fdatasync";

    @TempDir
    static Path folder;

    private static TestFleet fleet;
    private static SideEffects effects;
    private static int jobs;
    /** Rounds of all rows so far, those in which a call failed, and those in which a disk that was not mended was told of. */
    private static int lived;

    private static int struck;
    private static int told;

    @BeforeAll
    static void start() throws IOException {
        Ci.needs(Mosquitto.installed("strace"), "strace is not installed (Debian: strace)");
        Ci.needs(
                Command.run(Map.of(), List.of("strace", "-o", "/dev/null", "true"))
                                .exit()
                        == 0,
                "strace may not trace here");
        effects = new SideEffects(folder);
        fleet = new TestFleet(folder).leavingLinesIn(effects);
        fleet.controller("--port", String.valueOf(TestFleet.freePort())).agent(AGENT);
        fleet.ready(AGENT);
    }

    @AfterAll
    static void stop() {
        if (fleet != null) fleet.close();
        if (lived >= 20) assertTrue(struck > 0 && told > 0, struck + " struck, " + told + " were told of");
    }

    @Test
    void anAgentsDiskThatRefusesWritesIsWaitedFor() {
        rounds("disk full at the N-th write: agent", AGENT, WRITES, "ENOSPC", 40);
        rounds("I/O error at the N-th write: agent", AGENT, WRITES, "EIO", 40);
        rounds("read-only from the N-th write: agent", AGENT, WRITES, "EROFS", 40);
    }

    @Test
    void anAgentsDiskThatDoesNotSyncIsWaitedFor() {
        rounds("disk full at the N-th sync: agent", AGENT, SYNCS, "ENOSPC", 15);
        rounds("I/O error at the N-th sync: agent", AGENT, SYNCS, "EIO", 15);
    }

    @Test
    void aControllersDiskThatRefusesWritesIsWaitedFor() {
        rounds("disk full at the N-th write: controller", CONTROLLER, WRITES, "ENOSPC", 20);
        rounds("I/O error at the N-th write: controller", CONTROLLER, WRITES, "EIO", 20);
        rounds("read-only from the N-th write: controller", CONTROLLER, WRITES, "EROFS", 20);
    }

    @Test
    void aControllersDiskThatDoesNotSyncIsWaitedFor() {
        rounds("disk full at the N-th sync: controller", CONTROLLER, SYNCS, "ENOSPC", 8);
        rounds("I/O error at the N-th sync: controller", CONTROLLER, SYNCS, "EIO", 8);
    }

    /** @param most  the last call at which it may begin */
    private static void rounds(String fault, String victim, String calls, String error, int most) {
        int struckBefore = struck;
        int toldBefore = told;
        try (Rounds rounds = Rounds.of(fault, 2, 40)) {
            rounds.each(seed -> {
                Random chance = new Random(seed * 0x9e3779b97f4a7c15L + fault.hashCode());
                try {
                    if (round(victim, calls, error, 1 + chance.nextInt(most), seed, chance, rounds)) struck++;
                    lived++;
                } catch (AssertionError e) {
                    throw new AssertionError(e.getMessage() + "\n" + victim + " said:\n" + fleet.said(victim), e);
                }
            });
            rounds.note((struck - struckBefore) + " struck, " + (told - toldBefore)
                    + " were told of before they were mended");
            if (rounds.count() > 4) assertTrue(struck > struckBefore && told > toldBefore, "nothing was injected");
        }
    }

    /** @return whether it struck before the job had ended */
    private static boolean round(
            String victim, String calls, String error, int nth, long seed, Random chance, Rounds rounds)
            throws IOException {
        int n = ++jobs;
        Work work = new Work("j-" + n, n * 10_000L, 20, 100, 2 + chance.nextInt(10) + "ms", seed % 4 == 0);
        boolean lasts = seed % 2 == 1;
        String when = lasts ? nth + "+" : nth + ".." + (nth + (seed % 3 == 0 ? 0 : chance.nextInt(8)));
        Path trace = folder.resolve("trace");
        Path out = folder.resolve("strace.out");
        Files.deleteIfExists(trace);
        List<String> strace = List.of(
                "strace",
                "-o",
                trace.toString(),
                "-e",
                "trace=" + calls,
                "-e",
                "inject=" + calls + ":error=" + error + ":when=" + when,
                "-p",
                fleet.loop(victim));
        Process tracer = new ProcessBuilder(strace)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        boolean struck;
        try {
            Command.await("strace has come", () -> read(out).contains("attached"));
            submit(work);
            Command.await("a call that fails, or the end", () -> injected(trace) || over(work));
            struck = injected(trace);
            if (lasts && struck) {
                boolean[] says = {false};
                Command.await(victim + " says so, or the job ends", () -> (says[0] = says(victim)) || over(work));
                if (says[0]) {
                    told++;
                    refuses(victim);
                }
            }
        } finally {
            tracer.destroy();
            tracer.onExit().join();
        }
        assertFalse(fleet.ended(victim), () -> victim + " ended: " + fleet.said(victim));
        Command.await("the controller takes work", () -> submit(work));
        work.ends(fleet, effects, chance, rounds);
        assertFalse(fleet.ended(victim), () -> victim + " ended: " + fleet.said(victim));
        fleet.ready(AGENT);
        assertEquals("ready", fleet.ask("controller.info", "{}").path("state").asText());
        return struck;
    }

    /** Where people look: the devices, the controller itself. Its log says it too. */
    private static boolean says(String victim) {
        boolean says = victim.equals(CONTROLLER)
                ? fleet.tried("controller.info", "{}").path("state").asText().equals(DEGRADED)
                : fleet.tried("device.show", "{\"device\": \"" + AGENT + "\"}")
                        .at("/summary/state")
                        .asText()
                        .equals(DEGRADED);
        return says && fleet.said(victim).contains(DEGRADED);
    }

    private static void refuses(String victim) {
        if (!victim.equals(CONTROLLER)) return;
        UserError refusal = assertThrows(
                UserError.class, () -> fleet.ask("job.submit", new Work("no", 0, 1, 1, "0s", false).request()));
        assertTrue(refusal.what().contains(DEGRADED), refusal::lines);
        assertTrue(fleet.ask("job.list", "{}").path("jobs").size() > 0, "what only reads is answered");
    }

    private static boolean over(Work work) {
        return fleet.tried("job.result", "{\"job\": \"" + work.id() + "\"}")
                .path("final")
                .asBoolean();
    }

    private static boolean submit(Work work) {
        return fleet.tried("job.submit", work.request()).path("ok").asBoolean();
    }

    private static boolean injected(Path trace) {
        return Files.exists(trace) && read(trace).contains("INJECTED");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
