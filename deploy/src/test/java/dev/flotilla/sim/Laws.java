package dev.flotilla.sim;

import dev.flotilla.agent.core.Effect.Start;
import dev.flotilla.codec.SpecCodec;
import dev.flotilla.controller.core.ControllerCore;
import dev.flotilla.controller.core.Effect;
import dev.flotilla.controller.core.Event;
import dev.flotilla.controller.core.LedgerLaws;
import dev.flotilla.controller.core.View;
import dev.flotilla.core.Decision;
import dev.flotilla.link.Order;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.JobId;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Spec;
import dev.flotilla.model.TaskId;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.program.Partial;
import dev.flotilla.program.ShardData;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The onlooker: keeps a record of its own of what was placed, counted, permitted and started, works out every value itself, and says which law
 * of PROTOCOL section 11 is broken.
 */
final class Laws {
    private static final class JobRecord {
        Spec spec;
        boolean once;
        final TreeMap<Long, DeviceId> counted = new TreeMap<>();
        Optional<Map.Entry<Optional<BigDecimal>, Long>> ended = Optional.empty();
    }

    private record Given(JobId job, long index, int attempt) {}

    private record Permit(DeviceId device, long serial, long boot) {}

    private final World world;
    private final TreeMap<JobId, JobRecord> jobs = new TreeMap<>();
    private final TreeMap<DeviceId, TreeMap<Long, Given>> given = new TreeMap<>();
    /** Of each task since it was last released: the one permit. */
    private final TreeMap<TaskId, Permit> permits = new TreeMap<>();

    private final List<Permit> permitted = new ArrayList<>();
    private final List<Permit> used = new ArrayList<>();
    /** Decided by the controller and not on disk yet, in order. */
    private final List<Event> pending = new ArrayList<>();

    private final TreeMap<String, Bytes> results = new TreeMap<>();
    private final TreeSet<String> seen = new TreeSet<>();

    Laws(World world) {
        this.world = world;
    }

    /** What happened in this history, for a test that asks whether the world is hostile enough. */
    TreeSet<String> seen() {
        return seen;
    }

    /** An envelope that is not authentic or not of the present meeting changes nothing (I14). */
    void unchanged(String who, Object heard, List<?> changes) {
        seen.add("stale envelope");
        if (!changes.isEmpty()) throw new Broken("I14", who + " acted on " + heard + ": " + changes);
    }

    /** A controller's core was born: what was pending is forgotten. */
    void reborn() {
        pending.clear();
    }

    /** What clients are told is what is counted by then (I11). */
    void decided(Decision<Event, Effect> decision) {
        for (Effect effect : decision.effects()) {
            if (effect instanceof Effect.Reply reply && reply.view() instanceof View.Result result) told(result);
        }
        pending.addAll(decision.events());
    }

    private void told(View.Result result) {
        JobId id = new JobId(result.job());
        TreeMap<Long, DeviceId> counted = new TreeMap<>();
        JobRecord record = jobs.get(id);
        if (record != null) counted.putAll(record.counted);
        Spec spec = record == null ? null : record.spec;
        for (Event event : pending) {
            if (event instanceof Event.JobSubmitted e && e.job().equals(id)) spec = e.spec();
            if (event instanceof Event.Counted e && e.job().equals(id))
                e.counts().forEach(c -> counted.put(c.index(), e.device()));
        }
        TreeMap<String, Long> by = new TreeMap<>();
        counted.values().forEach(d -> by.merge(d.value(), 1L, Long::sum));
        TreeMap<String, Long> toldBy = new TreeMap<>();
        result.coverage().devices().byDevice().forEach(d -> toldBy.put(d.device(), d.shards()));
        if (result.coverage().shardsCounted() != counted.size()
                || result.coverage().shardsTotal() != spec.sharding().count()
                || !toldBy.equals(by)) {
            throw new Broken("I11", id + " says " + result.coverage() + ", counted are " + counted);
        }
        Optional<BigDecimal> value = value(spec, counted.keySet());
        if (!result.value().equals(value)) throw new Broken("I10", id + " says " + result.value() + ", it is " + value);
        seen.add("result told");
    }

    /** These are on the controller's disk now; {@code ledger} has them. */
    void committed(List<Event> events, ControllerCore ledger) {
        pending.clear();
        TreeSet<JobId> changed = new TreeSet<>();
        for (Event event : events) {
            seen.add(event.getClass().getSimpleName());
            if (event instanceof Event.JobSubmitted e) {
                JobRecord job = new JobRecord();
                job.spec = e.spec();
                job.once = e.policy().once();
                if (jobs.put(e.job(), job) != null) throw new Broken("I1", e.job() + " was made twice");
            } else if (event instanceof Event.Placed e) {
                for (Event.Placement p : e.placements()) give(e.device(), e.job(), p, false);
            } else if (event instanceof Event.Adopted e) give(e.device(), e.job(), e.placement(), true);
            else if (event instanceof Event.Counted e) {
                for (Event.Count c : e.counts()) count(e.device(), e.job(), c);
                changed.add(e.job());
            } else if (event instanceof Event.Permitted e) permit(e);
            else if (event instanceof Event.Released e)
                e.indexes().forEach(i -> permits.remove(new TaskId(e.job(), i)));
            else if (event instanceof Event.OlderCopyFound e)
                throw new Broken("I12", "work is held since " + e.device() + " shows an older copy, and there is none");
            else if (event instanceof Event.Ended e) e.ends().forEach(end -> seen.add("ended " + end.state()));
            else if (event instanceof Event.JobEnded e) {
                jobs.get(e.job()).ended = Optional.of(ledger.proof(e.job()).orElseThrow());
                seen.add("job " + e.state());
                changed.add(e.job());
            }
        }
        for (JobId job : changed) proves(job, ledger);
        String wrong = LedgerLaws.wrong(ledger);
        if (!wrong.isEmpty())
            throw new Broken(wrong.substring(0, wrong.indexOf(':')), wrong.substring(wrong.indexOf(':') + 1));
    }

    /** No two assignments share device and serial (I13). */
    private void give(DeviceId device, JobId job, Event.Placement p, boolean adopted) {
        Given now = new Given(job, p.index(), p.attempt());
        Given before = given.computeIfAbsent(device, d -> new TreeMap<>()).put(p.serial(), now);
        if (before != null && !(adopted && before.equals(now)))
            throw new Broken("I13", device + " was given serial " + p.serial() + " for " + before + " and for " + now);
    }

    /** A result is counted once, while its job runs (I1, I3), and was given to that device (I2). */
    private void count(DeviceId device, JobId id, Event.Count c) {
        JobRecord job = jobs.get(id);
        String name = id + "/" + c.index() + "#" + c.attempt();
        if (job.ended.isPresent()) throw new Broken("I3", name + " is counted after the end");
        DeviceId before = job.counted.put(c.index(), device);
        if (before != null)
            throw new Broken("I1", name + " of " + device + " is counted, and was counted from " + before);
        if (!new Given(id, c.index(), c.attempt())
                .equals(given.getOrDefault(device, new TreeMap<>()).get(c.serial()))) {
            throw new Broken("I2", name + " is counted from " + device + ", which was never given it as " + c.serial());
        }
        if (job.once && used.stream().noneMatch(p -> p.device().equals(device) && p.serial() == c.serial()))
            throw new Broken("I4", name + " is counted, and " + device + " never started it");
        if (!c.result().equals(result(job.spec, c.index())))
            throw new Broken("I2", name + " is counted with " + c.result());
    }

    /** The value is the fold of exactly the counted tasks, in whatever order they came (I1, I10, I11). */
    private void proves(JobId id, ControllerCore ledger) {
        JobRecord job = jobs.get(id);
        Map.Entry<Optional<BigDecimal>, Long> proof = ledger.proof(id).orElseThrow();
        if (proof.getValue() != job.counted.size())
            throw new Broken("I11", id + " covers " + proof.getValue() + " tasks, counted are " + job.counted.keySet());
        Optional<BigDecimal> value = value(job.spec, job.counted.keySet());
        if (!proof.getKey().equals(value))
            throw new Broken(
                    "I10", id + " is " + proof.getKey() + ", the fold of " + job.counted.keySet() + " is " + value);
    }

    /** After the end nothing changes the answer (I3). */
    void stillTrue(ControllerCore ledger) {
        jobs.forEach((id, job) -> {
            if (job.ended.isPresent() && !job.ended.equals(ledger.proof(id)))
                throw new Broken("I3", id + " changed after its end");
            proves(id, ledger);
        });
    }

    private Optional<BigDecimal> value(Spec spec, java.util.Collection<Long> indexes) {
        if (indexes.isEmpty()) return Optional.empty();
        if (spec.program().builtin().equals("sum")) {
            BigDecimal sum = BigDecimal.ZERO;
            for (long index : indexes) {
                ShardData.Numbers n = (ShardData.Numbers) world.data(spec, index);
                sum = sum.add(BigDecimal.valueOf((n.from() + n.to() - 1) * (n.to() - n.from()) / 2));
            }
            return Optional.of(sum);
        }
        Builtin program = Builtins.find(spec.program().builtin());
        Partial all = null;
        for (long index : indexes) {
            try {
                Partial one = program.decode(result(spec, index).array());
                all = all == null ? one : all.merge(one);
            } catch (dev.flotilla.program.BadResult e) {
                throw new AssertionError(e);
            }
        }
        return all.answer().value();
    }

    /** What a device's executor gives for that shard. */
    Bytes result(Spec spec, long index) {
        return results.computeIfAbsent(SpecCodec.digest(spec) + "/" + index, k -> {
            try {
                ProgramCall call = new ProgramCall(
                        spec.program().builtin(),
                        spec.program().column(),
                        spec.program().strict(),
                        Duration.ZERO);
                return new Bytes(Builtins.find(call.builtin())
                        .map(world.data(spec, index), call, Builtin.Stop.NEVER)
                        .partial()
                        .encode());
            } catch (dev.flotilla.program.BadValue | java.io.IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    /** One permitted boot a task between two releases (I4). */
    private void permit(Event.Permitted e) {
        Permit now = new Permit(e.device(), e.serial(), e.boot());
        Permit before = permits.put(new TaskId(e.job(), e.index()), now);
        if (before != null)
            throw new Broken(
                    "I4", e.job() + "/" + e.index() + " has a permit for " + now + " and had one for " + before);
        permitted.add(now);
    }

    /** One-time work starts once a permit (I4), and the start is on disk by then (I5). */
    void started(DeviceId device, long boot, Start start, boolean onDisk) {
        seen.add("started");
        if (!jobs.get(start.attempt().task().job()).once) return;
        Permit by = new Permit(device, start.serial(), boot);
        if (!permitted.contains(by))
            throw new Broken("I4", device + " starts " + start.attempt() + " in boot " + boot + " without a permit");
        if (used.contains(by)) throw new Broken("I4", device + " starts " + start.attempt() + " twice with one permit");
        if (!onDisk) throw new Broken("I5", device + " starts " + start.attempt() + ", and its disk does not say so");
        used.add(by);
        seen.add("one-time work started");
    }

    /** What an order says is on disk (I5). */
    void saidTo(DeviceId device, Order order, ControllerCore ledger) {
        for (long serial : order.settled()) {
            if (LedgerLaws.holds(ledger, device, serial))
                throw new Broken("I5", device + " hears that " + serial + " is settled, and it is not on disk");
        }
        for (Order.Permit p : order.permits()) {
            if (!permitted.contains(new Permit(device, p.serial(), p.boot())))
                throw new Broken("I5", device + " hears of " + p + ", which is not on disk");
        }
        for (Order.AssignGroup group : order.assign()) {
            for (Order.Assignment a : group.assignments()) {
                Given there = given.getOrDefault(device, new TreeMap<>()).get(a.serial());
                if (!new Given(group.job(), a.index(), a.attempt()).equals(there))
                    throw new Broken("I5", device + " is assigned " + a + ", which is not on disk");
            }
        }
        if (order.settled().size() > 0) seen.add("settled");
    }

    /** Jobs that the client knows to exist. */
    boolean knows(JobId job) {
        return jobs.containsKey(job);
    }
}
