package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fleet with its usual heaps, the agents' of 64 MiB, runs a great many tasks: what lives in memory after the last is what lived after the first tenth. */
class FlatMemoryIT {
    private static final int JOBS = 10;
    private static final long TASKS_A_JOB = Boolean.getBoolean("flotilla.full") ? 100_000 : 10_000;
    private static final Pattern TOTAL = Pattern.compile("Total +[0-9]+ +([0-9]+)");
    private static final List<String> PROCESSES = List.of("controller", "elm", "oak");
    /** What classes, caches and an ended job's summary may add. */
    private static final long GROWTH = 2 << 20;
    /** An agent's files: a journal of one snapshot and what came after it. */
    private static final long AGENT_FILES = 6 << 20;

    @Test
    void whatLivesAfterTheLastTaskIsWhatLivedAfterTheFirstTenth(@TempDir Path folder) throws IOException {
        try (Rounds rounds = Rounds.of("instant tasks by the " + TASKS_A_JOB + ", memory", JOBS, JOBS);
                TestFleet fleet = new TestFleet(folder)
                        .controller("--port", String.valueOf(TestFleet.freePort()))
                        .agent("oak")
                        .agent("elm")) {
            fleet.ready("oak", "elm");
            TreeMap<String, Long> first = new TreeMap<>();
            rounds.each(round -> {
                run(fleet, "job-" + round, rounds);
                if (first.isEmpty()) for (String name : PROCESSES) first.put(name, live(fleet, name));
            });
            StringBuilder note = new StringBuilder("live KiB after the first and the last job:");
            TreeMap<String, Long> last = new TreeMap<>();
            for (String name : PROCESSES) {
                last.put(name, live(fleet, name));
                note.append(" ").append(name).append(" ").append(first.get(name) / 1024);
                note.append(" ").append(last.get(name) / 1024).append(";");
            }
            long files = Math.max(size(folder.resolve("oak")), size(folder.resolve("elm")));
            rounds.note(note + " an agent's journal: " + files / 1024 + " KiB");
            for (String name : PROCESSES) {
                long grown = last.get(name) - first.get(name);
                assertTrue(grown < GROWTH, () -> name + " has grown by " + grown + " bytes: " + note);
            }
            assertTrue(files < AGENT_FILES, () -> "an agent's files have " + files + " bytes");
        }
    }

    private static void run(TestFleet fleet, String job, Rounds rounds) {
        ObjectNode submitted = fleet.ask(
                "job.submit",
                "{\"id\": \"" + job + "\", \"input\": {\"range\": \"0.." + TASKS_A_JOB + "\"}, \"shard\": {\"count\": "
                        + TASKS_A_JOB + "}, \"program\": {\"builtin\": \"sum\"}}");
        assertTrue(submitted.path("ok").asBoolean(), submitted::toString);
        ObjectNode result = fleet.end(job);
        long counted = result.at("/coverage/shards_counted").asLong();
        if (counted < TASKS_A_JOB) rounds.lost(job + " has " + counted);
        assertEquals(
                String.valueOf(TASKS_A_JOB * (TASKS_A_JOB - 1) / 2),
                result.path("value").asText(),
                result::toString);
    }

    /** Bytes of what can be reached, after a full collection. */
    private static long live(TestFleet fleet, String name) {
        String histogram = Command.run(Map.of(), List.of(jcmd(), String.valueOf(fleet.pid(name)), "GC.class_histogram"))
                .answer();
        Matcher total = TOTAL.matcher(histogram);
        assertTrue(total.find(), histogram);
        return Long.parseLong(total.group(1));
    }

    private static String jcmd() {
        return Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    }

    /** Of its journal's files. */
    private static long size(Path agent) throws IOException {
        long size = 0;
        try (var files = Files.newDirectoryStream(agent, "journal.db*")) {
            for (Path file : files) size += Files.size(file);
        }
        return size;
    }
}
