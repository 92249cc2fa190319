package dev.flotilla.link;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SlowestRateTest {
    @Test
    void aLinkOfWhichNothingIsKnownMayBeASlowOne() {
        assertEquals(Duration.ofSeconds(16), new SlowestRate().of(32_000));
        assertEquals(Duration.ZERO, new SlowestRate().of(500));
    }

    @Test
    void theSlowestLargeExchangeCounts() {
        SlowestRate rate = new SlowestRate();
        rate.saw(100, Duration.ofSeconds(5)); // a delay, not a rate
        rate.saw(100_000, Duration.ofSeconds(1));
        assertEquals(Duration.ofSeconds(1), rate.of(100_000));
        rate.saw(10_000, Duration.ofSeconds(10));
        rate.saw(100_000, Duration.ofSeconds(1));
        assertEquals(Duration.ofSeconds(100), rate.of(100_000));
    }
}
