package dev.flotilla.controller.core;

import dev.flotilla.codec.SpecCodec;
import dev.flotilla.core.Decision;
import dev.flotilla.core.Dice;
import dev.flotilla.core.Moment;
import dev.flotilla.core.Stamped;
import dev.flotilla.link.Detail;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Order;
import dev.flotilla.link.Report;
import dev.flotilla.link.Row;
import dev.flotilla.link.RowGroup;
import dev.flotilla.model.AttemptId;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Policy;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spans;
import dev.flotilla.model.Spec;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.shard.Ranges;
import dev.flotilla.shard.ShardPlan;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;

/** A history of one controller, told in short words; devices answer as honest agents would, when they are told to. */
final class ControllerHistory {
    static final FleetName FLEET = new FleetName("test");
    private static final Instant WALL = Instant.parse("2026-11-24T00:00:00Z");

    /** What one device has been told, and says. */
    static final class Device {
        final DeviceId id;
        long hello;
        long greeting;
        long boot = 1;
        String machine = "";
        long out;
        long in;
        long highest;
        String agentId = "a".repeat(32);
        /** The highest commit that it has met, as its hello tells. */
        long term;

        long seq;
        /** What its next reports bring of kept results. */
        Optional<Report.Kept> kept = Optional.empty();

        OptionalLong keptWanted = OptionalLong.empty();
        final TreeMap<Long, Order.AssignGroup> groups = new TreeMap<>();
        final TreeMap<Long, Order.Assignment> assigned = new TreeMap<>();
        final List<Long> settled = new ArrayList<>();
        final List<Long> cancelled = new ArrayList<>();
        final List<Order.Permit> permits = new ArrayList<>();

        Device(DeviceId id) {
            this.id = id;
        }

        long serial(String attempt) {
            AttemptId a = AttemptId.parse(attempt);
            for (var e : assigned.entrySet()) {
                if (groups.get(e.getKey()).job().equals(a.task().job())
                        && e.getValue().index() == a.task().index()
                        && e.getValue().attempt() == a.number()) return e.getKey();
            }
            throw new AssertionError(id + " was never given " + attempt + ", only " + assigned.values());
        }
    }

    final FleetName fleet = FLEET;
    ControllerCore core = new ControllerCore(FLEET);
    final List<Event> journal = new ArrayList<>();
    final TreeMap<DeviceId, Device> devices = new TreeMap<>();
    private Moment now = new Moment(0);
    private long seed = 1;
    private long requests;

    static ControllerHistory given() {
        ControllerHistory history = new ControllerHistory();
        history.decide(new Input.Begun(0));
        return history;
    }

    ControllerHistory at(String time) {
        Duration span = Spans.parse(time);
        Moment target = new Moment(span.toNanos());
        while (core.wakeAt().isPresent() && core.wakeAt().get().isBefore(target)) {
            if (now.isBefore(core.wakeAt().get())) now = core.wakeAt().get();
            decide(new Input.Ticked());
        }
        now = target;
        decide(new Input.Ticked());
        return this;
    }

    Decision<Event, Effect> decide(Input input) {
        Decision<Event, Effect> decision = core.decide(new Stamped<>(now, new Dice(seed++), input));
        journal.addAll(decision.events());
        for (Effect effect : decision.effects()) {
            if (effect instanceof Effect.SendGreeting e)
                device(e.device().value()).greeting = e.greeting().greeting();
            if (effect instanceof Effect.SendOrder e) took(device(e.device().value()), e.order());
        }
        return decision;
    }

    private static void took(Device device, Order order) {
        device.in = order.n();
        device.settled.addAll(order.settled());
        device.cancelled.addAll(order.cancel());
        device.permits.addAll(order.permits());
        device.keptWanted = order.wantKept();
        if (device.term != 0 && order.term() > device.term) {
            device.term = order.term();
            device.seq = 0;
        }
        for (Order.AssignGroup group : order.assign()) {
            for (Order.Assignment a : group.assignments()) {
                device.assigned.put(a.serial(), a);
                device.groups.put(a.serial(), group);
                device.highest = Math.max(device.highest, a.serial());
            }
        }
    }

    Device device(String id) {
        return devices.computeIfAbsent(new DeviceId(id), Device::new);
    }

    static Capacity slots(int n) {
        return new Capacity(
                n,
                0,
                1L << 30,
                1L << 29,
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                new TreeMap<>(),
                new TreeMap<>());
    }

    static Capacity labelled(int n, String label, String value) {
        TreeMap<String, String> labels = new TreeMap<>();
        labels.put(label, value);
        return new Capacity(
                n, 0, 1L << 30, 1L << 29, OptionalDouble.empty(), OptionalDouble.empty(), new TreeMap<>(), labels);
    }

    /** Hello, greeting, full report with these rows. */
    Decision<Event, Effect> met(String id, Capacity capacity, RowGroup... rows) {
        Device device = device(id);
        device.hello = 1000 + seed;
        decide(new Input.Greeted(
                device.id,
                new Hello(
                        1, device.hello, device.boot, device.agentId, device.term, device.seq, device.machine, "0.1.0"),
                0));
        device.out = 0;
        device.in = 0;
        return decide(new Input.Reported(device.id, report(device, true, Optional.of(capacity), rows), 100));
    }

    ControllerHistory meets(String id, Capacity capacity, RowGroup... rows) {
        met(id, capacity, rows);
        return this;
    }

    Report report(Device device, boolean full, Optional<Capacity> capacity, RowGroup... rows) {
        return new Report(
                device.hello,
                device.greeting,
                ++device.out,
                device.in,
                full,
                full ? device.highest : 0,
                List.of(rows),
                Optional.empty(),
                capacity,
                WALL,
                Duration.ofSeconds(1),
                device.kept);
    }

    Decision<Event, Effect> reports(String id, RowGroup... rows) {
        Device device = device(id);
        return decide(new Input.Reported(device.id, report(device, false, Optional.empty(), rows), 100));
    }

    /** An empty report. */
    ControllerHistory beats(String id) {
        reports(id);
        return this;
    }

    static Policy policy(String lostAfter, boolean once, int attempts) {
        return new Policy(
                "least-loaded",
                new TreeMap<>(),
                List.of(),
                once,
                attempts,
                Spans.parse(lostAfter),
                Optional.empty(),
                Optional.empty(),
                dev.flotilla.model.Percent.ALL);
    }

    static Spec spec(long shards) {
        return new Spec(new dev.flotilla.model.Input.Range(0, 100), Sharding.range(shards), ProgramCall.of("sum"));
    }

    Decision<Event, Effect> submit(String job, Spec spec, Policy policy) {
        return decide(new Input.Submitted(
                ++requests,
                new JobId(job),
                "",
                spec,
                policy,
                ShardPlan.COMPUTED,
                List.of(),
                WALL,
                journal.size(),
                false));
    }

    ControllerHistory submitted(String job, long shards, String lostAfter) {
        submit(job, spec(shards), policy(lostAfter, false, 3));
        return this;
    }

    ControllerHistory submittedOnce(String job, long shards, String lostAfter) {
        submit(job, spec(shards), policy(lostAfter, true, 3));
        return this;
    }

    /** A row of an attempt that the device was given. */
    RowGroup row(String device, String attempt, AttemptState state, long revision, Optional<Detail> detail) {
        Device d = device(device);
        long serial = d.serial(attempt);
        Order.AssignGroup group = d.groups.get(serial);
        Order.Assignment a = d.assigned.get(serial);
        return new RowGroup(
                group.job(), group.spec(), List.of(new Row(serial, revision, state, a.index(), a.attempt(), detail)));
    }

    RowGroup accepted(String device, String attempt) {
        return row(device, attempt, AttemptState.ACCEPTED, 1, Optional.empty());
    }

    RowGroup running(String device, String attempt) {
        return row(device, attempt, AttemptState.RUNNING, 2, Optional.empty());
    }

    RowGroup asking(String device, String attempt) {
        return row(device, attempt, AttemptState.ASKING, 2, Optional.empty());
    }

    RowGroup finished(String device, String attempt) {
        return row(
                device,
                attempt,
                AttemptState.FINISHED,
                3,
                Optional.of(Detail.instant(
                        1,
                        result(
                                AttemptId.parse(attempt).task().index(),
                                spec(core.ledger()
                                        .jobs
                                        .get(AttemptId.parse(attempt).task().job())
                                        .shards())))));
    }

    RowGroup ended(String device, String attempt, AttemptState state, String error) {
        return row(device, attempt, state, 3, Optional.of(Detail.error(error)));
    }

    /** A row that this controller never asked for, as after a restore. */
    static RowGroup foreign(String job, Spec spec, long serial, long index, int attempt, AttemptState state) {
        Optional<Detail> detail =
                state == AttemptState.FINISHED ? Optional.of(Detail.instant(1, result(index, spec))) : Optional.empty();
        return new RowGroup(
                new JobId(job), SpecCodec.digest(spec), List.of(new Row(serial, 2, state, index, attempt, detail)));
    }

    static Bytes result(long index, Spec spec) {
        try {
            Builtin program = Builtins.find(spec.program().builtin());
            return new Bytes(program.map(
                            Ranges.numbers(
                                    (dev.flotilla.model.Input.Range) spec.input(),
                                    spec.sharding().count(),
                                    index),
                            spec.program(),
                            Builtin.Stop.NEVER)
                    .partial()
                    .encode());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    View.Result result(String job) {
        Decision<Event, Effect> decision = decide(new Input.Asked(++requests, new Input.Query.Result(job), WALL));
        for (Effect effect : decision.effects())
            if (effect instanceof Effect.Reply reply && reply.view() instanceof View.Result result) return result;
        throw new AssertionError("no result: " + decision.effects());
    }

    /** Another core, from the journal alone. */
    ControllerHistory restarted() {
        ControllerCore fresh = new ControllerCore(FLEET);
        for (Event event : EventCodec.read(EventCodec.write(journal))) fresh.apply(event);
        core = fresh;
        decide(new Input.Begun(journal.size()));
        return this;
    }

    /** The journal as it was then, put back by {@code controller restore} or by a mere copy, and started. */
    ControllerHistory backTo(int events, boolean byRestore) {
        journal.subList(events, journal.size()).clear();
        ControllerCore older = new ControllerCore(FLEET);
        for (Event event : EventCodec.read(EventCodec.write(journal))) older.apply(event);
        core = older;
        if (byRestore) decide(new Input.Restored());
        decide(new Input.Begun(journal.size()));
        return this;
    }

    /** The device has met a commit that is to be lost. */
    ControllerHistory hasMet(String id, long seq) {
        device(id).term = core.ledger().term;
        device(id).seq = seq;
        return this;
    }

    /** The device answers with results that it kept: serial, task index. */
    Decision<Event, Effect> keeps(String id, String job, Spec spec, boolean more, long... serialsAndIndexes) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < serialsAndIndexes.length; i += 2) {
            Detail detail = Detail.instant(1, result(serialsAndIndexes[i + 1], spec));
            rows.add(new Row(
                    serialsAndIndexes[i], 1, AttemptState.FINISHED, serialsAndIndexes[i + 1], 1, Optional.of(detail)));
        }
        Device device = device(id);
        device.kept = Optional.of(new Report.Kept(
                device.keptWanted.orElseThrow(),
                rows.isEmpty() ? List.of() : List.of(new RowGroup(new JobId(job), SpecCodec.digest(spec), rows)),
                more));
        try {
            return reports(id);
        } finally {
            device.kept = Optional.empty();
        }
    }

    View ask(Input.Query query) {
        for (Effect effect : decide(new Input.Asked(++requests, query, WALL)).effects())
            if (effect instanceof Effect.Reply reply) return reply.view();
        throw new AssertionError("no reply");
    }

    Decision<Event, Effect> release(String job, OptionalLong index, boolean again) {
        return decide(new Input.ReleaseAsked(++requests, job, index, again));
    }

    List<Class<?>> kinds(Decision<Event, Effect> decision) {
        List<Class<?>> kinds = new ArrayList<>();
        for (Event event : decision.events()) kinds.add(event.getClass());
        return kinds;
    }
}
