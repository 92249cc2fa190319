package dev.flotilla.link;

import dev.flotilla.model.Bytes;
import java.time.Duration;
import java.util.Optional;

/**
 * How an attempt ended.
 *
 * @param wall    how long it ran; zero if it ran within the agent's own step
 * @param cpu     processor time of it
 * @param units   numbers or records that it went through
 * @param result  the encoded partial result of a finished one
 * @param error   what went wrong, for people: a short class, say {@code bad-value}, a colon and a text; empty if nothing did
 */
public record Detail(Duration wall, Duration cpu, long units, Optional<Bytes> result, String error) {
    /** A finished one that took no time worth measuring. */
    public static Detail instant(long units, Bytes result) {
        return new Detail(Duration.ZERO, Duration.ZERO, units, Optional.of(result), "");
    }

    /** One that did not finish. */
    public static Detail error(String text) {
        return new Detail(Duration.ZERO, Duration.ZERO, 0, Optional.empty(), text);
    }
}
