package dev.flotilla.model;

import java.time.Duration;
import java.util.Optional;

/**
 * Which builtin runs over a shard, and how.
 *
 * @param builtin  its name, one of {@code Builtins}
 * @param column   the CSV column or JSON field that it reads; empty for a range and for whole lines
 * @param strict   true: a missing or malformed value fails the task; false: it is skipped and counted
 * @param delay    how long each task pauses first; for {@code nop}, benches and demos
 */
public record ProgramCall(String builtin, Optional<String> column, boolean strict, Duration delay) {
    public ProgramCall {
        if (!builtin.matches("[a-z][a-z0-9-]{0,31}"))
            throw new IllegalArgumentException("no program is called " + Quoted.of(builtin));
        if (delay.isNegative()) throw new IllegalArgumentException("a delay is never negative");
    }

    /** That builtin over whole records or numbers, skipping what it cannot read, at once. */
    public static ProgramCall of(String builtin) {
        return new ProgramCall(builtin, Optional.empty(), false, Duration.ZERO);
    }
}
