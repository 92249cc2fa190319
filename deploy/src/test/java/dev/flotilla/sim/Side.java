package dev.flotilla.sim;

import dev.flotilla.core.Core;
import dev.flotilla.core.Decision;
import dev.flotilla.core.Moment;
import dev.flotilla.core.Stamped;
import dev.flotilla.journal.Journal;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.loop.Hands;
import dev.flotilla.loop.Loop;
import dev.flotilla.loop.LoopSettings;
import dev.flotilla.loop.Machine;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One side of the link: a disk, and on it one process after another, each with the shipped loop and core. It watches what the core decides,
 * what gets to the disk and what is let out, and keeps a <b>shadow</b>: a core from the bytes on disk alone.
 */
abstract class Side<I, E, F> {
    private static final Duration LATER = Duration.ofMillis(1);
    /** Whole ledgers are compared at each start, at the end, and at each so many commits between. */
    private static final int COMPARED_EACH = 16;

    private static final List<Instant> WALLS = List.of(
            Instant.EPOCH,
            Instant.parse("2026-11-24T00:00:00Z"),
            Instant.parse("2038-01-19T03:14:08Z"),
            Instant.parse("1999-12-31T23:59:59Z"));

    final World world;
    final String name;
    /** For what this side meets; another side's draws do not change it. */
    final Chance chance;

    private final Machine<I, E, F> machine;
    private final LoopSettings settings;
    private ForgetfulDisk disk = new ForgetfulDisk(new Keeper());
    private Core<I, E, F> shadow;
    private SpyCore core;
    private Loop<I, E, F> loop;
    private boolean turnPlanned;
    private Optional<Duration> wake = Optional.empty();
    /** Which process this is, from 1; what was planned for an older one does nothing. */
    private long process;

    private long clockStart;
    /** The wall clock at the beginning of the history. */
    private Instant wall = WALLS.get(1);

    private long commits;
    /** What the next commit meets. */
    private ForgetfulDisk.Fate next = ForgetfulDisk.Fate.COMMITS;

    private Duration fullUntil = Duration.ZERO;
    private Duration slowUntil = Duration.ZERO;
    /** A commit is under way until then: nothing is taken up, nothing is let out. */
    private Duration busyUntil = Duration.ZERO;

    private boolean cutAmongEffects;

    Side(World world, String name, Machine<I, E, F> machine, LoopSettings settings) {
        this.world = world;
        this.name = name;
        this.chance = world.chanceOf(name);
        this.machine = machine;
        this.settings = settings;
        this.shadow = machine.birth(Optional.empty(), 0);
    }

    /** A core was born, from the journal: what the old one had in memory is gone. */
    abstract void born();

    /** Offers what a new core must hear first. */
    abstract void begin(long seq);

    /** The core decided; nothing is committed yet. {@code due}: time alone could have led to the same. */
    abstract void decided(Core<I, E, F> core, I input, Decision<E, F> decision, boolean due);

    /** These events are on disk, and {@link #shadow} has them. */
    abstract void committed(long seq, List<E> events);

    /** Does one deed. */
    abstract void act(F effect, long seq);

    /** The process is gone. */
    abstract void ended();

    /** The core was rebuilt within the same process: whatever was under way for the old one ends. */
    abstract void rebuilt();

    /** The disk is an older copy now, or another one, or empty: it was written to so often. No process is up. */
    abstract void anotherDisk(int writes);

    /** A core from what is on disk alone. */
    final Core<I, E, F> shadow() {
        return shadow;
    }

    final boolean up() {
        return loop != null;
    }

    final int writes() {
        return disk.writes();
    }

    final long seq() {
        return disk.open().seq();
    }

    final Instant wall() {
        return wall.plus(world.timeline.now());
    }

    final void clockJumps(Chance by) {
        wall = by.of(WALLS);
    }

    /** Starts a process, if none is up. */
    final void start() {
        if (up()) return;
        process++;
        clockStart = chance.id() >> 2;
        turnPlanned = false;
        wake = Optional.empty();
        busyUntil = Duration.ZERO;
        world.trace.note(name, "starts");
        try {
            loop = new Loop<>(
                    new SpyMachine(), new SpyHands(), disk.open(), settings, chance.id(), this::nanos, new Worried());
        } catch (JournalFailed e) {
            throw new Broken("I9", name + " cannot read its journal: " + e.getMessage());
        }
        begin(loop.held());
        planTurn(Duration.ZERO);
    }

    /** The process is killed where it stands. */
    final void kill() {
        cutAmongEffects = false;
        next = ForgetfulDisk.Fate.COMMITS;
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
            if (!busy()) loop.run();
        } catch (PowerCut cut) {
            world.trace.note(name, "loses power");
        }
        kill();
    }

    /** Kills, and the last {@code lost} writes are gone though the disk said that they were there. */
    final void diskLied(int lost) {
        kill();
        backTo(Math.max(0, disk.writes() - lost));
    }

    /** Kills, and the disk is as it was after so many writes. */
    final void backTo(int writes) {
        kill();
        disk.backTo(writes);
        world.trace.note(name, "is back at write " + writes);
        rebuildShadow();
        anotherDisk(writes);
    }

    /** Kills, and the disk is empty. */
    final void diskLost() {
        kill();
        disk = new ForgetfulDisk(new Keeper());
        rebuildShadow();
        anotherDisk(0);
    }

    /** Has the same on its disk as the other, whose machine is of the same kind. */
    final void diskOf(Side<I, E, F> other) {
        disk = other.disk.copy(new Keeper());
        rebuildShadow();
    }

    private void rebuildShadow() {
        core = null;
        shadow = fromDisk();
    }

    /** What the next commit meets. */
    final void nextCommit(ForgetfulDisk.Fate fate) {
        next = fate;
    }

    /** The power goes among the next effects. */
    final void cutAmongEffects() {
        cutAmongEffects = true;
    }

    final void diskFull(Duration span) {
        fullUntil = world.timeline.now().plus(span);
    }

    final void diskSlow(Duration span) {
        slowUntil = world.timeline.now().plus(span);
    }

    /** No trap is set any more, and the disk is as it should be. */
    final void diskMended() {
        next = ForgetfulDisk.Fate.COMMITS;
        cutAmongEffects = false;
        fullUntil = Duration.ZERO;
        slowUntil = Duration.ZERO;
    }

    final void earlyTick() {
        offer(machine.tick());
    }

    final void offer(I input) {
        if (!up()) return;
        loop.offer(input);
        planTurn(chance.between(Duration.ZERO, LATER));
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

    private boolean busy() {
        return world.timeline.now().compareTo(busyUntil) < 0;
    }

    private void planTurn(Duration in) {
        if (turnPlanned) return;
        turnPlanned = true;
        Duration until = busyUntil.minus(world.timeline.now());
        later(in.compareTo(until) < 0 ? until : in, this::turn);
    }

    private void turn() {
        turnPlanned = false;
        try {
            loop.turn().ifPresent(at -> wakeIn(at.since(new Moment(nanos()))));
        } catch (PowerCut cut) {
            losesPower();
        }
    }

    /** Plans a turn for then, unless there is one that is sooner; then that one looks again. */
    private void wakeIn(Duration span) {
        Duration at = world.timeline.now().plus(span.isNegative() ? Duration.ZERO : span);
        if (wake.isPresent() && wake.get().compareTo(at) <= 0) return;
        wake = Optional.of(at);
        later(span, () -> {
            if (!wake.equals(Optional.of(at))) return;
            wake = Optional.empty();
            planTurn(Duration.ZERO);
        });
    }

    private void losesPower() {
        world.trace.note(name, "loses power");
        kill();
        world.restartLater(this);
    }

    /** The chain is verified, and all of it gives the ledger that a process would have. */
    final void verify() {
        same(fromDisk(), "a core from its journal");
    }

    /** What another program writes while no process is up. */
    final void append(List<E> events) {
        diskMended();
        try {
            disk.open().append(machine.encode(events));
        } catch (JournalFailed e) {
            throw new Broken("sim", "a disk with room fails: " + e.getMessage());
        }
    }

    /** Everything from that commit on is on the disk. */
    final void mustKeepFrom(long seq) {
        try {
            disk.open().replay(seq - 1, (at, body) -> {});
        } catch (JournalFailed e) {
            throw new Broken("I9", "commits from " + seq + " on are of jobs that are kept: " + e.getMessage());
        }
        if (disk.oldest() > 1) world.laws.met("log shortened");
    }

    /** A core from all that is on disk, by itself. */
    final Core<I, E, F> fromDisk() {
        try {
            Optional<Journal.Snapshot> snapshot = disk.open().newestSnapshot();
            Core<I, E, F> born = machine.birth(snapshot.map(Journal.Snapshot::state), 0);
            disk.open()
                    .replay(
                            snapshot.map(Journal.Snapshot::seq).orElse(0L),
                            (seq, body) -> machine.decode(body).forEach(born::apply));
            return born;
        } catch (JournalFailed e) {
            throw new Broken("I9", name + "'s chain: " + e.getMessage());
        }
    }

    private void same(Core<I, E, F> other, String what) {
        if (!Arrays.equals(other.snapshot(), shadow.snapshot()))
            throw new Broken("I9", what + " of " + name + " is not what its events on disk make");
    }

    private void letOut(List<F> effects, long seq) {
        int until = cutAmongEffects ? chance.between(0, effects.size()) : effects.size();
        for (F effect : effects.subList(0, until)) act(effect, seq);
        if (cutAmongEffects) throw new PowerCut();
    }

    private final class Keeper implements ForgetfulDisk.Keeper {
        @Override
        public ForgetfulDisk.Fate next() {
            ForgetfulDisk.Fate fate = next;
            next = ForgetfulDisk.Fate.COMMITS;
            boolean full = world.timeline.now().compareTo(fullUntil) < 0;
            return fate == ForgetfulDisk.Fate.COMMITS && full ? ForgetfulDisk.Fate.FAILS : fate;
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
            if (core != null && ++commits % COMPARED_EACH == 0) same(core, "the ledger");
            committed(seq, events);
        }
    }

    private final class SpyMachine extends FilterMachine<I, E, F> {
        SpyMachine() {
            super(machine);
        }

        @Override
        public Core<I, E, F> birth(Optional<byte[]> snapshot, long seed) {
            core = null;
            born();
            return new SpyCore(super.birth(snapshot, seed));
        }
    }

    private final class SpyCore extends FilterCore<I, E, F> {
        SpyCore(Core<I, E, F> real) {
            super(real);
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
            decided(real, input.input(), decision, due);
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
    }

    private final class SpyHands implements Hands<F> {
        @Override
        public void start(List<F> effects, long seq) {
            if (world.timeline.now().compareTo(slowUntil) >= 0) {
                letOut(effects, seq);
                return;
            }
            Duration takes = chance.around(Duration.ofMillis(chance.of(List.of(20, 300, 3000))));
            busyUntil = world.timeline.now().plus(takes);
            later(takes, () -> {
                try {
                    letOut(effects, seq);
                } catch (PowerCut cut) {
                    losesPower();
                }
            });
        }

        @Override
        public void rebuilt() {
            Side.this.rebuilt();
            begin(loop.held());
        }
    }

    private final class Worried implements Loop.Listener<I> {
        @Override
        public void degraded(String why) {
            world.trace.note(name, "is degraded: " + why);
            world.laws.met("degraded");
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
