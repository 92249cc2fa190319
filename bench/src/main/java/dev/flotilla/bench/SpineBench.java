package dev.flotilla.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.journal.JournalReader;
import dev.flotilla.journal.SqliteJournal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The spine's figures: durable tasks a second, latency of one task, and what a task costs in bytes, messages and commits. Every figure is also a ratio to
 * a floor measured in the same run. {@code bench/run} starts it.
 */
public final class SpineBench {
    private static final int AGENTS = 2;
    private static final long TASKS = 1_000_000;
    private static final int RUNS = 3;
    private static final int LATENCIES = 400;
    private static final int DEMOS = 3;

    private SpineBench() {}

    /** @param args the launcher, and a folder that may be filled */
    public static void main(String[] args) throws Exception {
        Path launcher = Path.of(args[0]).toAbsolutePath();
        Path folder = Files.createTempDirectory(Path.of(args[1]), "bench");
        try {
            measure(launcher, folder);
        } finally {
            delete(folder);
        }
        System.exit(0);
    }

    private static void measure(Path launcher, Path folder)
            throws IOException, InterruptedException, SQLException, JournalFailed {
        say("floors: raw SQLite and raw MQTT");
        double rows = Floors.sqliteRows(folder);
        double commits = Floors.sqliteCommits(folder);
        long[] echo = Floors.roundTrips(folder);
        double echoMs = at(echo, 0.5);
        print("floor: SQLite, 1,024 rows a commit", rows, "rows/s");
        print("floor: SQLite, 1 row a commit", commits, "commits/s");
        print("floor: MQTT round trip, p50", echoMs, "ms");
        print("floor: MQTT round trip, p99", at(echo, 0.99), "ms");

        BenchFleet fleet = new BenchFleet(launcher, folder);
        long controllerCommits;
        try (fleet;
                Admin admin = fleet.start(AGENTS)) {
            double[] idleAgent = fleet.agentMemory();
            say("throughput: " + RUNS + " jobs of " + TASKS + " tasks over " + AGENTS + " agents");
            admin.run(Admin.nop("warm-up", TASKS));
            long[] before = link(admin);
            double[] rates = new double[RUNS];
            for (int i = 0; i < RUNS; i++) rates[i] = TASKS / (admin.run(Admin.nop("load-" + i, TASKS)) / 1e9);
            long[] after = link(admin);
            Arrays.sort(rates);
            double tasks = (double) TASKS * RUNS;
            double rate = rates[RUNS / 2];
            print("durable tasks, median", rate, "tasks/s");
            print("durable tasks, slowest and fastest", rates[0] + 0, "and " + number(rates[RUNS - 1]) + " tasks/s");
            print("  to the floor of SQLite rows", rate / rows, "x");
            print("messages a task, both ways", (after[0] - before[0]) / tasks, "");
            print("bytes a task, both ways", (after[1] - before[1]) / tasks, "bytes");

            say("latency: " + LATENCIES + " jobs of one task on the idle fleet");
            long[] nanos = new long[LATENCIES];
            for (int i = -LATENCIES; i < LATENCIES; i++) {
                long took = admin.run(Admin.nop("one-" + (i + LATENCIES), 1));
                if (i >= 0) nanos[i] = took;
            }
            Arrays.sort(nanos);
            print("one task, p50", at(nanos, 0.5), "ms");
            print("one task, p99", at(nanos, 0.99), "ms");
            print(
                    "  p50 to its floor, 2 round trips and 3 commits",
                    at(nanos, 0.5) / (2 * echoMs + 3 * 1e3 / commits),
                    "x");

            double[] controller = fleet.controllerMemory();
            double[] agent = fleet.agentMemory();
            print("idle agent, RSS", idleAgent[0], "MB");
            print("idle agent, PSS", idleAgent[1], "MB");
            print("agent after the load, RSS", agent[0], "MB");
            print("controller with broker after the load, RSS", controller[0], "MB");
            print("controller with broker after the load, PSS", controller[1], "MB");
        }
        controllerCommits = commits(fleet.controllerData().resolve("journal.db"));
        double all = (double) TASKS * (RUNS + 1) + 2 * LATENCIES;
        print("controller's commits a task, whole run", controllerCommits / all, "");
        print(
                "controller's journal a task, whole run",
                bytes(fleet.controllerData().resolve("journal.db")) / all,
                "bytes");

        say("demo: " + DEMOS + " times, command to answer to end");
        long[] demos = new long[DEMOS];
        for (int i = 0; i < DEMOS; i++) {
            long start = System.nanoTime();
            Process demo = new ProcessBuilder(launcher.toString(), "demo")
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("demo.log").toFile())
                    .start();
            if (demo.waitFor() != 0)
                throw new IOException("the demo failed: " + Files.readString(folder.resolve("demo.log")));
            demos[i] = System.nanoTime() - start;
        }
        Arrays.sort(demos);
        print("demo, median", demos[DEMOS / 2] / 1e9, "s");
    }

    /** Envelopes and bytes of all devices, both ways. */
    private static long[] link(Admin admin) throws IOException, InterruptedException {
        long envelopes = 0;
        long bytes = 0;
        for (int i = 1; i <= AGENTS; i++) {
            JsonNode link = admin.ask("device.show", Admin.request().put("device", "a" + i))
                    .get("link");
            envelopes += link.get("envelopes_up").asLong()
                    + link.get("envelopes_down").asLong();
            bytes += link.get("bytes_up").asLong() + link.get("bytes_down").asLong();
        }
        return new long[] {envelopes, bytes};
    }

    private static long commits(Path journal) throws JournalFailed {
        long[] count = {0};
        try (JournalReader reader = SqliteJournal.readOnly(journal)) {
            reader.replay(0, (seq, body) -> count[0]++);
        }
        return count[0];
    }

    private static long bytes(Path journal) throws JournalFailed {
        long[] sum = {0};
        try (JournalReader reader = SqliteJournal.readOnly(journal)) {
            reader.replay(0, (seq, body) -> sum[0] += body.length);
        }
        return sum[0];
    }

    /** In milliseconds. */
    private static double at(long[] sortedNanos, double quantile) {
        return sortedNanos[(int) Math.min(sortedNanos.length - 1, Math.ceil(quantile * sortedNanos.length) - 1)] / 1e6;
    }

    private static void say(String what) {
        System.err.println("-- " + what);
    }

    private static void print(String what, double value, String unit) {
        System.out.printf("%-48s %14s %s%n", what, number(value), unit);
    }

    private static String number(double value) {
        if (value >= 1000) return String.format(Locale.ROOT, "%,.0f", value);
        return String.format(Locale.ROOT, value >= 10 ? "%.1f" : "%.4f", value);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
        }
    }
}
