package dev.flotilla.link;

import java.time.Duration;

/**
 * The slowest rate that was seen on a link within a meeting: how much longer to wait for the answer to a large envelope (PROTOCOL section 3).
 * Until a large one was answered a slow link is assumed, so that nothing is sent twice while it is still on its way.
 */
public final class SlowestRate {
    /** Bytes a second. */
    private static final double ASSUMED = 2000;
    /** A smaller exchange tells the delay of a link, not its rate. */
    private static final long LEAST = 1024;

    private double slowest = Double.POSITIVE_INFINITY;

    /** An exchange of so many bytes, both ways, took that long. */
    public void saw(long bytes, Duration time) {
        if (bytes >= LEAST && !time.isZero()) slowest = Math.min(slowest, bytes / (time.toNanos() / 1e9));
    }

    /** How long so many bytes may be under way; nothing for a few, whose time is the link's delay. */
    public Duration of(long bytes) {
        if (bytes < LEAST) return Duration.ZERO;
        return Duration.ofMillis((long) (bytes * 1000 / (Double.isInfinite(slowest) ? ASSUMED : slowest)));
    }
}
