package dev.flotilla.sim;

import dev.flotilla.core.Core;
import dev.flotilla.core.Decision;
import dev.flotilla.core.Moment;
import dev.flotilla.core.Stamped;
import java.util.Optional;

/** A core that is another one, but for what a test overrides. */
public abstract class FilterCore<I, E, F> implements Core<I, E, F> {
    protected final Core<I, E, F> real;

    protected FilterCore(Core<I, E, F> real) {
        this.real = real;
    }

    @Override
    public Decision<E, F> decide(Stamped<I> input) {
        return real.decide(input);
    }

    @Override
    public void apply(E event) {
        real.apply(event);
    }

    @Override
    public Optional<Moment> wakeAt() {
        return real.wakeAt();
    }

    @Override
    public byte[] snapshot() {
        return real.snapshot();
    }

    @Override
    public long keepFrom() {
        return real.keepFrom();
    }
}
