package dev.flotilla.core;

import java.time.Duration;

/** A point on this process's monotonic clock; decides, and is never stored or sent: rows keep spans. */
public record Moment(long nanos) implements Comparable<Moment> {
    public Moment plus(Duration span) {
        return new Moment(nanos + span.toNanos());
    }

    /** The span from {@code earlier} to this. */
    public Duration since(Moment earlier) {
        return Duration.ofNanos(nanos - earlier.nanos);
    }

    public boolean isBefore(Moment other) {
        return nanos - other.nanos < 0;
    }

    @Override
    public int compareTo(Moment other) {
        return Long.compare(nanos - other.nanos, 0);
    }
}
