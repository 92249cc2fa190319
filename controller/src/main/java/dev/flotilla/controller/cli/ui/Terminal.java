package dev.flotilla.controller.cli.ui;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where a command writes and who reads it. Data goes to {@code out}; progress, hints and errors go to {@code err}.
 *
 * @param outIsTty  a person looks at {@code out}
 * @param errIsTty  a person looks at {@code err}
 * @param columns   width of the terminal; only of use where a person looks
 * @param env       the environment
 */
public record Terminal(
        PrintStream out, PrintStream err, boolean outIsTty, boolean errIsTty, int columns, Map<String, String> env) {
    private static final int COLUMNS = 100;

    /** This process's own; Java 17 cannot ask about one stream alone, so the launcher tells. */
    public static Terminal ofProcess() {
        return new Terminal(
                stream(FileDescriptor.out),
                stream(FileDescriptor.err),
                Boolean.getBoolean("flotilla.tty.out"),
                Boolean.getBoolean("flotilla.tty.err"),
                Math.max(40, Integer.getInteger("flotilla.columns", COLUMNS)),
                new TreeMap<>(System.getenv()));
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }

    /** A variable of the environment, if it is set and not empty. */
    public Optional<String> env(String name) {
        return Optional.ofNullable(env.get(name)).filter(value -> !value.isEmpty());
    }

    /** Lines as wide as they are where no person looks. */
    public int width() {
        return outIsTty ? columns : Integer.MAX_VALUE;
    }

    /** Colours are wanted where a person looks. */
    public boolean colour(boolean isTty) {
        return isTty && env("NO_COLOR").isEmpty() && !env("TERM").equals(Optional.of("dumb"));
    }

    /** The text in that colour, for {@code err}. */
    public String paint(Colour colour, String text) {
        return colour(errIsTty) ? "\u001b[" + colour.code + "m" + text + "\u001b[0m" : text;
    }

    /** A line of progress or a hint. */
    public void say(String line) {
        err.println(line);
    }

    /** The colours that mean something. */
    public enum Colour {
        GOOD(32),
        POOR(33),
        BAD(31);

        private final int code;

        Colour(int code) {
            this.code = code;
        }
    }
}
