package dev.flotilla.core;

import java.util.List;

/**
 * What one input leads to.
 *
 * @param events   what it changed; already applied to the core, not yet committed
 * @param effects  deeds for after the commit; they may be lost in a crash, so what must happen is an event first
 */
public record Decision<E, F>(List<E> events, List<F> effects) {
    public Decision {
        events = List.copyOf(events);
        effects = List.copyOf(effects);
    }
}
