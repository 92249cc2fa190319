package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The first thing that a newcomer runs. */
class DemoIT {
    @TempDir
    Path folder;

    @Test
    void theDemoPrintsTheSumAndWhatItCoversAndLeavesNothingBehind() throws IOException {
        Command demo = Command.run(environment(), List.of(Installed.flotilla(), "demo"))
                .succeeded();

        assertEquals("499999500000", demo.out().lines().findFirst().orElse(""), demo::toString);
        assertTrue(demo.out().contains("4/4 shards, 4/4 devices"), demo::toString);
        assertNothingIsLeft();
    }

    @Test
    void theDemoInChaosCountsNothingTwice() throws IOException {
        Command demo = Command.run(environment(), List.of(Installed.flotilla(), "demo", "--chaos"))
                .succeeded();

        assertEquals("499999500000", demo.out().lines().findFirst().orElse(""), demo::toString);
        assertTrue(
                demo.out().contains("4000/4000 shards") || demo.out().contains("4,000/4,000 shards"), demo::toString);
        assertNothingIsLeft();
    }

    @Test
    void theDemoLeavesNothingBehindWhenItIsInterrupted() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(Installed.flotilla(), "demo", "--chaos")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("demo.log").toFile());
        builder.environment().putAll(environment());
        Process demo = builder.start();
        try {
            // not all six: on a busy machine it may be over by then
            Command.await("its processes run", () -> processes().size() >= 4);
            Command.run(Map.of(), List.of("kill", "-INT", String.valueOf(demo.pid())))
                    .succeeded();
            Command.await("it ends", () -> !demo.isAlive());
            assertEquals(130, demo.exitValue());
            assertNothingIsLeft();
        } finally {
            demo.destroyForcibly();
        }
    }

    private Map<String, String> environment() throws IOException {
        Files.createDirectories(folder.resolve("tmp"));
        return Map.of(
                "FLOTILLA_TMP", folder.resolve("tmp").toString(),
                "FLOTILLA_CONFIG", folder.resolve("config").toString());
    }

    private void assertNothingIsLeft() throws IOException {
        assertEquals(List.of(), processes());
        try (Stream<Path> files = Files.list(folder.resolve("tmp"))) {
            assertEquals(List.of(), files.toList());
        }
        assertTrue(Files.notExists(folder.resolve("config")), "the user's contexts are as they were");
    }

    /** Those that were started for this test: its folder is in their environment or arguments. */
    private List<String> processes() {
        return ProcessHandle.allProcesses()
                .map(process -> Path.of("/proc", String.valueOf(process.pid())))
                .filter(process -> (text(process, "environ") + text(process, "cmdline")).contains(folder.toString()))
                .map(process -> text(process, "cmdline").replace('\0', ' '))
                .filter(line -> line.contains("java"))
                .toList();
    }

    private static String text(Path process, String file) {
        try {
            return Files.readString(process.resolve(file), StandardCharsets.ISO_8859_1);
        } catch (IOException gone) {
            return ""; // it has ended, or is another user's
        }
    }
}
