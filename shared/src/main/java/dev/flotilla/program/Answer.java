package dev.flotilla.program;

import java.math.BigDecimal;
import java.util.Optional;

/**
 * A value for people.
 *
 * @param value    exact, its scale as the input's; division comes last, half even to 17 digits; empty if nothing was there to answer from
 * @param skipped  values that were missing or malformed
 */
public record Answer(Optional<BigDecimal> value, long skipped) {}
