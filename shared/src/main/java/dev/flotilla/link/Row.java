package dev.flotilla.link;

import dev.flotilla.model.AttemptState;
import java.util.Optional;

/**
 * How one attempt stands.
 *
 * @param serial    of the assignment on this device, from 1
 * @param revision  of the state, from 1
 * @param index     of the task in its job
 * @param attempt   the attempt's number, from 1
 * @param detail    of an ended one; empty if it did not fit, then the row is known but neither counted nor settled yet
 */
public record Row(long serial, long revision, AttemptState state, long index, int attempt, Optional<Detail> detail) {}
