package dev.flotilla.agent.core;

import dev.flotilla.core.Decision;
import dev.flotilla.core.Dice;
import dev.flotilla.core.Moment;
import java.util.ArrayList;
import java.util.List;

/** One decision in the making: events are applied as they arise, effects are kept for after the commit. */
final class Step {
    /** Instant work of one decision, in units of {@link Program#cost}: about 20 ms, so that the loop stays awake. */
    private static final long WORK = 20_000_000;

    final Moment at;
    final Dice dice;
    private final Ledger ledger;
    private final Session session;
    private final List<Event> events = new ArrayList<>();
    private final List<Effect> effects = new ArrayList<>();
    private long work = WORK;

    Step(Moment at, Dice dice, Ledger ledger, Session session) {
        this.at = at;
        this.dice = dice;
        this.ledger = ledger;
        this.session = session;
    }

    /** An event that changes no attempt's state. */
    void emit(Event event) {
        ledger.apply(event);
        events.add(event);
    }

    /** An event that changes these attempts, so that they are to be told. */
    void emit(Event event, Iterable<Long> changed) {
        emit(event);
        for (long serial : changed) session.changed(serial);
    }

    void start(Effect effect) {
        effects.add(effect);
    }

    /** Takes this much from what one decision may work; false if nothing is left. */
    boolean spend(long cost) {
        if (work <= 0) return false;
        work -= cost;
        return true;
    }

    Decision<Event, Effect> decision() {
        return new Decision<>(events, effects);
    }
}
