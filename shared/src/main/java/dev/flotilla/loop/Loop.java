package dev.flotilla.loop;

import dev.flotilla.core.Core;
import dev.flotilla.core.Decision;
import dev.flotilla.core.Dice;
import dev.flotilla.core.Durability;
import dev.flotilla.core.Moment;
import dev.flotilla.core.Stamped;
import dev.flotilla.journal.Journal;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.log.Log;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The only thread that touches core and journal: {@link #run} takes whatever inputs have queued up, the core decides on each, all their events
 * are committed at once, and then the effects go out. {@link #offer}, {@link #stop} and {@link #trouble} may be called from any thread.
 *
 * <p>Two things can go wrong, and both end with a core that is born again from the journal, as at start. <b>A commit fails</b>: nothing goes
 * out, and until a probe commits, only inputs that read are decided. A damaged file is not probed, since nothing can be trusted to it any
 * more. <b>A decision throws</b>: the batch is tried again input by input, and the one that throws again is put aside. In both cases the hands
 * are told; see {@link Hands#rebuilt}.
 */
public final class Loop<I, E, F> {
    private static final Duration FIRST_PROBE = Duration.ofSeconds(1);
    private static final Duration LAST_PROBE = Duration.ofMinutes(1);
    private static final Duration SAY_DROPPED = Duration.ofMinutes(1);
    /** Different inputs that are kept; the hands' own are few and come first. */
    private static final int KEPT = 1000;
    /** Bytes of one source's inputs that may wait: many times what an honest one says before it is answered. */
    static final long SHARE = 4L << 20;
    /** Bytes of all sources' inputs that may wait. */
    static final long ROOM = 32L << 20;

    /** Hears of the loop's troubles, in the loop's thread. */
    public interface Listener<I> {
        /** The journal cannot be written; said once until it heals. {@code why} is for people. */
        void degraded(String why);

        /** The journal's file is damaged, as was found while it was used: waiting will not heal it. Said once; nothing is written any more. */
        default void damaged(String why) {}

        /** The journal can be written again. */
        void healed();

        /** An input that only reads, and the journal cannot even be read. It is dropped. */
        default void unread(I input) {}

        /** An input whose decision throws, also on a fresh core. It is put aside; its events and effects never were. */
        void culprit(I input, RuntimeException failure);
    }

    /** What is wrong with the journal: inputs that write are dropped while anything is. */
    public enum Trouble {
        NONE,
        /** It cannot be written now; heals by itself when the disk does. */
        STORAGE,
        /** Its file is damaged: that lasts. */
        DAMAGED
    }

    private final Machine<I, E, F> machine;
    private final Hands<F> hands;
    private final Journal journal;
    private final LoopSettings settings;
    private final Dice seeds;
    private final LongSupplier nanoTime;
    private final Listener<I> listener;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();
    private final Deque<Queued<I>> queue = new ArrayDeque<>();
    private final TreeMap<String, Long> shares = new TreeMap<>();
    private long room = ROOM;
    /** Inputs of all sources that were dropped since that was said. */
    private long dropped;

    private Optional<Moment> droppedSaid = Optional.empty();
    private boolean stopping;
    private Thread rebuilding;
    /** How often the thread has come for news. */
    private long rounds;

    /** An input that waits; {@code source} is empty for one of our own. */
    private record Queued<I>(I input, String source, long bytes) {}

    private Core<I, E, F> core;
    private final List<E> pending = new ArrayList<>();
    private long held;
    private long sinceSnapshot;
    private long lastSnapshot;
    private volatile Trouble trouble = Trouble.NONE;
    private Duration backoff = FIRST_PROBE;
    private Moment probeAt;

    /** Inputs for the time after the probe, each once, however often it is said until then. */
    private final LinkedHashSet<I> kept = new LinkedHashSet<>();

    /** What the hands offer while they are told of a rebuilt core. */
    private final List<I> first = new ArrayList<>();

    /** After a tick that threw, so that one that always throws does not fill the disk with new starts. */
    private Optional<Moment> noTickBefore = Optional.empty();

    private boolean interrupted;

    /**
     * Replays the journal.
     *
     * @param nanoTime  the clock that decides; in production {@code System::nanoTime}
     * @throws JournalFailed if the journal cannot be read, or this version does not understand what is in it
     */
    public Loop(
            Machine<I, E, F> machine,
            Hands<F> hands,
            Journal journal,
            LoopSettings settings,
            long seed,
            LongSupplier nanoTime,
            Listener<I> listener)
            throws JournalFailed {
        this.machine = machine;
        this.hands = hands;
        this.journal = journal;
        this.settings = settings;
        this.seeds = new Dice(seed);
        this.nanoTime = nanoTime;
        this.listener = listener;
        this.core = birth();
    }

    /** Queues an input; one that comes after {@link #stop} is dropped. */
    public void offer(I input) {
        lock.lock();
        try {
            if (rebuilding == Thread.currentThread()) {
                first.add(input);
            } else add(new Queued<>(input, "", 0));
        } finally {
            lock.unlock();
        }
    }

    /**
     * Queues an input from outside, unless too many bytes of the same source wait already, or of all sources: then it is dropped, as if it was
     * lost on the way. So a flood takes neither the memory nor the others' turn.
     *
     * @param source  who must not take more than a share; not empty
     * @param bytes   about what it takes in memory
     * @return false if it was dropped
     */
    public boolean offer(I input, String source, long bytes) {
        lock.lock();
        try {
            long share = shares.getOrDefault(source, 0L) + bytes;
            if (share > SHARE || bytes > room) {
                dropped(source);
                return false;
            }
            shares.put(source, share);
            room -= bytes;
            add(new Queued<>(input, source, bytes));
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Counts, and says so at most once a minute. */
    private void dropped(String source) {
        dropped++;
        if (droppedSaid.isPresent() && now().isBefore(droppedSaid.get().plus(SAY_DROPPED))) return;
        Log.warn("queue.dropped", "source", source, "count", dropped);
        droppedSaid = Optional.of(now());
        dropped = 0;
    }

    private void add(Queued<I> input) {
        if (stopping) return;
        queue.add(input);
        if (queue.size() == 1 || queue.size() == settings.batchMax()) news.signal();
    }

    private I next() {
        Queued<I> next = queue.remove();
        if (!next.source().isEmpty()) {
            room += next.bytes();
            shares.computeIfPresent(next.source(), (s, held) -> held == next.bytes() ? null : held - next.bytes());
        }
        return next.input();
    }

    /**
     * The last commit that holds an event, or the newest snapshot's: what comes after it are probes of the disk, which no core has made. For the
     * loop's thread, and for whoever has not started it yet.
     */
    public long held() {
        return held;
    }

    /** {@link #run} decides on what is queued, commits what is pending, and returns. */
    public void stop() {
        lock.lock();
        try {
            stopping = true;
            news.signal();
        } finally {
            lock.unlock();
        }
    }

    /** How often the loop's thread has come for news: it comes soon after a {@link #nudge}, unless it hangs. */
    public long rounds() {
        lock.lock();
        try {
            return rounds;
        } finally {
            lock.unlock();
        }
    }

    /** Has the loop's thread come round, although there is no news. */
    public void nudge() {
        lock.lock();
        try {
            news.signal();
        } finally {
            lock.unlock();
        }
    }

    public Trouble trouble() {
        return trouble;
    }

    private boolean degraded() {
        return trouble != Trouble.NONE;
    }

    /** Works until {@link #stop}, or an interrupt, which does the same. @throws RuntimeException if even the hands' start cannot be decided */
    public void run() {
        while (true) {
            Optional<Moment> wake = wake();
            Optional<List<I>> taken = take(wake);
            if (taken.isEmpty()) break;
            turn(wake, taken.get());
        }
        try {
            if (!degraded() && !pending.isEmpty()) commit();
        } catch (JournalFailed e) {
            listener.degraded(e.getMessage());
        }
        if (interrupted) Thread.currentThread().interrupt();
    }

    /**
     * Takes up what is queued, without waiting: for a world with a clock of its own, whose only thread calls this instead of {@link #run}.
     *
     * @return when to call it again, if nothing is offered sooner; empty for never
     */
    public Optional<Moment> turn() {
        turn(wake(), queued());
        lock.lock();
        try {
            return queue.isEmpty() ? wake() : Optional.of(now());
        } finally {
            lock.unlock();
        }
    }

    private Optional<Moment> wake() {
        if (trouble == Trouble.DAMAGED) return Optional.empty();
        return degraded() ? Optional.of(probeAt) : core.wakeAt().map(this::notTooSoon);
    }

    private void turn(Optional<Moment> wake, List<I> batch) {
        boolean due = wake.isPresent() && !now().isBefore(wake.get());
        if (degraded()) {
            batch.forEach(this::readOrKeep);
            if (due) probe();
        } else {
            // last, so that what has arrived is heard before the core judges who was silent
            if (due) batch.add(machine.tick());
            takeUp(batch);
        }
    }

    /** What is queued, at most a batch; waits for the first input, or until {@code wake}, then it may be none. Empty: stopped, and all is done. */
    private Optional<List<I>> take(Optional<Moment> wake) {
        List<I> batch = new ArrayList<>();
        lock.lock();
        try {
            rounds++;
            while (queue.isEmpty()) {
                if (stopping) return Optional.empty();
                long nanos = wake.isPresent() ? wake.get().since(now()).toNanos() : Long.MAX_VALUE;
                if (nanos <= 0) return Optional.of(batch);
                news.awaitNanos(nanos);
                rounds++;
            }
            long linger = settings.linger().toNanos();
            while (linger > 0 && !stopping && queue.size() < settings.batchMax()) linger = news.awaitNanos(linger);
            batch.addAll(queued());
        } catch (InterruptedException e) {
            stopping = true;
            interrupted = true;
        } finally {
            lock.unlock();
        }
        return Optional.of(batch);
    }

    private List<I> queued() {
        List<I> batch = new ArrayList<>();
        lock.lock();
        try {
            while (!queue.isEmpty() && batch.size() < settings.batchMax()) batch.add(next());
        } finally {
            lock.unlock();
        }
        return batch;
    }

    private Moment notTooSoon(Moment wake) {
        return noTickBefore.filter(wake::isBefore).orElse(wake);
    }

    private Moment now() {
        return new Moment(nanoTime.getAsLong());
    }

    /** The whole batch in one commit; if a decision throws, input by input. */
    private void takeUp(List<I> batch) {
        Deque<I> rest = new ArrayDeque<>(batch);
        try {
            try {
                work(batch);
                return;
            } catch (RuntimeException e) {
                rebuild(e);
            }
            while (!rest.isEmpty()) {
                try {
                    work(List.of(rest.peek()));
                    rest.remove();
                } catch (RuntimeException e) {
                    I culprit = rest.remove();
                    if (culprit.equals(machine.tick())) noTickBefore = Optional.of(now().plus(LAST_PROBE));
                    listener.culprit(culprit, e);
                    rebuild(e);
                }
            }
        } catch (JournalFailed e) {
            degrade(e, rest);
        }
    }

    /** @throws RuntimeException if a decision throws; then nothing was committed, nothing went out, and the core must be rebuilt */
    private void work(List<I> batch) throws JournalFailed {
        List<F> effects = new ArrayList<>();
        boolean durable = false;
        for (I input : batch) {
            Decision<E, F> decision = decide(input);
            for (E event : decision.events()) durable |= machine.durability(event) == Durability.DURABLE;
            pending.addAll(decision.events());
            effects.addAll(decision.effects());
        }
        if (durable || (!pending.isEmpty() && effects.stream().anyMatch(machine::speaks))) {
            commit();
            backoff = FIRST_PROBE;
        }
        letGo(effects);
        if (pending.isEmpty() && sinceSnapshot >= Math.max(settings.snapshotAfter(), lastSnapshot)) snapshot();
    }

    private Decision<E, F> decide(I input) {
        return core.decide(new Stamped<>(now(), new Dice(seeds.next()), input));
    }

    private void commit() throws JournalFailed {
        byte[] batch = machine.encode(pending);
        long seq = journal.append(batch);
        if (!pending.isEmpty()) held = seq;
        pending.clear();
        sinceSnapshot += batch.length;
    }

    private void letGo(List<F> effects) {
        if (effects.isEmpty()) return;
        try {
            hands.start(effects, journal.seq());
        } catch (RuntimeException e) {
            // as if they were lost on the way: the core says again what is not answered
            Log.error("effects.lost", "count", effects.size(), "why", e, "at", place(e));
        }
    }

    /** Only when nothing is pending, since the core's ledger must be that of the last commit. */
    private void snapshot() throws JournalFailed {
        sinceSnapshot = 0;
        try {
            byte[] state = core.snapshot();
            lastSnapshot = state.length;
            journal.snapshot(state, core.keepFrom());
        } catch (JournalFailed | RuntimeException e) {
            if (e instanceof JournalFailed failed && failed.kind() == JournalFailed.Kind.CORRUPT) throw failed;
            // nothing rests on it: the batches are all there, and the next one may succeed
            Log.error("snapshot.failed", "why", e);
        }
    }

    private static String place(RuntimeException e) {
        return e.getStackTrace().length == 0 ? "unknown" : e.getStackTrace()[0].toString();
    }

    private Core<I, E, F> birth() throws JournalFailed {
        Optional<Journal.Snapshot> snapshot = journal.newestSnapshot();
        long[] at = {snapshot.map(Journal.Snapshot::seq).orElse(0L)};
        long[] holds = {at[0]};
        pending.clear();
        sinceSnapshot = 0;
        lastSnapshot = snapshot.map(s -> s.state().length).orElse(0);
        try {
            Core<I, E, F> born = machine.birth(snapshot.map(Journal.Snapshot::state), seeds.next());
            journal.replay(at[0], (seq, body) -> {
                at[0] = seq;
                sinceSnapshot += body.length;
                List<E> events = machine.decode(body);
                if (!events.isEmpty()) holds[0] = seq;
                events.forEach(born::apply);
            });
            held = holds[0]; // not before: a journal that was read half would pass for an older copy
            return born;
        } catch (RuntimeException e) {
            throw new JournalFailed(
                    JournalFailed.Kind.CORRUPT, "the journal cannot be understood at batch " + at[0] + ": " + e, e);
        }
    }

    /** After a decision threw. What the hands offer now must be decided, or the loop cannot go on. */
    private void rebuild(RuntimeException why) throws JournalFailed {
        Log.error("core.rebuilt", "why", why, "at", place(why));
        core = birth();
        work(offeredByHands());
    }

    /** Tells the hands that the core is new, and takes what they offer meanwhile. */
    private List<I> offeredByHands() {
        rebuilding(Thread.currentThread());
        try {
            hands.rebuilt();
            return List.copyOf(first);
        } finally {
            first.clear();
            rebuilding(null);
        }
    }

    private void rebuilding(Thread thread) {
        lock.lock();
        rebuilding = thread;
        lock.unlock();
    }

    /** Nothing of the failed commit was let out. {@code undone} are the inputs that it would have settled. */
    private void degrade(JournalFailed why, Collection<I> undone) {
        trouble = Trouble.STORAGE;
        probeLater();
        if (why.kind() == JournalFailed.Kind.CORRUPT) damaged(why);
        else listener.degraded(why.getMessage());
        rebirth();
        offeredByHands().forEach(this::keep); // first, so that no flood takes their room
        undone.stream().filter(machine::keep).forEach(this::keep);
    }

    /** One that was kept before takes its place behind the others: what was said last holds. */
    private void keep(I input) {
        if (!kept.remove(input) && kept.size() >= KEPT) return;
        kept.add(input);
    }

    /** While degraded: no core if not even reading succeeds. */
    private void rebirth() {
        try {
            core = birth();
        } catch (JournalFailed e) {
            core = null;
            Log.error("journal.unreadable", "why", e.getMessage());
            damaged(e);
        }
    }

    private void damaged(JournalFailed why) {
        if (why.kind() != JournalFailed.Kind.CORRUPT || trouble == Trouble.DAMAGED) return;
        trouble = Trouble.DAMAGED;
        listener.damaged(why.getMessage());
    }

    private void readOrKeep(I input) {
        if (machine.keep(input)) keep(input);
        if (!machine.reads(input)) return;
        if (core == null) {
            listener.unread(input);
            return;
        }
        try {
            Decision<E, F> decision = decide(input);
            if (!decision.events().isEmpty()) throw new IllegalStateException("an input that only reads had events");
            letGo(decision.effects());
        } catch (RuntimeException e) {
            listener.culprit(input, e);
            rebirth();
        }
    }

    /** The wait grows also when a probe commits and the inputs that were kept then do not. */
    private void probeLater() {
        probeAt = now().plus(backoff);
        Duration twice = backoff.multipliedBy(2);
        backoff = twice.compareTo(LAST_PROBE) < 0 ? twice : LAST_PROBE;
    }

    private void probe() {
        try {
            if (core == null) core = birth();
            commit();
        } catch (JournalFailed e) {
            // the listener knows why since it began
            damaged(e);
            probeLater();
            return;
        }
        trouble = Trouble.NONE;
        listener.healed();
        List<I> again = List.copyOf(kept);
        kept.clear();
        takeUp(again);
    }
}
