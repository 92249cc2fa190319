package dev.flotilla.sim;

import java.time.Duration;

/**
 * How bad a network is.
 *
 * @param loses     share of messages that never arrive, 0 to 1
 * @param repeats   share that arrives twice, the second time up to {@code late} later
 * @param delays    share that is up to {@code late} late, and so overtaken by others
 * @param damages   share that arrives with a bit flipped
 * @param latency   mean time on the way
 * @param late      the longest delay of a late one
 */
public record Weather(double loses, double repeats, double delays, double damages, Duration latency, Duration late) {
    /** Everything arrives once, in order or nearly so. */
    public static Weather fair(Duration latency) {
        return new Weather(0, 0, 0, 0, latency, Duration.ZERO);
    }
}
