package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A command that ran to its end, as in a terminal. */
record Command(List<String> words, int exit, String out, String err) {
    private static final Duration LONGEST = Duration.ofSeconds(90);

    /** Runs it with these additions to the environment. @throws AssertionError if it takes too long; then it is ended */
    static Command run(Map<String, String> environment, List<String> words) {
        try {
            Path out = Files.createTempFile("out", ".txt");
            Path err = Files.createTempFile("err", ".txt");
            try {
                ProcessBuilder builder = new ProcessBuilder(words)
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile());
                builder.environment().putAll(environment);
                Process process = builder.start();
                boolean ended = process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS);
                if (!ended) process.destroyForcibly().waitFor();
                Command command = new Command(
                        words,
                        process.exitValue(),
                        Files.readString(out, StandardCharsets.UTF_8),
                        Files.readString(err, StandardCharsets.UTF_8));
                if (!ended) fail("it did not end within " + LONGEST.toSeconds() + " s: " + command);
                return command;
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new AssertionError(words + " did not run", e);
        } catch (InterruptedException e) {
            throw new AssertionError(words + " was interrupted", e);
        }
    }

    Command succeeded() {
        assertEquals(0, exit, this::toString);
        return this;
    }

    /** Its output without the line end. */
    String answer() {
        return succeeded().out.strip();
    }

    /** Waits for that. @throws AssertionError if it is not so within a minute */
    static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) fail("not within a minute: " + what);
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new AssertionError("interrupted while waiting for: " + what, e);
            }
        }
    }

    @Override
    public String toString() {
        return String.join(" ", words) + "\nexit " + exit + "\n" + out + err;
    }
}
