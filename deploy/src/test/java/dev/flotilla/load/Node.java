package dev.flotilla.load;

import dev.flotilla.core.Core;
import dev.flotilla.core.Decision;
import dev.flotilla.core.Moment;
import dev.flotilla.core.Stamped;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.loop.Hands;
import dev.flotilla.loop.Loop;
import dev.flotilla.loop.LoopSettings;
import dev.flotilla.loop.Machine;
import dev.flotilla.sim.FilterCore;
import dev.flotilla.sim.FilterMachine;
import dev.flotilla.sim.ForgetfulDisk;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One process of a {@link SmallWorld}: the shipped loop and core on a disk in memory. */
abstract class Node<I, E, F> {
    private static final Duration TURN = Duration.ofMillis(2);

    final SmallWorld world;
    private final Machine<I, E, F> machine;
    private final LoopSettings settings;
    private final ForgetfulDisk disk = new ForgetfulDisk(new Keeper());
    /** Every batch that was committed. */
    final List<byte[]> batches = new ArrayList<>();
    /** Why inputs were put aside: each is a bug. */
    final List<RuntimeException> culprits = new ArrayList<>();

    private Core<I, E, F> core;
    private Loop<I, E, F> loop;
    private long process;
    private long turnAt = Long.MAX_VALUE;

    Node(SmallWorld world, Machine<I, E, F> machine) {
        this.world = world;
        this.machine = machine;
        this.settings = new LoopSettings(4096, Duration.ZERO, 1 << 20);
    }

    /** Offers what a new core must hear first. */
    abstract void begin(long seq);

    abstract void act(F effect, long seq);

    /** Whatever was under way for the core before ends. */
    abstract void ended();

    /** The core decided. */
    void decided(I input, Decision<E, F> decision) {}

    final Core<I, E, F> core() {
        return core;
    }

    final boolean up() {
        return loop != null;
    }

    final void start() {
        process++;
        try {
            loop = new Loop<>(
                    new Spy(),
                    new Deeds(),
                    disk.open(),
                    settings,
                    world.chance.id(),
                    () -> world.timeline.now().toNanos(),
                    new Watch());
        } catch (JournalFailed e) {
            throw new AssertionError(e);
        }
        turnAt = Long.MAX_VALUE;
        begin(disk.open().seq());
    }

    /** As SIGKILL does. */
    final void kill() {
        loop = null;
        process++;
        ended();
    }

    final void offer(I input) {
        if (!up()) return;
        loop.offer(input);
        turnIn(TURN);
    }

    /** Takes up what is queued, now. */
    final void turn() {
        turnAt = Long.MAX_VALUE;
        loop.turn()
                .ifPresent(at -> turnIn(at.since(new Moment(world.timeline.now().toNanos()))));
    }

    final void later(Duration span, Runnable what) {
        long of = process;
        world.timeline.after(span, () -> {
            if (of == process) what.run();
        });
    }

    private void turnIn(Duration span) {
        long at = world.timeline.now().toNanos() + Math.max(0, span.toNanos());
        if (at >= turnAt) return;
        turnAt = at;
        later(span, () -> {
            if (turnAt == at) turn();
        });
    }

    private final class Keeper implements ForgetfulDisk.Keeper {
        @Override
        public ForgetfulDisk.Fate next() {
            return ForgetfulDisk.Fate.COMMITS;
        }

        @Override
        public void wrote(long seq, byte[] body) {
            if (world.keepsBatches) batches.add(body);
        }
    }

    private final class Spy extends FilterMachine<I, E, F> {
        Spy() {
            super(machine);
        }

        @Override
        public Core<I, E, F> birth(Optional<byte[]> snapshot, long seed) {
            core = super.birth(snapshot, seed);
            return new FilterCore<>(core) {
                @Override
                public Decision<E, F> decide(Stamped<I> input) {
                    Decision<E, F> decision = super.decide(input);
                    decided(input.input(), decision);
                    return decision;
                }
            };
        }
    }

    private final class Deeds implements Hands<F> {
        @Override
        public void start(List<F> effects, long seq) {
            for (F effect : effects) act(effect, seq);
        }

        @Override
        public void rebuilt() {
            ended();
            begin(disk.open().seq());
        }
    }

    private final class Watch implements Loop.Listener<I> {
        @Override
        public void degraded(String why) {
            throw new AssertionError(why);
        }

        @Override
        public void healed() {}

        @Override
        public void culprit(I input, RuntimeException failure) {
            culprits.add(failure);
        }
    }
}
