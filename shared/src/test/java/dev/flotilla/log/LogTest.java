package dev.flotilla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class LogTest {
    private static final Instant AT = Instant.parse("2026-11-23T22:30:01Z");

    @Test
    void aLineHasTimeUptimeLevelNameAndKeys() {
        assertEquals(
                "2026-11-23T22:30:01.000Z up=2467.1s INFO attempt.placed task=7f3a/12 attempt=2",
                Log.line(AT, 2_467_100_000_000L, "info", "attempt.placed", "task", "7f3a/12", "attempt", 2));
    }

    @Test
    void aValueFromElsewhereCannotPassForAKeyALineOrAColour() {
        assertEquals(
                "2026-11-23T22:30:01.000Z up=0.0s WARN x why=\"a b=\\\"c\\\"\\nd\\u001b[31m\" empty=\"\"",
                Log.line(AT, 0, "warn", "x", "why", "a b=\"c\"\nd\u001b[31m", "empty", ""));
    }

    @Test
    void whatIsCalledLikeASecretIsNotShown() {
        assertEquals(
                "2026-11-23T22:30:01.000Z up=0.0s ERROR x password=(hidden)",
                Log.line(AT, 0, "error", "x", "password", "hunter2"));
    }
}
