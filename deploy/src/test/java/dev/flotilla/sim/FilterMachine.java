package dev.flotilla.sim;

import dev.flotilla.core.Core;
import dev.flotilla.core.Durability;
import dev.flotilla.loop.Machine;
import java.util.List;
import java.util.Optional;

/** A machine that is another one, but for what a test overrides. */
public abstract class FilterMachine<I, E, F> implements Machine<I, E, F> {
    private final Machine<I, E, F> real;

    protected FilterMachine(Machine<I, E, F> real) {
        this.real = real;
    }

    @Override
    public Core<I, E, F> birth(Optional<byte[]> snapshot, long seed) {
        return real.birth(snapshot, seed);
    }

    @Override
    public I tick() {
        return real.tick();
    }

    @Override
    public Durability durability(E event) {
        return real.durability(event);
    }

    @Override
    public byte[] encode(List<E> events) {
        return real.encode(events);
    }

    @Override
    public List<E> decode(byte[] batch) {
        return real.decode(batch);
    }

    @Override
    public boolean keep(I input) {
        return real.keep(input);
    }

    @Override
    public boolean reads(I input) {
        return real.reads(input);
    }

    @Override
    public boolean speaks(F effect) {
        return real.speaks(effect);
    }
}
