package dev.flotilla.carrier;

import dev.flotilla.core.Dice;
import java.time.Duration;

/**
 * How long a lost connection waits for the next try. Full jitter: the first wait is short, so that a broker's restart is hardly noticed; the
 * further ones have a growing ceiling, so that a thousand devices do not come at once. The ceiling is low enough that all are back half a
 * minute after the broker is, however long it was gone. It has no clock and no dice of its own, so the simulator runs the same rule. One
 * thread.
 */
public final class Backoff {
    /** The longest wait after a loss. */
    public static final Duration MOST = Duration.ofSeconds(30);

    private static final Duration LEAST = Duration.ofSeconds(1);
    /** How long a connection must be up for its loss to count as the first. */
    private static final Duration LASTING = Duration.ofSeconds(30);
    /** A refusal is for people to mend; a broker that counts failed logins must not bar the device meanwhile. */
    private static final Duration REFUSED_LEAST = Duration.ofMinutes(1);

    private static final Duration REFUSED_MOST = Duration.ofMinutes(2);
    private static final int DOUBLINGS = 5;

    private int losses;

    /** The wait after a connection that was up for so long, zero if it never was. */
    public Duration lost(Duration up, Dice dice) {
        if (up.compareTo(LASTING) > 0) losses = 0;
        int before = losses++;
        if (before == 0) return between(Duration.ZERO, LEAST, dice);
        Duration ceiling = LEAST.multipliedBy(1L << Math.min(before, DOUBLINGS));
        return between(LEAST, ceiling.compareTo(MOST) < 0 ? ceiling : MOST, dice);
    }

    /** The wait after the broker has refused the connection or a subscription. */
    public Duration refused(Duration up, Dice dice) {
        if (up.compareTo(LASTING) > 0) losses = 0;
        return between(REFUSED_LEAST, REFUSED_MOST, dice);
    }

    private static Duration between(Duration least, Duration most, Dice dice) {
        return least.plusMillis(dice.below((int) most.minus(least).toMillis() + 1));
    }
}
