package dev.flotilla.loop;

import dev.flotilla.core.Core;
import dev.flotilla.core.Durability;
import java.util.List;
import java.util.Optional;

/** What the loop must know of one side: how its core is born and how its events are written. */
public interface Machine<I, E, F> {
    /** A core whose ledger is this snapshot, or empty; events after it are applied by the loop. {@code seed} is for its random ids. */
    Core<I, E, F> birth(Optional<byte[]> snapshot, long seed);

    /** The input that the loop offers when the core's {@code wakeAt} has come. */
    I tick();

    /** How soon an event must be on disk. */
    Durability durability(E event);

    /** A batch of events in bytes; {@link #decode} gives them back. */
    byte[] encode(List<E> events);

    /** @throws IllegalArgumentException if the bytes are no batch of events */
    List<E> decode(byte[] batch);

    /** True if the loop must offer this input again after a failed commit: nobody else will say it again. */
    boolean keep(I input);

    /** True if deciding on this input never has events: it is decided also while the journal cannot be written. */
    boolean reads(I input);

    /** True if this effect leaves the process for the other side, so that lazy events must be committed first. */
    boolean speaks(F effect);
}
