package dev.flotilla.controller.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bad input is refused in three lines before anybody is asked: no controller runs here, and its absence would be exit 5. */
class BadWordsTest {
    @TempDir
    Path folder;

    private void refused(String what, String why, String... args) {
        Captured run = Captured.run(folder, args);
        assertEquals(2, run.exit, run.toString());
        assertEquals("", run.out);
        List<String> lines = run.errLines();
        assertEquals(3, lines.size(), run.err);
        assertEquals("error: " + what, lines.get(0));
        assertEquals("why:   " + why, lines.get(1));
        assertTrue(lines.get(2).startsWith("next:  "), lines.get(2));
    }

    @Test
    void anUnknownFlagSuggestsTheNearest() {
        refused("unknown option --shrads", "did you mean --shards?", "run", "sum", "--range", "0..10", "--shrads=4");
        refused("unknown command lst", "did you mean list?", "job", "lst");
        refused("unknown command dmo", "did you mean demo?", "dmo");
        refused("unknown argument more", "flotilla job list takes no more arguments", "job", "list", "more");
    }

    @Test
    void whatIsMissingIsNamed() {
        refused("PROGRAM is missing", "PROGRAM: sum, count, min, max, mean or nop.", "run");
        refused("there is nothing to work on", "neither --range nor --input is given", "run", "sum");
        refused("flotilla device needs a command", "it has list, show, create, approve, remove", "device");
        refused("a decision is missing", "say one of --again | --give-up", "job", "release", "x");
    }

    @Test
    void wrongValuesNameTheirFlag() {
        refused(
                "--range cannot be used",
                "the range 5..5 holds no number: its end is excluded",
                "run",
                "sum",
                "--range",
                "5..5");
        refused("--range cannot be used", "the range 9..5 ends before it begins", "run", "sum", "--range", "9..5");
        refused(
                "--range cannot be used",
                "a range is written A..B, B excluded, not \"ten\"",
                "run",
                "sum",
                "--range",
                "ten");
        refused("a job has at least one shard", "--shards is 0", "run", "sum", "--range", "0..9", "--shards", "0");
        refused(
                "--shards cannot be used: \"x\"",
                "a whole number is wanted, and not too large a one",
                "run",
                "sum",
                "--range",
                "0..9",
                "--shards",
                "x");
        refused(
                "--deadline cannot be used",
                "a span is written 250ms, 90s, 10m, 2h or 3d, not \"soon\"",
                "run",
                "sum",
                "--range",
                "0..9",
                "--deadline",
                "soon");
        refused(
                "--id cannot be used",
                "a job id must match [a-z0-9-]{1,64}, not \"A b\"",
                "run",
                "sum",
                "--range",
                "0..9",
                "--id",
                "A b");
        refused(
                "--wait and --detach exclude each other",
                "one waits, the other does not",
                "run",
                "sum",
                "--range",
                "0..9",
                "--wait",
                "--detach");
        refused("--range is given twice", "it takes one value", "run", "sum", "--range", "0..9", "--range", "0..8");
        refused(
                "the program cannot be used",
                "no program is called \"sun\"; did you mean sum? There are sum, count, min, max, mean, nop",
                "run",
                "sun",
                "--range",
                "0..9");
    }

    @Test
    void whatFollowsWaitAfterABlankIsTheNextWord() {
        refused(
                "the program cannot be used",
                "no program is called \"2m\". There are sum, count, min, max, mean, nop",
                "run",
                "--wait",
                "2m",
                "--range",
                "0..9");
    }

    @Test
    void filesThatHoldNoRecordsAreRefusedBeforeTheyAreSent() throws IOException {
        Path empty = Files.createFile(folder.resolve("empty.csv"));
        Path binary = Files.write(folder.resolve("binary.csv"), new byte[] {'a', ',', 0, 'b'});
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write("a,b\n1,2\n".getBytes());
        }
        Path zipped = Files.write(folder.resolve("packed.csv"), packed.toByteArray());
        Path absent = folder.resolve("absent.csv");
        refused("there is no file " + absent, "nothing is at " + absent, "run", "sum", "--input", absent.toString());
        refused(empty + " is empty", "it holds no record", "run", "sum", "--input", empty.toString());
        refused(binary + " is no text", "it holds zero bytes", "run", "sum", "--input", binary.toString());
        refused(
                zipped + " is compressed",
                "it is gzip, which is not read in this version",
                "run",
                "sum",
                "--input",
                zipped.toString());
        refused(folder + " is no file", "it is a folder or a device", "run", "sum", "--input", folder.toString());
    }

    @Test
    void withoutAContextTheNextStepIsToStartAController() {
        Captured run = Captured.run(folder, "job", "list");
        assertEquals(5, run.exit);
        assertEquals("error: no controller is known", run.errLines().get(0));
        assertTrue(run.errLines().get(2).contains("flotilla dev"), run.err);
    }

    @Test
    void helpOfEachCommandHasAnExample() {
        for (String words : List.of(
                "demo",
                "dev",
                "run",
                "controller",
                "agent",
                "explain",
                "job submit",
                "job list",
                "job show",
                "job wait",
                "job result",
                "job cancel",
                "job release",
                "job verify",
                "device list",
                "device show",
                "device create",
                "context list",
                "context use")) {
            Captured run = Captured.run(folder, (words + " --help").split(" "));
            assertEquals(0, run.exit, words);
            assertTrue(run.out.contains("\nExample"), words + " has no example:\n" + run.out);
            assertEquals("", run.err, words);
        }
        assertTrue(Captured.run(folder, "--version").out.startsWith("flotilla 0."), "a version");
    }
}
