package dev.flotilla.sim;

import dev.flotilla.codec.SpecCodec;
import dev.flotilla.link.Detail;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Report;
import dev.flotilla.link.Row;
import dev.flotilla.link.RowGroup;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.TreeSet;

/** Somebody who has a device's key, and says with it, in the device's own meeting, what its agent never would. */
final class Liar {
    private final World world;
    private final AgentSide agent;
    private final Chance chance;

    Liar(World world, AgentSide agent, Chance chance) {
        this.world = world;
        this.agent = agent;
        this.chance = chance;
    }

    void lie() {
        Optional<AgentSide.Meeting> meeting = agent.meeting();
        if (meeting.isEmpty()) return;
        if (chance.is(0.1)) hello(meeting.get());
        else if (chance.is(0.5)) own(meeting.get());
        else for (int times = chance.is(0.05) ? 40 : 1; times > 0; times--) report(meeting.get(), times);
    }

    /** It has met what no controller ever was, or is another agent, or another boot; with a fresh hello its own lies begin a meeting. */
    private void hello(AgentSide.Meeting meeting) {
        long hello = chance.is(0.5) ? meeting.hello() : chance.id();
        long boot = chance.is(0.5) ? meeting.boot() : chance.id();
        if (hello != meeting.hello())
            agent.overhear(hello, greeting -> {
                for (int n = 1; n <= 5; n++) report(new AgentSide.Meeting(hello, greeting, 0, 0, boot), n);
            });
        agent.transmit(new Hello(
                Hello.VERSION,
                hello,
                boot,
                chance.is(0.5) ? "f".repeat(32) : "0123456789abcdef".repeat(2),
                chance.of(List.of(0L, 1L, 7L, 1L << 19, 1L << 40, Long.MAX_VALUE)),
                chance.of(List.of(0L, 3L, 1000L, Long.MAX_VALUE)),
                "",
                "lies"));
    }

    /** Of attempts that its device was given: wrong results, results of others' tasks, the same twice with other values, states in any order. */
    private void own(AgentSide.Meeting meeting) {
        TreeMap<Long, TreeSet<Record.Given>> given = world.laws.everGiven(agent.device);
        if (given.isEmpty()) return;
        TreeSet<Long> serials = new TreeSet<>();
        for (int i = chance.between(1, 4); i > 0; i--)
            serials.add(chance.of(List.copyOf(given.tailMap(given.lastKey() - 8).keySet())));
        for (int times = chance.between(1, 3); times > 0; times--) {
            List<RowGroup> groups = new ArrayList<>();
            for (long serial : serials) {
                Record.Given what = chance.of(List.copyOf(given.get(serial)));
                for (int again = chance.is(0.3) ? 2 : 1; again > 0; again--) groups.add(own(serial, what));
            }
            send(meeting, 4 - times, chance.is(0.2), given.lastKey(), groups);
        }
    }

    private RowGroup own(long serial, Record.Given what) {
        Scenario.JobPlan plan = world.scenario.jobs().stream()
                .filter(job -> job.id().equals(what.job()))
                .findFirst()
                .orElseThrow();
        Row row = row(plan, serial);
        boolean other = chance.is(0.2);
        long index = other ? row.index() : what.index();
        Optional<Detail> detail =
                row.state().ended() ? Optional.of(detail(plan, index, row.state())) : Optional.empty();
        return new RowGroup(
                plan.id(),
                SpecCodec.digest(plan.spec()),
                List.of(new Row(serial, row.revision(), row.state(), index, what.attempt(), detail)));
    }

    private void report(AgentSide.Meeting meeting, int more) {
        long highest = chance.of(List.of(0L, (long) chance.between(1, 60), 1L << 19, 1L << 30, Long.MAX_VALUE));
        TreeSet<Long> serials = new TreeSet<>();
        for (int i = chance.between(0, 6); i > 0; i--) serials.add(serial(highest));
        TreeMap<Integer, List<Row>> rows = new TreeMap<>();
        for (long serial : serials) {
            int job = chance.between(0, world.scenario.jobs().size() - 1);
            rows.computeIfAbsent(job, j -> new ArrayList<>())
                    .add(row(world.scenario.jobs().get(job), serial));
        }
        List<RowGroup> groups = new ArrayList<>();
        rows.forEach((job, list) -> {
            Scenario.JobPlan plan = world.scenario.jobs().get(job);
            groups.add(new RowGroup(plan.id(), SpecCodec.digest(plan.spec()), list));
        });
        send(meeting, more, chance.is(0.3), highest, groups);
    }

    private void send(AgentSide.Meeting meeting, int more, boolean full, long highest, List<RowGroup> groups) {
        agent.transmit(new Report(
                meeting.hello(),
                meeting.greeting(),
                meeting.sent() + more,
                chance.is(0.5) ? meeting.got() : chance.between(0, 100),
                full,
                full ? highest : 0,
                groups,
                chance.is(0.1)
                        ? Optional.of(new Report.Need(
                                SpecCodec.digest(world.scenario.jobs().get(0).spec()), 0))
                        : Optional.empty(),
                full || chance.is(0.2) ? Optional.of(capacity()) : Optional.empty(),
                agent.wall(),
                Duration.ofSeconds(1),
                Optional.empty()));
    }

    private long serial(long highest) {
        return chance.is(0.2) ? Math.max(1, highest - chance.between(0, 3)) : chance.between(1, 40);
    }

    private Row row(Scenario.JobPlan job, long serial) {
        long shards = job.spec().sharding().count();
        long index = chance.is(0.9) ? chance.between(0, (int) shards - 1) : shards + chance.between(0, 3);
        AttemptState state = chance.of(List.of(
                AttemptState.FINISHED,
                AttemptState.FINISHED,
                AttemptState.FINISHED,
                AttemptState.RUNNING,
                AttemptState.ASKING,
                AttemptState.ACCEPTED,
                AttemptState.FAILED,
                AttemptState.INTERRUPTED,
                AttemptState.CANCELLED));
        Optional<Detail> detail = state.ended() ? Optional.of(detail(job, index, state)) : Optional.empty();
        return new Row(serial, chance.between(1, 9), state, index, chance.between(1, 4), detail);
    }

    private Detail detail(Scenario.JobPlan job, long index, AttemptState state) {
        if (state != AttemptState.FINISHED)
            return Detail.error(chance.is(0.2) ? "e".repeat(Limits.ERROR_TEXT) : "lie: \u001b[31mred\n");
        long other = chance.is(0.5) ? index : 0;
        Bytes result = chance.is(0.2) || other >= job.spec().sharding().count()
                ? new Bytes(new byte[] {1, 2, 3})
                : world.laws.result(job.spec(), other);
        return new Detail(Duration.ofDays(chance.between(0, 100)), Duration.ZERO, 1, Optional.of(result), "");
    }

    private Capacity capacity() {
        return new Capacity(
                chance.of(List.of(1, 3, 1024)),
                chance.of(List.of(0.0, 1e5)),
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                OptionalDouble.empty(),
                OptionalDouble.of(1e14),
                new TreeMap<>(),
                new TreeMap<>());
    }
}
