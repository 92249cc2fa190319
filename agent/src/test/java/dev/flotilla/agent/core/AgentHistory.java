package dev.flotilla.agent.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.codec.EnvelopeCodec;
import dev.flotilla.codec.SpecCodec;
import dev.flotilla.core.Decision;
import dev.flotilla.core.Dice;
import dev.flotilla.core.Durability;
import dev.flotilla.core.Moment;
import dev.flotilla.core.Stamped;
import dev.flotilla.link.Detail;
import dev.flotilla.link.Envelope;
import dev.flotilla.link.Greeting;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Order;
import dev.flotilla.link.Report;
import dev.flotilla.link.Row;
import dev.flotilla.link.RowGroup;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spans;
import dev.flotilla.model.Spec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;

/** A history of one agent, told in short words. Its journal commits as the loop does; whatever it says travels in bytes. */
final class AgentHistory {
    static final JobId JOB = new JobId("job");
    private final AgentMachine machine = new AgentMachine();
    private final List<byte[]> committed = new ArrayList<>();
    private final List<Event> pending = new ArrayList<>();
    private final Capacity capacity;
    private long seed = 1;
    private long orders;
    AgentCore core = new AgentCore();
    Moment now = new Moment(0);
    final List<Envelope> said = new ArrayList<>();
    final List<Effect.Start> started = new ArrayList<>();
    final List<Long> killed = new ArrayList<>();
    final List<Effect> disk = new ArrayList<>();
    /** What was needed on disk at each start. */
    final List<java.util.SortedSet<Digest>> needed = new ArrayList<>();

    long greeting = 7000;

    private AgentHistory(Capacity capacity) {
        this.capacity = capacity;
    }

    static AgentHistory given(int slots) {
        AgentHistory history = new AgentHistory(slots(slots));
        history.begins(true);
        return history;
    }

    /** With a beat of its own while it holds no work. */
    static AgentHistory given(int slots, String beat) {
        AgentHistory history = new AgentHistory(slots(slots));
        history.decide(new Input.Begun("machine", "0.1.0", history.capacity, true, Spans.parse(beat)));
        return history;
    }

    private void begins(boolean clean) {
        decide(new Input.Begun("machine", "0.1.0", capacity, clean));
    }

    static Capacity slots(int n) {
        return capacity(n, 0, 1 << 30);
    }

    static Capacity capacity(int slots, double load, long free) {
        return new Capacity(
                slots,
                load,
                1L << 31,
                free,
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                new TreeMap<>(),
                new TreeMap<>());
    }

    /** Which says that of itself. */
    static Capacity fact(int slots, String name, String value) {
        Capacity c = slots(slots);
        return new Capacity(
                c.slots(),
                c.load(),
                c.memTotal(),
                c.memFree(),
                c.celsius(),
                c.speed(),
                new TreeMap<>(Map.of(name, value)),
                c.labels());
    }

    /** On a disk with that many bytes left. */
    static Capacity onDisk(long free) {
        Capacity c = slots(1);
        return new Capacity(
                c.slots(),
                c.load(),
                c.memTotal(),
                c.memFree(),
                c.celsius(),
                c.speed(),
                c.facts(),
                c.labels(),
                Optional.of(new Capacity.Storage(free, OptionalLong.empty())));
    }

    /** Takes a fraction of a second. */
    static Spec instant() {
        return new Spec(new dev.flotilla.model.Input.Range(0, 10_000), Sharding.range(10_000), ProgramCall.of("sum"));
    }

    /** Takes a while, in the executor. */
    static Spec slow() {
        return new Spec(
                new dev.flotilla.model.Input.Range(0, 10_000),
                Sharding.range(10_000),
                new ProgramCall("nop", Optional.empty(), false, Duration.ofSeconds(10)));
    }

    static Spec table(boolean strict) {
        var file = new dev.flotilla.model.Input.Records(
                Digest.of(new byte[1]), "rain.csv", dev.flotilla.model.Input.Format.CSV, List.of("day", "mm"), 1000);
        return new Spec(file, Sharding.range(1000), new ProgramCall("sum", Optional.of("mm"), strict, Duration.ZERO));
    }

    Decision<Event, Effect> decide(Input input) {
        Decision<Event, Effect> decision = core.decide(new Stamped<>(now, new Dice(seed++), input));
        pending.addAll(decision.events());
        boolean speaks = decision.effects().stream().anyMatch(machine::speaks);
        boolean durable = decision.events().stream().anyMatch(e -> machine.durability(e) == Durability.DURABLE);
        if (durable || speaks) commit();
        for (Effect effect : decision.effects()) {
            if (effect instanceof Effect.Send e) hears(e.envelope());
            else if (effect instanceof Effect.Start e) started.add(e);
            else if (effect instanceof Effect.Kill e) killed.add(e.serial());
            else if (effect instanceof Effect.ForgetOthers e) needed.add(e.needed());
            else if (!(effect instanceof Effect.Note)) disk.add(effect);
        }
        return decision;
    }

    private void commit() {
        if (!pending.isEmpty()) committed.add(machine.encode(pending));
        pending.clear();
    }

    private void hears(Envelope envelope) {
        byte[] bytes = EnvelopeCodec.encode(envelope);
        assertTrue(bytes.length + 16 <= Limits.ENVELOPE, bytes.length + " bytes");
        assertEquals(envelope, EnvelopeCodec.decode(bytes));
        said.add(envelope);
    }

    /** Time passes; the agent is woken when it asked for it. */
    AgentHistory at(String time) {
        Moment target = new Moment(Spans.parse(time).toNanos());
        while (core.wakeAt().isPresent() && !target.isBefore(core.wakeAt().get())) {
            if (now.isBefore(core.wakeAt().get())) now = core.wakeAt().get();
            decide(new Input.Ticked());
        }
        now = target;
        return this;
    }

    /** Connects; the hello is answered; the full report that comes then is not. */
    AgentHistory greeted() {
        decide(new Input.Connected());
        at(Spans.words(
                Duration.ofNanos(now.nanos()).plusSeconds(1).truncatedTo(java.time.temporal.ChronoUnit.SECONDS)));
        return greets();
    }

    AgentHistory greets() {
        orders = 0;
        decide(new Input.Greeted(new Greeting(hello().hello(), ++greeting, 1, 0)));
        return this;
    }

    /** A meeting, its full report answered. */
    AgentHistory met() {
        greeted();
        order().send();
        return this;
    }

    /** The process stops; what is pending is committed if it stops cleanly, else lost. */
    AgentHistory restarted(boolean clean) {
        if (clean) commit();
        byte[] before = core.snapshot();
        core = replayed();
        if (clean) assertArrayEquals(before, core.snapshot(), "a replayed journal gives the same ledger (I9)");
        pending.clear();
        started.clear();
        begins(clean);
        return this;
    }

    /** A core from the journal alone, half of it by way of a snapshot. */
    AgentCore replayed() {
        AgentCore half = new AgentCore();
        int at = 0;
        for (byte[] batch : committed) {
            if (at++ == committed.size() / 2) half = (AgentCore) machine.birth(Optional.of(half.snapshot()), 0);
            machine.decode(batch).forEach(half::apply);
        }
        return half;
    }

    Hello hello() {
        for (int i = said.size() - 1; i >= 0; i--) if (said.get(i) instanceof Hello hello) return hello;
        throw new AssertionError("no hello was said");
    }

    List<Hello> hellos() {
        return said.stream()
                .filter(Hello.class::isInstance)
                .map(Hello.class::cast)
                .toList();
    }

    List<Report> reports() {
        return said.stream()
                .filter(Report.class::isInstance)
                .map(Report.class::cast)
                .toList();
    }

    Report report() {
        List<Report> reports = reports();
        return reports.get(reports.size() - 1);
    }

    /** The rows of the last report by serial. */
    TreeMap<Long, Row> rows() {
        TreeMap<Long, Row> rows = new TreeMap<>();
        for (RowGroup group : report().rows()) for (Row row : group.rows()) rows.put(row.serial(), row);
        return rows;
    }

    AttemptState state(long serial) {
        return core.attempts().get(serial);
    }

    List<Long> startedSerials() {
        return started.stream().map(Effect.Start::serial).toList();
    }

    void ended(long serial) {
        decide(new Input.Ended(serial, AttemptState.FINISHED, result(10)));
    }

    static Detail result(int bytes) {
        return new Detail(Duration.ofSeconds(1), Duration.ofMillis(1), 1, Optional.of(new Bytes(new byte[bytes])), "");
    }

    Say order() {
        return new Say();
    }

    /** An order of the present meeting that answers the last report, unless told otherwise. */
    final class Say {
        long hello = AgentHistory.this.hello().hello();
        long meeting = greeting;
        long n = orders + 1;
        long re = reports().isEmpty() ? 0 : report().n();
        Duration beat = Duration.ofMinutes(5);
        List<Long> settled = List.of();
        List<Long> cancel = List.of();
        boolean full;
        final List<Spec> specs = new ArrayList<>();
        final List<Order.AssignGroup> groups = new ArrayList<>();
        final List<Order.Permit> permits = new ArrayList<>();
        Optional<Order.Chunk> chunk = Optional.empty();
        OptionalLong kept = OptionalLong.empty();

        Say re(long value) {
            re = value;
            return this;
        }

        Say n(long value) {
            n = value;
            return this;
        }

        Say meeting(long value) {
            meeting = value;
            return this;
        }

        Say beat(String value) {
            beat = Spans.parse(value);
            return this;
        }

        Say settled(Long... serials) {
            settled = List.of(serials);
            return this;
        }

        Say settled(List<Long> serials) {
            settled = serials;
            return this;
        }

        Say cancel(Long... serials) {
            cancel = List.of(serials);
            return this;
        }

        Say wantFull() {
            full = true;
            return this;
        }

        Say wantKept(long above) {
            kept = OptionalLong.of(above);
            return this;
        }

        Say permit(long serial, long boot) {
            permits.add(new Order.Permit(serial, boot));
            return this;
        }

        Say chunk(Digest digest, long offset, long total, int length) {
            chunk = Optional.of(new Order.Chunk(digest, offset, total, new Bytes(new byte[length])));
            return this;
        }

        Say assign(Spec spec, long... serials) {
            return assign(spec, false, ShardInput.Computed.HERE, serials);
        }

        Say once(Spec spec, long... serials) {
            return assign(spec, true, ShardInput.Computed.HERE, serials);
        }

        /** Task indexes are the serials. */
        Say assign(Spec spec, boolean once, ShardInput shard, long... serials) {
            specs.add(spec);
            return assignWithoutSpec(spec, once, shard, serials);
        }

        Say assignWithoutSpec(Spec spec, boolean once, ShardInput shard, long... serials) {
            List<Order.Assignment> assignments = new ArrayList<>();
            for (long serial : serials) assignments.add(new Order.Assignment(serial, serial, 1, shard));
            groups.add(new Order.AssignGroup(JOB, SpecCodec.digest(spec), once, Duration.ZERO, assignments));
            return this;
        }

        Order order() {
            return new Order(
                    hello, meeting, n, re, 1, n, beat, settled, cancel, specs, groups, permits, full, chunk, kept);
        }

        Decision<Event, Effect> send() {
            orders = Math.max(orders, n);
            return decide(new Input.Ordered(order(), 100));
        }
    }
}
