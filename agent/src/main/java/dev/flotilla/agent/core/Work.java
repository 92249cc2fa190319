package dev.flotilla.agent.core;

import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import java.time.Duration;
import java.util.Comparator;

/** What the attempts of one assignment group have in common; {@code timeout} zero: none. */
record Work(JobId job, Digest spec, boolean once, Duration timeout) implements Comparable<Work> {
    private static final Comparator<Work> ORDER = Comparator.comparing(Work::job)
            .thenComparing(Work::spec)
            .thenComparing(Work::once)
            .thenComparing(Work::timeout);

    @Override
    public int compareTo(Work other) {
        return this == other ? 0 : ORDER.compare(this, other);
    }
}
