package dev.flotilla.sim;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;

/** Virtual time: what is due happens in the order of its moment, and of its planning where moments are equal. */
public final class Timeline {
    private record Due(long at, long order, Runnable what) {}

    private final PriorityQueue<Due> due =
            new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::order));
    private long now;
    private long planned;

    /** Time since the history began. */
    public Duration now() {
        return Duration.ofNanos(now);
    }

    /** Plans a happening; a span below zero counts as zero. */
    public void after(Duration span, Runnable what) {
        due.add(new Due(now + Math.max(0, span.toNanos()), planned++, what));
    }

    /** Lets the next happening happen, if it is due by then. @return false if there was none; then it is {@code until} */
    public boolean step(Duration until) {
        if (due.isEmpty() || due.peek().at > until.toNanos()) {
            now = Math.max(now, until.toNanos());
            return false;
        }
        Due next = due.remove();
        now = next.at;
        next.what.run();
        return true;
    }
}
