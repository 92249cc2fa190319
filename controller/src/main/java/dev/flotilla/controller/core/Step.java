package dev.flotilla.controller.core;

import dev.flotilla.core.Decision;
import dev.flotilla.core.Dice;
import dev.flotilla.core.Moment;
import java.util.ArrayList;
import java.util.List;

/** One decision in the making: events are applied as they arise, effects are kept for after the commit. */
final class Step {
    final Moment at;
    final Dice dice;
    private final Ledger ledger;
    private final List<Event> events = new ArrayList<>();
    private final List<Effect> effects = new ArrayList<>();

    Step(Moment at, Dice dice, Ledger ledger) {
        this.at = at;
        this.dice = dice;
        this.ledger = ledger;
    }

    void emit(Event event) {
        ledger.apply(event);
        events.add(event);
    }

    void start(Effect effect) {
        effects.add(effect);
    }

    Decision<Event, Effect> decision() {
        return new Decision<>(events, effects);
    }
}
