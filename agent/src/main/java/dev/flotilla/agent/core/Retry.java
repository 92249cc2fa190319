package dev.flotilla.agent.core;

import dev.flotilla.core.Moment;
import dev.flotilla.model.Limits;
import java.time.Duration;
import java.util.Optional;

/** When to say something again that had no answer: each wait is twice the one before, up to {@link Limits#RESEND_MOST}. */
final class Retry {
    private Optional<Moment> due = Optional.empty();
    private Duration wait = Duration.ZERO;

    /** Waits anew. */
    void start(Moment now, Duration first) {
        wait = first;
        due = Optional.of(now.plus(first));
    }

    /** Due then; the waits after that are those after a {@link #stop}. */
    void at(Moment then) {
        wait = Duration.ZERO;
        due = Optional.of(then);
    }

    /** Waits twice as long as before; {@code first} after a {@link #stop}. */
    void again(Moment now, Duration first) {
        Duration twice = wait.isZero() ? first : wait.multipliedBy(2);
        start(now, twice.compareTo(Limits.RESEND_MOST) > 0 ? Limits.RESEND_MOST : twice);
    }

    /** Not due any more; the next wait is still twice the one before. */
    void pause() {
        due = Optional.empty();
    }

    /** There was an answer. */
    void stop() {
        due = Optional.empty();
        wait = Duration.ZERO;
    }

    Optional<Moment> due() {
        return due;
    }

    boolean isDue(Moment now) {
        return due.isPresent() && !now.isBefore(due.get());
    }
}
