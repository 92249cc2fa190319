package dev.flotilla.sim;

import dev.flotilla.core.Core;
import dev.flotilla.core.Decision;
import dev.flotilla.core.Durability;
import dev.flotilla.core.Moment;
import dev.flotilla.core.Stamped;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.loop.Hands;
import dev.flotilla.loop.Loop;
import dev.flotilla.loop.LoopSettings;
import dev.flotilla.loop.Machine;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One side of the link: a disk, and on it one process after another, each with the shipped loop and core. It watches what the core decides,
 * what gets to the disk and what is let out, and keeps a <b>shadow</b>: a core from the bytes on disk alone.
 */
abstract class Side<I, E, F> {
    private static final Duration LATER = Duration.ofMillis(1);
    final World world;
    final String name;
    private final Machine<I, E, F> machine;
    private final LoopSettings settings;
    private final ForgetfulDisk disk = new ForgetfulDisk(new Keeper());
    private Core<I, E, F> shadow;
    private SpyCore core;
    private Loop<I, E, F> loop;
    private boolean turnPlanned;
    /** Which process this is, from 1; what was planned for an older one does nothing. */
    private long process;

    private long clockStart;

    Side(World world, String name, Machine<I, E, F> machine, LoopSettings settings) {
        this.world = world;
        this.name = name;
        this.machine = machine;
        this.settings = settings;
        this.shadow = machine.birth(Optional.empty(), 0);
    }

    /** A core was born, from the journal: what the old one had in memory is gone. */
    abstract void born();

    /** Offers what a new core must hear first. */
    abstract void begin(long seq);

    /** The core decided; nothing is committed yet. {@code due}: time alone could have led to the same. */
    abstract void decided(I input, Decision<E, F> decision, boolean due);

    /** These events are on disk, and {@link #shadow} has them. */
    abstract void committed(List<E> events);

    /** Does one deed. */
    abstract void act(F effect, long seq);

    /** The process is gone. */
    abstract void ended();

    /** The core was rebuilt within the same process: whatever was under way for the old one ends. */
    abstract void rebuilt();

    /** A core from what is on disk alone. */
    final Core<I, E, F> shadow() {
        return shadow;
    }

    final boolean up() {
        return loop != null;
    }

    /** Starts a process, if none is up. */
    final void start() {
        if (up()) return;
        process++;
        clockStart = world.chance.id() >> 2;
        turnPlanned = false;
        world.trace.note(name, "starts");
        try {
            loop = new Loop<>(
                    new SpyMachine(),
                    new SpyHands(),
                    disk.open(),
                    settings,
                    world.chance.id(),
                    this::nanos,
                    new Worried());
        } catch (JournalFailed e) {
            throw new Broken("I9", name + " cannot read its journal: " + e.getMessage());
        }
        begin(disk.open().seq());
        planTurn(Duration.ZERO);
    }

    /** The process is killed where it stands. */
    final void kill() {
        if (!up()) return;
        world.trace.note(name, "is killed");
        loop = null;
        process++;
        ended();
    }

    /** Kills after a last commit of what was pending, as a stop that was asked for does. */
    final void stop() {
        if (!up()) return;
        try {
            loop.stop();
            loop.run();
        } catch (PowerCut cut) {
            world.trace.note(name, "loses power");
        }
        kill();
    }

    final void offer(I input) {
        if (!up()) return;
        loop.offer(input);
        planTurn(world.chance.between(Duration.ZERO, LATER));
    }

    /** Runs if the same process is still up. */
    final void later(Duration span, Runnable what) {
        long of = process;
        world.timeline.after(span, () -> {
            if (of == process && up()) what.run();
        });
    }

    private long nanos() {
        return clockStart + world.timeline.now().toNanos();
    }

    private void planTurn(Duration in) {
        if (turnPlanned) return;
        turnPlanned = true;
        later(in, this::turn);
    }

    private void turn() {
        turnPlanned = false;
        try {
            Optional<Moment> next = loop.turn();
            long of = process;
            next.ifPresent(at -> later(at.since(new Moment(nanos())), () -> {
                if (of == process) planTurn(Duration.ZERO);
            }));
        } catch (PowerCut cut) {
            world.trace.note(name, "loses power");
            kill();
            world.restartLater(this);
        }
    }

    /** The chain is verified, and all of it gives the ledger that a process would have. */
    final void verify() {
        try {
            Optional<dev.flotilla.journal.Journal.Snapshot> snapshot =
                    disk.open().newestSnapshot();
            Core<I, E, F> again = machine.birth(snapshot.map(dev.flotilla.journal.Journal.Snapshot::state), 0);
            disk.open()
                    .replay(
                            snapshot.map(dev.flotilla.journal.Journal.Snapshot::seq)
                                    .orElse(0L),
                            (seq, body) -> machine.decode(body).forEach(again::apply));
            same(again, "a core from its journal");
        } catch (JournalFailed e) {
            throw new Broken("I9", name + "'s chain: " + e.getMessage());
        }
    }

    private void same(Core<I, E, F> other, String what) {
        if (!Arrays.equals(other.snapshot(), shadow.snapshot()))
            throw new Broken("I9", what + " of " + name + " is not what its events on disk make");
    }

    private final class Keeper implements ForgetfulDisk.Keeper {
        @Override
        public ForgetfulDisk.Fate next() {
            return world.fate();
        }

        @Override
        public void wrote(long seq, byte[] body) {
            List<E> events;
            try {
                events = machine.decode(body);
            } catch (RuntimeException e) {
                throw new Broken("I9", name + " writes what it cannot read: " + e);
            }
            world.trace.note(name, body, () -> "commits " + seq + ": " + events);
            events.forEach(shadow::apply);
            if (core != null) same(core, "the ledger");
            committed(events);
        }
    }

    private final class SpyMachine implements Machine<I, E, F> {
        @Override
        public Core<I, E, F> birth(Optional<byte[]> snapshot, long seed) {
            core = null;
            born();
            return new SpyCore(machine.birth(snapshot, seed));
        }

        @Override
        public I tick() {
            return machine.tick();
        }

        @Override
        public Durability durability(E event) {
            return machine.durability(event);
        }

        @Override
        public byte[] encode(List<E> events) {
            return machine.encode(events);
        }

        @Override
        public List<E> decode(byte[] batch) {
            return machine.decode(batch);
        }

        @Override
        public boolean keep(I input) {
            return machine.keep(input);
        }

        @Override
        public boolean reads(I input) {
            return machine.reads(input);
        }

        @Override
        public boolean speaks(F effect) {
            return machine.speaks(effect);
        }
    }

    private final class SpyCore implements Core<I, E, F> {
        final Core<I, E, F> real;

        SpyCore(Core<I, E, F> real) {
            this.real = real;
        }

        @Override
        public Decision<E, F> decide(Stamped<I> input) {
            if (core != this) {
                core = this;
                same(this, "a core from its journal");
            }
            boolean due = real.wakeAt().filter(at -> !input.at().isBefore(at)).isPresent();
            Decision<E, F> decision = decision(input);
            world.trace.note(name, new byte[0], () -> "  decides on " + input.input() + " -> " + decision);
            decided(input.input(), decision, due);
            return decision;
        }

        /** The loop would heal it, and nobody would see. */
        private Decision<E, F> decision(Stamped<I> input) {
            try {
                return real.decide(input);
            } catch (RuntimeException e) {
                Broken broken = new Broken("core", name + " throws on " + input.input() + ": " + e);
                broken.initCause(e);
                throw broken;
            }
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

    private final class SpyHands implements Hands<F> {
        @Override
        public void start(List<F> effects, long seq) {
            for (F effect : effects) act(effect, seq);
        }

        @Override
        public void rebuilt() {
            Side.this.rebuilt();
            begin(disk.open().seq());
        }
    }

    private final class Worried implements Loop.Listener<I> {
        @Override
        public void degraded(String why) {
            world.trace.note(name, "is degraded: " + why);
            world.laws.seen().add("degraded");
        }

        @Override
        public void healed() {
            world.trace.note(name, "is healed");
        }

        @Override
        public void culprit(I input, RuntimeException failure) {
            Broken broken = new Broken("core", name + " throws on " + input + ": " + failure);
            broken.initCause(failure);
            throw broken;
        }
    }
}
