package dev.flotilla.model;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * How a job is run; none of it changes a result.
 *
 * @param placement    name of the balancing policy, one of {@code PlacementPolicies}
 * @param labels       what a device must be labelled with
 * @param where        terms that a device must meet, as typed, say {@code arch == arm64}
 * @param once         true: a task has side effects and starts only with a permit
 * @param attempts     failed attempts until a task is given up, at least 1
 * @param lostAfter    a device silent for this long has its tasks placed again; at least 4 s
 * @param deadline     of the job, after its submit; then it ends with what it has
 * @param taskTimeout  of one attempt
 * @param minCoverage  below this share of shards the job failed
 */
public record Policy(
        String placement,
        SortedMap<String, String> labels,
        List<String> where,
        boolean once,
        int attempts,
        Duration lostAfter,
        Optional<Duration> deadline,
        Optional<Duration> taskTimeout,
        Percent minCoverage) {
    /** The default balancing policy. */
    public static final String DEFAULT_PLACEMENT = "least-loaded";
    /** The default of {@code lostAfter}. */
    public static final Duration DEFAULT_LOST_AFTER = Duration.ofMinutes(10);
    /** The default of {@code attempts}. */
    public static final int DEFAULT_ATTEMPTS = 3;

    private static final int MOST = 64;
    private static final int LONGEST_TERM = 256;

    /** @throws IllegalArgumentException with a sentence for people; what is not refused here, the journal can read again */
    public Policy {
        labels = java.util.Collections.unmodifiableSortedMap(new java.util.TreeMap<>(labels));
        where = List.copyOf(where);
        if (labels.size() > MOST || where.size() > MOST)
            throw new IllegalArgumentException("a job has at most 64 labels and 64 terms of where");
        labels.forEach((name, value) -> {
            if (name.length() > MOST || value.length() > MOST)
                throw new IllegalArgumentException("a label's name and value have at most 64 characters each");
        });
        if (where.stream().anyMatch(term -> term.length() > LONGEST_TERM))
            throw new IllegalArgumentException("a term of where has at most 256 characters");
        if (attempts < 1) throw new IllegalArgumentException("a task has at least one attempt");
        if (lostAfter.compareTo(Duration.ofSeconds(4)) < 0)
            throw new IllegalArgumentException("lost_after is at least 4s");
        if (deadline.isPresent()
                && (deadline.get().isNegative() || deadline.get().isZero()))
            throw new IllegalArgumentException("a deadline is above 0s");
        if (taskTimeout.isPresent()
                && (taskTimeout.get().isNegative() || taskTimeout.get().isZero()))
            throw new IllegalArgumentException("task_timeout is above 0s");
    }

    /** Every default of PROTOCOL section 6. */
    public static Policy defaults() {
        return new Policy(
                DEFAULT_PLACEMENT,
                new java.util.TreeMap<>(),
                List.of(),
                false,
                DEFAULT_ATTEMPTS,
                DEFAULT_LOST_AFTER,
                Optional.empty(),
                Optional.empty(),
                Percent.ALL);
    }
}
