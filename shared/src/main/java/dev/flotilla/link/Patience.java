package dev.flotilla.link;

import dev.flotilla.model.Limits;
import java.time.Duration;
import java.util.Optional;

/**
 * How long the answer to an envelope is waited for before it is said again, at first (PROTOCOL section 3, "Sending"): four smoothed round trips,
 * at least 5 s, and what its bytes take at the slowest rate of this meeting; at most 2 min.
 */
public final class Patience {
    /** What the newest round trip is worth in the smoothed one. */
    private static final double NEWEST = 0.2;

    private static final int ROUND_TRIPS = 4;

    private Optional<Duration> roundTrip = Optional.empty();
    private SlowestRate rate = new SlowestRate();

    /** Another meeting: its link may be a faster one. The round trip is kept. */
    public void meetAnew() {
        rate = new SlowestRate();
    }

    /**
     * An envelope that was said once was answered.
     *
     * @param bytes  of it and its answer
     */
    public void answered(Duration after, long bytes) {
        rate.saw(bytes, after);
        roundTrip = Optional.of(roundTrip
                .map(r -> Duration.ofNanos((long) (r.toNanos() * (1 - NEWEST) + after.toNanos() * NEWEST)))
                .orElse(after));
    }

    /** Smoothed; empty before the first answer. */
    public Optional<Duration> roundTrip() {
        return roundTrip;
    }

    /** The wait for the answer to so many bytes. */
    public Duration of(int bytes) {
        Duration byRoundTrip = roundTrip.orElse(Duration.ZERO).multipliedBy(ROUND_TRIPS);
        Duration wait = (byRoundTrip.compareTo(Limits.RESEND) > 0 ? byRoundTrip : Limits.RESEND).plus(rate.of(bytes));
        return wait.compareTo(Limits.RESEND_MOST) > 0 ? Limits.RESEND_MOST : wait;
    }
}
