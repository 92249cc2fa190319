package dev.flotilla.link;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PatienceTest {
    private final Patience patience = new Patience();

    @Test
    void fourSmoothedRoundTripsAreWaitedForAndFiveSecondsAtLeast() {
        assertEquals(Optional.empty(), patience.roundTrip());
        assertEquals(Duration.ofSeconds(5), patience.of(100));
        patience.answered(Duration.ofSeconds(1), 100);
        assertEquals(Duration.ofSeconds(5), patience.of(100));
        patience.answered(Duration.ofSeconds(6), 100);
        assertEquals(Optional.of(Duration.ofSeconds(2)), patience.roundTrip(), "a fifth of the newest");
        assertEquals(Duration.ofSeconds(8), patience.of(100));
        patience.meetAnew();
        assertEquals(Duration.ofSeconds(8), patience.of(100));
    }

    @Test
    void aLargeEnvelopeOnASlowLinkIsNotSaidAgainWhileItIsUnderWay() {
        assertEquals(Duration.ofSeconds(5 + 15), patience.of(30_000), "nothing is known of the link: 2 kB/s");
        patience.answered(Duration.ofMillis(100), 30_000);
        assertEquals(Duration.ofMillis(5100), patience.of(30_000));
        patience.answered(Duration.ofSeconds(1), 1500);
        assertEquals(Duration.ofSeconds(5 + 20), patience.of(30_000));
        patience.meetAnew();
        assertEquals(Duration.ofSeconds(5 + 15), patience.of(30_000), "another meeting, perhaps another link");
        assertEquals(Duration.ofMinutes(2), patience.of(1_000_000));
    }
}
