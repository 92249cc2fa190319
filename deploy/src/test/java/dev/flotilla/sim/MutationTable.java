package dev.flotilla.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Searches mutants and prints what finds them; {@code bench/mutants} runs {@link #main}. */
final class MutationTable {
    /** Each must be found within so many histories. */
    static final long MOST = Long.getLong("flotilla.histories", 10_000);

    private record Line(Mutant mutant, Optional<Mutated.Found> found, long millis) {
        boolean ok() {
            return found.isPresent() && found.get().law().matches("I[0-9]+|core");
        }

        String text() {
            return String.join(
                    " | ",
                    mutant.toString(),
                    mutant.rule,
                    found.map(f -> Long.toString(f.histories())).orElse("NOT within " + MOST),
                    found.map(Mutated.Found::law).orElse("none"),
                    seconds());
        }

        String seconds() {
            return String.format(Locale.ROOT, "%.1f", millis / 1000.0);
        }
    }

    private MutationTable() {}

    /** Prints the table, and returns the mutants that nothing found. One line of progress for each on the error output. */
    static List<Mutant> print(List<Mutant> mutants) {
        ExecutorService cores =
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try {
            List<Future<Line>> lines = new ArrayList<>();
            for (Mutant mutant : mutants) lines.add(cores.submit(() -> line(mutant)));
            List<Mutant> missed = new ArrayList<>();
            List<String> table =
                    new ArrayList<>(List.of("mutant | rule left out | found after histories | law broken | seconds"));
            for (Future<Line> future : lines) {
                Line line = future.get();
                table.add(line.text());
                if (!line.ok()) missed.add(line.mutant);
            }
            table.forEach(System.out::println);
            return missed;
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            cores.shutdownNow();
        }
    }

    private static Line line(Mutant mutant) {
        long began = System.nanoTime();
        try (Mutated mutated = new Mutated(mutant)) {
            Optional<Mutated.Found> found = mutated.search(MOST);
            found.flatMap(f -> new History().apply(f.histories())).ifPresent(broken -> {
                throw new AssertionError(
                        "the shipped code breaks " + broken.getKey() + " in the same history: " + broken.getValue());
            });
            Line line = new Line(mutant, found, (System.nanoTime() - began) / 1_000_000);
            System.err.println(mutant + ": "
                    + found.map(f -> f.law() + " after " + f.histories() + ", " + line.seconds() + " s: "
                                    + shortened(f.how()))
                            .orElse("NOT FOUND within " + MOST));
            return line;
        }
    }

    private static String shortened(String how) {
        return how.length() <= 200 ? how : how.substring(0, 200) + " ...";
    }

    /** @param names  of mutants; none: all */
    public static void main(String[] names) {
        System.setProperty("flotilla.log", "off");
        List<Mutant> mutants = new ArrayList<>();
        for (Mutant mutant : Mutant.values())
            if (names.length == 0 || List.of(names).contains(mutant.toString())) mutants.add(mutant);
        if (names.length > 0 && mutants.size() != names.length) {
            System.err.println("error: there is no such rule, or one twice. There are: " + List.of(Mutant.values()));
            System.exit(2);
        }
        List<Mutant> missed = print(mutants);
        missed.forEach(m -> System.err.println("not found: " + m));
        System.exit(missed.isEmpty() ? 0 : 1);
    }
}
