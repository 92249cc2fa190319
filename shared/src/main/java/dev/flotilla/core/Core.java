package dev.flotilla.core;

import java.util.Optional;

/**
 * A deterministic state machine: no clock, dice, thread, file or socket of its own, ordered collections only. Equal histories, equal decisions.
 *
 * <p>It has two kinds of state. The <b>ledger</b> is what must survive: it changes in {@link #apply} alone, so that replaying a journal is
 * apply alone. The <b>sessions</b> (meetings, what is in flight, clocks) live in memory and end with the process. A core whose commit failed
 * is thrown away and built again from the journal.
 */
public interface Core<I, E, F> {
    /**
     * Decides on one input. Its events are applied as they arise, so that the next rule and the next input see them.
     *
     * @throws RuntimeException only for a broken invariant of our own; then the core is in no state to go on and must be rebuilt
     */
    Decision<E, F> decide(Stamped<I> input);

    /** Changes the ledger by one event: while deciding, or from the journal at start. */
    void apply(E event);

    /** When the core wants a tick, if it hears nothing sooner; empty for never. */
    Optional<Moment> wakeAt();

    /** The whole ledger in bytes; the same ledger gives the same bytes (I9). */
    byte[] snapshot();

    /** The first batch that the journal must keep, though a snapshot covers it; {@code Long.MAX_VALUE}: none is needed. */
    default long keepFrom() {
        return Long.MAX_VALUE;
    }
}
