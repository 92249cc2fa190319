package dev.flotilla.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * One line of the table that {@code bench/reliability} prints: a fault, how often it struck, and what it lost or counted twice. The number
 * of rounds is the quick one in a build, the full one with {@code -Dflotilla.full=true}, and another with {@code -Dflotilla.rounds=N}; the
 * rounds begin at seed {@code -Dflotilla.first=N} [1], so that one can be repeated alone. One thread.
 *
 * <p>{@link #close} writes the line, to the output and behind {@code target/reliability.tsv}: fault, rounds, lost, doubled, seconds, when,
 * note. It fails the test if anything was lost or doubled.
 */
public final class Rounds implements AutoCloseable {
    private final String test;
    private final String fault;
    private final int count;
    private final long first;
    private final Instant began = Instant.now();
    private final List<String> lost = new ArrayList<>();
    private final List<String> doubled = new ArrayList<>();
    private long round;
    private long since;
    private int done;
    private String note = "";

    /** One round; a seed names it. */
    public interface Round {
        void live(long seed) throws Exception;
    }

    private Rounds(String test, String fault, int count, long first) {
        this.test = test;
        this.fault = fault;
        this.count = count;
        this.first = first;
    }

    /** @param fault  in words for the table, as "SIGKILL of the controller" */
    public static Rounds of(String fault, int quick, int full) {
        int usual = Boolean.getBoolean("flotilla.full") ? full : quick;
        String test = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
                .walk(Rounds::test);
        return new Rounds(test, fault, Integer.getInteger("flotilla.rounds", usual), Long.getLong("flotilla.first", 1));
    }

    /** The test that asks, as class and method, so that no other of its class lives with the same seeds; its class if it is not known. */
    private static String test(Stream<StackWalker.StackFrame> frames) {
        List<StackWalker.StackFrame> all = frames.toList();
        for (StackWalker.StackFrame frame : all)
            for (Method method : frame.getDeclaringClass().getDeclaredMethods())
                if (method.getName().equals(frame.getMethodName()) && method.isAnnotationPresent(Test.class))
                    return frame.getDeclaringClass().getSimpleName() + "#" + method.getName();
        return all.get(1).getDeclaringClass().getNestHost().getSimpleName();
    }

    /** How many there are to be. */
    public int count() {
        return count;
    }

    /** Lives through all rounds, seed by seed; one that throws ends them, and its failure says how to live it again. */
    public Rounds each(Round round) {
        for (long seed = first; seed < first + count; seed++) {
            this.round = seed;
            since = seed;
            try {
                round.live(seed);
            } catch (Exception | AssertionError e) {
                throw new AssertionError(fault + ", " + here() + ": " + e + "\nagain: " + again(), e);
            }
            done++;
        }
        return this;
    }

    /** The present round does not count: what it is for did not come to pass. */
    public void skip() {
        done--;
    }

    /** What this round does began in that one: to live it again, begin there. */
    public void since(long seed) {
        since = seed;
    }

    /** Whether this round is the last. */
    public boolean last() {
        return round == first + count - 1;
    }

    private String here() {
        return "round " + round + (since == round ? "" : ", of the jobs of round " + since);
    }

    private String placed(String what) {
        return round == 0 ? what : here() + ": " + what + "\nagain: " + again();
    }

    private String again() {
        return "mvn -q -pl deploy -am "
                + (test.matches(".*IT(#.*)?") ? "verify -Dtest=none -Dit.test=" : "test -Dtest=")
                + test + (Boolean.getBoolean("flotilla.full") ? " -Dflotilla.full=true" : "")
                + " -Dflotilla.first=" + since + " -Dflotilla.rounds=" + (round - since + 1);
    }

    /** So many rounds were lived through by the caller itself. */
    public void done(int more) {
        done += more;
    }

    /** A result, or work that was accepted, is not in the answer. */
    public void lost(String what) {
        lost.add(placed(what));
    }

    /** A result is counted twice, or one-time work was started twice. */
    public void doubled(String what) {
        doubled.add(placed(what));
    }

    /** What the rounds amounted to, in a few words for the table. */
    public void note(String words) {
        note = words;
    }

    @Override
    public void close() {
        String seconds = String.valueOf(Duration.between(began, Instant.now()).toSeconds());
        String row = String.join(
                "\t",
                fault,
                String.valueOf(done),
                String.valueOf(lost.size()),
                String.valueOf(doubled.size()),
                seconds,
                began.truncatedTo(ChronoUnit.SECONDS).toString(),
                note);
        System.out.println("reliability: " + row.replace("\t", " | "));
        try {
            Files.writeString(
                    Path.of("target", "reliability.tsv"),
                    row + "\n",
                    StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (lost.size() + doubled.size() > 0)
            throw new AssertionError(fault + ": lost " + lost + ", doubled " + doubled);
    }
}
