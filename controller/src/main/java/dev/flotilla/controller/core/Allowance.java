package dev.flotilla.controller.core;

import dev.flotilla.core.Moment;
import java.time.Duration;
import java.util.Optional;

/** How often a device may make its controller do one thing: a few times at once, then once a second (PROTOCOL sections 3 and 4). */
final class Allowance {
    private static final Duration EACH = Duration.ofSeconds(1);
    private static final int AT_ONCE = 10;

    private Optional<Moment> since = Optional.empty();
    private int left = AT_ONCE;

    /** Takes one, if there is one. */
    boolean take(Moment now) {
        long earned = since.map(s -> now.since(s).dividedBy(EACH)).orElse((long) AT_ONCE);
        if (earned > 0) {
            // what is left of a second counts for the next one
            since = Optional.of(
                    since.map(s -> s.plus(EACH.multipliedBy(earned))).orElse(now));
            left = (int) Math.min(AT_ONCE, left + earned);
        }
        if (left == 0) return false;
        left--;
        return true;
    }
}
