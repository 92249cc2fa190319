package dev.flotilla.disk;

import dev.flotilla.agent.core.AgentCore;
import dev.flotilla.agent.core.AgentMachine;
import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.codec.EnvelopeCodec;
import dev.flotilla.codec.Malformed;
import dev.flotilla.controller.core.ControllerCore;
import dev.flotilla.controller.core.ControllerMachine;
import dev.flotilla.controller.core.Effect;
import dev.flotilla.controller.core.Event;
import dev.flotilla.controller.core.Input;
import dev.flotilla.controller.core.LedgerLaws;
import dev.flotilla.core.Core;
import dev.flotilla.core.Moment;
import dev.flotilla.journal.Journal;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.journal.JournalSettings;
import dev.flotilla.journal.SqliteJournal;
import dev.flotilla.link.Detail;
import dev.flotilla.link.Envelope;
import dev.flotilla.link.Greeting;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Order;
import dev.flotilla.link.Report;
import dev.flotilla.loop.Hands;
import dev.flotilla.loop.Loop;
import dev.flotilla.loop.LoopSettings;
import dev.flotilla.loop.Machine;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Limits;
import dev.flotilla.model.Policy;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.program.BadValue;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.program.ShardData;
import dev.flotilla.shard.Ranges;
import dev.flotilla.shard.ShardPlan;
import dev.flotilla.sim.Chance;
import dev.flotilla.sim.HostileNetwork;
import dev.flotilla.sim.Timeline;
import dev.flotilla.sim.Weather;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * One controller and one agent in one folder: shipped cores, loops, journals and artifacts, in virtual time, over a network that loses and
 * repeats. A client hands in four jobs, an operator releases what is held. Whatever the folder holds already is gone on with.
 */
final class Pair implements AutoCloseable {
    static final String AGENT = "agent";
    static final String CONTROLLER = "controller";
    static final String FILE = "journal.db";

    private static final FleetName FLEET = new FleetName("disk");
    private static final DeviceId OAK = new DeviceId("oak");
    private static final Instant WALL = Instant.parse("2026-11-25T00:00:00Z");
    private static final Duration POLL = Duration.ofSeconds(15);
    private static final Duration LONGEST = Duration.ofHours(3);
    private static final int SLOTS = 3;
    private static final int ONCE_SHARDS = 8;

    /** A job and its right answer. */
    private record Job(JobId id, Spec spec, Policy policy, ShardPlan plan, BigDecimal answer) {}

    private static final byte[] LINES = lines(9_600);
    private static final List<Job> JOBS = List.of(
            range("paced", 0, 10_000, 30, Duration.ofMillis(150), false),
            range("once", 0, 1_000, ONCE_SHARDS, Duration.ofMillis(400), true),
            file("inline", 16, 240),
            file("fetched", 4, 400));

    private static Job range(String id, long from, long to, int shards, Duration delay, boolean once) {
        Spec spec = new Spec(
                new dev.flotilla.model.Input.Range(from, to),
                Sharding.range(shards),
                new ProgramCall("sum", Optional.empty(), false, delay));
        return new Job(
                new JobId(id),
                spec,
                policy(once),
                ShardPlan.COMPUTED,
                BigDecimal.valueOf((from + to - 1) * (to - from) / 2));
    }

    private static Policy policy(boolean once) {
        Policy usual = Policy.defaults();
        return new Policy(
                usual.placement(),
                usual.labels(),
                usual.where(),
                once,
                usual.attempts(),
                Duration.ofSeconds(20),
                usual.deadline(),
                usual.taskTimeout(),
                usual.minCoverage());
    }

    /** Lines of 100 bytes. Shards above 32 KiB are fetched and stored, others come with the order into the redo log. */
    private static Job file(String id, int shards, int linesEach) {
        List<ShardPlan.Slice> slices = new ArrayList<>();
        int length = 100 * linesEach;
        for (int i = 0; i < shards; i++) {
            Optional<Digest> digest = length > Limits.INLINE
                    ? Optional.of(Digest.of(Arrays.copyOfRange(LINES, i * length, (i + 1) * length)))
                    : Optional.empty();
            slices.add(new ShardPlan.Slice((long) i * length, length, linesEach, 1L + i * linesEach, digest));
        }
        int lines = shards * linesEach;
        Digest file = Digest.of(Arrays.copyOf(LINES, 100 * lines));
        Spec spec = new Spec(
                new dev.flotilla.model.Input.Records(
                        file, "lines.txt", dev.flotilla.model.Input.Format.LINES, List.of(), lines),
                Sharding.range(shards),
                new ProgramCall("count", Optional.empty(), false, Duration.ofMillis(100)));
        return new Job(
                new JobId(id),
                spec,
                policy(false),
                new ShardPlan(Optional.of(file), slices),
                BigDecimal.valueOf(lines));
    }

    private static byte[] lines(int lines) {
        byte[] bytes = new byte[100 * lines];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) (i % 100 == 99 ? '\n' : 'a' + i / 100 % 26);
        return bytes;
    }

    private final Path folder;
    private final Chance chance;
    private final Consumer<String> marks;
    private final Timeline timeline = new Timeline();
    private final HostileNetwork network;
    private final TreeSet<JobId> submitted = new TreeSet<>();
    private final TreeMap<Long, JobId> asked = new TreeMap<>();
    /** Process starts of one-time tasks, and releases, by task. */
    private final TreeMap<String, Integer> starts = new TreeMap<>();

    private final TreeMap<String, Integer> releases = new TreeMap<>();
    /** One-time jobs that a client was told are there: it does not hand them in again. */
    private final TreeSet<JobId> acknowledged = new TreeSet<>();

    /** A failed commit is no failure of the test. */
    boolean mayBeDamaged;

    private long requests;
    final Agent agent = new Agent();
    final Controller controller = new Controller();

    /**
     * @param marks  hears at once what a disk must not forget: {@code agent 7 <hash>} for a commit, {@code start}, {@code release},
     *               {@code there} for a task or job
     */
    Pair(Path folder, long seed, Consumer<String> marks) {
        this.folder = folder;
        this.chance = new Chance(seed);
        this.marks = marks;
        this.network = new HostileNetwork(
                timeline, chance.id(), new Weather(0.01, 0.03, 0.05, 0, Duration.ofMillis(10), Duration.ofSeconds(2)));
    }

    /** What was said before this pair began, in the same folder. */
    void remember(List<String> said) {
        for (String line : said) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "start" -> starts.merge(words[1], 1, Integer::sum);
                case "release" -> releases.merge(words[1], 1, Integer::sum);
                case "there" -> acknowledged.add(new JobId(words[1]));
                default -> {}
            }
        }
    }

    void run(Duration span) {
        Duration until = timeline.now().plus(span);
        while (timeline.step(until)) {}
    }

    /** Hands in every job that the controller does not know, until it is told that it is there. */
    void submitAll() {
        for (Job job : JOBS) submit(job);
    }

    private void submit(Job job) {
        if (submitted.contains(job.id)) return;
        asked.put(++requests, job.id);
        controller.offer(new Input.Submitted(
                requests, job.id, "", job.spec, job.policy, job.plan, List.of(), WALL, controller.told, false));
        timeline.after(Duration.ofSeconds(3), () -> submit(job));
    }

    /** Until every job has ended and nothing is left anywhere; then every answer must be right. */
    void settle() throws JournalFailed {
        ControllerCore core = controller.onDisk();
        List<Job> expected = new ArrayList<>();
        for (Job job : JOBS) {
            boolean vanished = core.proof(job.id).isEmpty() && acknowledged.contains(job.id);
            // its permits have vanished with it: only the operator can tell what ran
            if (vanished && job.policy.once()) continue;
            expected.add(job);
            submit(job);
        }
        Duration until = timeline.now().plus(LONGEST);
        while (!isSettled(core, expected)) {
            if (timeline.now().compareTo(until) > 0)
                throw new AssertionError("not settled after " + LONGEST + ": " + LedgerLaws.left(core)
                        + ", the agent holds " + agent.onDisk().attempts());
            run(POLL);
            core = controller.onDisk();
            String wrong = LedgerLaws.wrong(core);
            if (!wrong.isEmpty()) throw new AssertionError(wrong);
            for (String job : LedgerLaws.jobsHeld(core))
                controller.offer(new Input.ReleaseAsked(++requests, job, OptionalLong.empty(), true));
        }
        for (Job job : expected) {
            Map.Entry<Optional<BigDecimal>, Long> proof = core.proof(job.id).orElseThrow();
            if (!proof.getValue().equals(job.spec.sharding().count())
                    || proof.getKey().map(v -> v.compareTo(job.answer)).orElse(1) != 0)
                throw new AssertionError(job.id + " is " + proof + ", right is " + job.answer);
        }
    }

    private boolean isSettled(ControllerCore core, List<Job> expected) throws JournalFailed {
        for (Job job : expected) if (core.proof(job.id).isEmpty()) return false;
        return !LedgerLaws.anyRunning(core)
                && LedgerLaws.unsettled(core, OAK) == 0
                && agent.onDisk().attempts().isEmpty();
    }

    @Override
    public void close() {
        agent.close();
        controller.close();
    }

    /** A journal that was damaged before this pair began is found out. An error, so that no loop handles it. */
    static final class Damaged extends Error {
        private static final long serialVersionUID = 1;
        final transient Side<?, ?, ?> side;

        Damaged(Side<?, ?, ?> side, String why) {
            super(why);
            this.side = side;
        }
    }

    /** Commits through the real file, and says so. */
    private final class Telling<E> extends FilterJournal {
        private final String name;
        private final Machine<?, E, ?> machine;

        Telling(String name, Journal real, Machine<?, E, ?> machine) {
            super(real);
            this.name = name;
            this.machine = machine;
        }

        @Override
        public long append(byte[] batch) throws JournalFailed {
            TreeSet<Long> released = new TreeSet<>();
            for (E event : machine.decode(batch)) {
                if (event instanceof Event.Released e && e.again()) released.addAll(e.indexes());
                // those that were never placed, as far as this journal knows: one that it lost is started once more
                else if (event instanceof Event.RestReleased) for (long i = 0; i < ONCE_SHARDS; i++) released.add(i);
            }
            for (long index : released) {
                marks.accept("release once/" + index);
                releases.merge("once/" + index, 1, Integer::sum);
            }
            long seq = super.append(batch);
            marks.accept(name + " " + seq + " " + Digest.of(batch).hex());
            return seq;
        }
    }

    /** One side: a process with a loop that is taken a turn at a time. */
    abstract class Side<I, E, F> implements Hands<F>, Loop.Listener<I> {
        private final String name;
        private final Machine<I, E, F> machine;
        private final JournalSettings file;
        private Journal journal;
        private Loop<I, E, F> loop;
        private boolean planned;
        long process;

        Side(String name, Machine<I, E, F> machine, JournalSettings file) {
            this.name = name;
            this.machine = machine;
            this.file = file;
        }

        abstract void begin();

        final Path journalFile() {
            return folder.resolve(name).resolve(FILE);
        }

        final boolean up() {
            return loop != null;
        }

        /** Opens the journal and starts. */
        void start() throws JournalFailed {
            journal = new Telling<>(name, SqliteJournal.open(journalFile(), file), machine);
            try {
                loop = new Loop<>(
                        machine,
                        this,
                        journal,
                        new LoopSettings(4096, Duration.ZERO, 6_000),
                        chance.id(),
                        () -> timeline.now().toNanos() + 1,
                        this);
            } catch (JournalFailed e) {
                journal.close();
                throw e;
            }
            process++;
            planned = false;
            begin();
        }

        /** A clean stop. */
        void close() {
            if (!up()) return;
            loop.stop();
            loop.run();
            loop = null;
            process++;
            journal.close();
        }

        final void offer(I input) {
            if (!up()) return;
            loop.offer(input);
            plan(chance.between(Duration.ZERO, Duration.ofMillis(1)));
        }

        final void later(Duration span, Runnable what) {
            long of = process;
            timeline.after(span, () -> {
                if (of == process) what.run();
            });
        }

        private void plan(Duration in) {
            if (planned) return;
            planned = true;
            later(in, () -> {
                planned = false;
                Optional<Moment> next = loop.turn();
                next.ifPresent(
                        at -> later(at.since(new Moment(timeline.now().toNanos() + 1)), () -> plan(Duration.ZERO)));
            });
        }

        final long seq() {
            return journal.seq();
        }

        /** Every batch since the newest snapshot, in order; the chain is verified. */
        final void replay(Journal.Walker walker) throws JournalFailed {
            journal.replay(journal.newestSnapshot().map(Journal.Snapshot::seq).orElse(0L), walker);
        }

        final Core<I, E, F> core() throws JournalFailed {
            Core<I, E, F> core = machine.birth(journal.newestSnapshot().map(Journal.Snapshot::state), 0);
            replay((seq, body) -> machine.decode(body).forEach(core::apply));
            return core;
        }

        @Override
        public final void start(List<F> effects, long seq) {
            for (F effect : effects) act(effect, seq);
        }

        abstract void act(F effect, long seq);

        @Override
        public void rebuilt() {
            begin();
        }

        /** The process dies where it stands. */
        void kill() {
            if (!up()) return;
            loop = null;
            process++;
            journal.close();
        }

        @Override
        public final void degraded(String why) {
            if (!mayBeDamaged) throw new AssertionError(name + " cannot write: " + why);
        }

        @Override
        public final void damaged(String why) {
            throw new Damaged(this, why);
        }

        @Override
        public final void healed() {}

        @Override
        public final void culprit(I input, RuntimeException failure) {
            throw new AssertionError(name + " throws on " + input, failure);
        }
    }

    /** The controller, and the bytes of the one file that a job reads. */
    final class Controller extends Side<Input, Event, Effect> {
        private String startId = "";
        private long told;

        Controller() {
            super(
                    CONTROLLER,
                    new ControllerMachine(FLEET),
                    JournalSettings.controller().bare());
        }

        ControllerCore onDisk() throws JournalFailed {
            return (ControllerCore) core();
        }

        @Override
        void begin() {
            told = 0;
            startId = Long.toHexString(chance.id());
            offer(new Input.Begun(seq()));
            agent.offer(new dev.flotilla.agent.core.Input.ControllerSeen(startId));
        }

        private void receive(byte[] bytes) {
            try {
                Envelope envelope = EnvelopeCodec.decode(bytes);
                if (envelope instanceof Report report) offer(new Input.Reported(OAK, report, bytes.length));
                else offer(new Input.Greeted(OAK, (Hello) envelope, told));
            } catch (Malformed e) {
                throw new AssertionError(e);
            }
        }

        @Override
        void act(Effect effect, long seq) {
            told = seq;
            if (effect instanceof Effect.SendGreeting e) send(e.greeting().at(seq));
            else if (effect instanceof Effect.SendOrder e)
                send(e.order().filled(seq, Controller::filled, Controller::filled));
            else if (effect instanceof Effect.Reply e && asked.containsKey(e.request())) {
                if (!(e.view() instanceof dev.flotilla.controller.core.View.Submission))
                    throw new AssertionError(e.view());
                JobId job = asked.get(e.request());
                marks.accept("there " + job);
                submitted.add(job);
            }
        }

        private void send(Envelope envelope) {
            network.send(EnvelopeCodec.encode(envelope), agent::receive);
        }

        private static Optional<ShardInput> filled(ShardInput shard) {
            if (!(shard instanceof ShardInput.Slice s)) return Optional.of(shard);
            Bytes bytes = new Bytes(Arrays.copyOfRange(LINES, (int) s.offset(), (int) s.offset() + s.length()));
            return Optional.of(new ShardInput.Inline(bytes, s.firstLine()));
        }

        private static Optional<Order.Chunk> filled(Order.Chunk wanted) {
            for (Job job : JOBS) {
                for (ShardPlan.Slice slice : job.plan.slices()) {
                    if (!slice.digest().equals(Optional.of(wanted.digest()))) continue;
                    int from = (int) (slice.offset() + wanted.offset());
                    int to = (int) Math.min(from + Limits.CHUNK, slice.offset() + slice.length());
                    return Optional.of(new Order.Chunk(
                            wanted.digest(),
                            wanted.offset(),
                            slice.length(),
                            new Bytes(Arrays.copyOfRange(LINES, from, to))));
                }
            }
            throw new AssertionError("no artifact " + wanted.digest());
        }
    }

    /** The agent; its tasks take virtual time. */
    final class Agent
            extends Side<dev.flotilla.agent.core.Input, dev.flotilla.agent.core.Event, dev.flotilla.agent.core.Effect> {
        private ArtifactStore artifacts;
        private boolean clean = true;
        private final TreeMap<Long, Long> running = new TreeMap<>();

        Agent() {
            super(AGENT, new AgentMachine(), JournalSettings.agent().bare());
        }

        AgentCore onDisk() throws JournalFailed {
            return (AgentCore) core();
        }

        @Override
        void start() throws JournalFailed {
            try {
                artifacts = ArtifactStore.at(folder.resolve(AGENT).resolve("artifacts"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            running.clear();
            super.start();
        }

        /** The next start is one after a power cut. */
        void lostPower() {
            clean = false;
        }

        @Override
        void begin() {
            offer(new dev.flotilla.agent.core.Input.Begun("", "disk", capacity(), clean));
            clean = true;
            offer(new dev.flotilla.agent.core.Input.Connected());
            offer(new dev.flotilla.agent.core.Input.ControllerSeen(controller.startId));
        }

        private static Capacity capacity() {
            return new Capacity(
                    SLOTS,
                    0,
                    1L << 30,
                    1L << 29,
                    OptionalDouble.empty(),
                    OptionalDouble.empty(),
                    new TreeMap<>(),
                    new TreeMap<>());
        }

        private void receive(byte[] bytes) {
            try {
                Envelope envelope = EnvelopeCodec.decode(bytes);
                if (envelope instanceof Order order)
                    offer(new dev.flotilla.agent.core.Input.Ordered(order, bytes.length));
                else offer(new dev.flotilla.agent.core.Input.Greeted((Greeting) envelope));
            } catch (Malformed e) {
                throw new AssertionError(e);
            }
        }

        @Override
        void act(dev.flotilla.agent.core.Effect effect, long seq) {
            try {
                if (effect instanceof dev.flotilla.agent.core.Effect.Send e)
                    network.send(EnvelopeCodec.encode(e.envelope()), controller::receive);
                else if (effect instanceof dev.flotilla.agent.core.Effect.Start e) run(e);
                else if (effect instanceof dev.flotilla.agent.core.Effect.Kill e) running.remove(e.serial());
                else if (effect instanceof dev.flotilla.agent.core.Effect.Look e) look(e.digest());
                else if (effect instanceof dev.flotilla.agent.core.Effect.Forget e) artifacts.forget(e.digest());
                else if (effect instanceof dev.flotilla.agent.core.Effect.Store e) {
                    Order.Chunk c = e.chunk();
                    artifacts.put(c.digest(), c.offset(), c.total(), c.data().array());
                    look(c.digest());
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void look(Digest digest) {
            offer(new dev.flotilla.agent.core.Input.Stored(
                    digest, artifacts.have(digest), artifacts.size(digest).isPresent()));
        }

        private void run(dev.flotilla.agent.core.Effect.Start start) {
            String task = start.attempt().task().toString();
            if (start.attempt().task().job().value().equals("once")) {
                marks.accept("start " + task);
                int times = starts.merge(task, 1, Integer::sum);
                if (times > 1 + releases.getOrDefault(task, 0))
                    throw new AssertionError("I4: " + task + " is started " + times + " times after "
                            + releases.getOrDefault(task, 0) + " releases");
            }
            running.put(start.serial(), process);
            later(start.spec().program().delay().plusMillis(1), () -> {
                if (running.remove(start.serial()) == null) return;
                offer(new dev.flotilla.agent.core.Input.Ended(
                        start.serial(), AttemptState.FINISHED, Detail.instant(1, result(start))));
            });
        }

        private Bytes result(dev.flotilla.agent.core.Effect.Start start) {
            ProgramCall call = ProgramCall.of(start.spec().program().builtin());
            try {
                return new Bytes(Builtins.find(call.builtin())
                        .map(data(start), call, Builtin.Stop.NEVER)
                        .partial()
                        .encode());
            } catch (BadValue | IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        private ShardData data(dev.flotilla.agent.core.Effect.Start start) throws IOException {
            if (start.spec().input() instanceof dev.flotilla.model.Input.Range range)
                return Ranges.numbers(
                        range,
                        start.spec().sharding().count(),
                        start.attempt().task().index());
            byte[] bytes = start.shard() instanceof ShardInput.Inline inline
                    ? inline.bytes().array()
                    : Files.readAllBytes(artifacts.path(((ShardInput.Stored) start.shard()).digest()));
            return new ShardData.Records(
                    "lines.txt",
                    dev.flotilla.model.Input.Format.LINES,
                    List.of(),
                    bytes.length,
                    1,
                    () -> new ByteArrayInputStream(bytes));
        }
    }
}
