package dev.flotilla.sim;

import dev.flotilla.agent.core.Effect.Start;
import dev.flotilla.codec.SpecCodec;
import dev.flotilla.controller.core.ControllerCore;
import dev.flotilla.controller.core.Effect;
import dev.flotilla.controller.core.Event;
import dev.flotilla.controller.core.LedgerLaws;
import dev.flotilla.controller.core.View;
import dev.flotilla.core.Decision;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Order;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.JobId;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Spec;
import dev.flotilla.model.TaskId;
import dev.flotilla.program.BadResult;
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
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The onlooker: says which law of PROTOCOL section 11 is broken. It has two memories. What the controller's journal tells is a {@link Record},
 * and goes back with it when the controller becomes an older copy of itself. What happened in the world (what was given, permitted, started)
 * it never forgets.
 *
 * <p>Where a law has an exception, PROTOCOL says so; the sentence stands beside it here, and it holds for no other task and no other device.
 */
final class Laws {
    /** Whole ledgers are looked through at each so many commits; between them, the jobs that a commit touches. */
    private static final int WHOLE_EACH = 32;

    private record Permit(DeviceId device, long serial, long boot) {}

    /** A permit and the commit that has it. */
    private record Permitted(Permit permit, long seq) {}

    private record Committed(long seq, List<Event> events) {}

    private final World world;

    /** The controller's journal, as the onlooker saw it grow. */
    private final List<Committed> journal = new ArrayList<>();

    private Record record = new Record();
    /** Decided by the controller and not on disk yet, in order. */
    private final List<Event> pending = new ArrayList<>();

    /** For each time that the controller became an older copy: its last commit then. */
    private final List<Long> rollbacks = new ArrayList<>();
    /** The controller knows by now that it is an older copy. */
    private boolean knows = true;
    /** Commits by which the controller knows that it is an older copy: in which life of the journal each was made. */
    private final TreeMap<Long, Integer> found = new TreeMap<>();
    /** In which life of the journal a term began: all its commits are of that life. */
    private final TreeMap<Long, Integer> begun = new TreeMap<>();
    /** Hellos that tell of a commit: which, and in which life of the journal. */
    private final TreeMap<Long, long[]> hellos = new TreeMap<>();

    /** All that any controller ever gave to a device. */
    private final TreeMap<DeviceId, TreeMap<Long, TreeSet<Record.Given>>> everGiven = new TreeMap<>();

    private final List<Permit> everPermitted = new ArrayList<>();
    private final List<Permit> used = new ArrayList<>();
    /** Of each task since it was last released, in whatever life of the journal: the newest permit. */
    private final TreeMap<TaskId, Permitted> permits = new TreeMap<>();

    private final TreeMap<JobId, Boolean> once = new TreeMap<>();
    private final TreeMap<String, Bytes> results = new TreeMap<>();
    private final TreeMap<String, Long> met = new TreeMap<>();
    private final List<String> secrets = new ArrayList<>();
    private long commits;

    Laws(World world) {
        this.world = world;
    }

    /** This happened, for a test that asks whether the world is hostile enough. */
    void met(String what) {
        met.merge(what, 1L, Long::sum);
    }

    /** What happened in this history, and how often. */
    SortedMap<String, Long> met() {
        return met;
    }

    /** A text that nobody may ever read (I19). */
    void secret(String text) {
        secrets.add(text);
    }

    /** What goes to a log or to a client. */
    void noSecret(String text) {
        for (String secret : secrets)
            if (text.contains(secret)) throw new Broken("I19", "a link key stands in " + text);
    }

    /** An envelope that is not authentic or not of the present meeting changes nothing (I14). */
    void unchanged(String who, Object heard, List<?> changes) {
        met("stale envelope");
        if (!changes.isEmpty()) throw new Broken("I14", who + " acted on " + heard + ": " + changes);
    }

    /** How often the controller has become an older copy of itself. */
    private int life() {
        return rollbacks.size();
    }

    /** An agent's hello tells of the highest commit that it has met. */
    void hello(Hello hello) {
        Integer life = begun.get(hello.term());
        if (life != null) hellos.put(hello.hello(), new long[] {life, hello.seq()});
    }

    /**
     * A meeting begins. A controller that was brought back by copying its disk "knows it only when a device tells" (section 12): here one may
     * tell, and then it must know.
     */
    void meets(long hello, Decision<Event, Effect> decision) {
        long[] tells = hellos.get(hello);
        if (tells == null) return;
        int lost = (int) tells[0];
        while (lost < rollbacks.size() && tells[1] <= rollbacks.get(lost)) lost++;
        if (lost == rollbacks.size()) return;
        met("older copy told");
        boolean knowsNow =
                lost < found.values().stream().mapToInt(Integer::intValue).max().orElse(0)
                        || Stream.concat(pending.stream(), decision.events().stream())
                                .anyMatch(e -> e instanceof Event.OlderCopyFound);
        if (!knowsNow)
            throw new Broken(
                    "I4",
                    "a device tells of commit " + tells[1] + ", which the controller's journal has lost, in vain");
    }

    /** The controller's disk is an older copy now. */
    void rolledBack(long seq, ControllerCore ledger) {
        rollbacks.add(seq);
        found.tailMap(seq, false).clear();
        knows = false;
        while (!journal.isEmpty() && journal.get(journal.size() - 1).seq() > seq) journal.remove(journal.size() - 1);
        Record again = new Record();
        for (Committed c : journal) for (Event event : c.events()) again.apply(event);
        for (JobId job : again.jobs.keySet())
            if (again.jobs.get(job).over) again.jobs.get(job).ended = ledger.proof(job);
        record = again;
        met("controller is an older copy");
    }

    /** A controller's core was born: what was pending is forgotten. */
    void reborn() {
        pending.clear();
    }

    /** What clients are told is what is counted by then (I11); nobody holds more than its window (I8, I16). */
    void decided(Decision<Event, Effect> decision, ControllerCore core) {
        for (Event event : decision.events()) {
            if (event instanceof Event.Placed e) {
                String wrong = LedgerLaws.window(core, e.device());
                if (!wrong.isEmpty()) throw new Broken("I16", wrong);
            }
        }
        for (Effect effect : decision.effects()) {
            if (effect instanceof Effect.Reply reply && reply.view() instanceof View.Result result) told(result);
        }
        pending.addAll(decision.events());
        String wrong = LedgerLaws.bounded(core);
        if (!wrong.isEmpty()) throw new Broken("I8", wrong);
    }

    private void told(View.Result result) {
        JobId id = new JobId(result.job());
        TreeMap<Long, Record.Count> counted = new TreeMap<>();
        Record.Job job = record.jobs.get(id);
        if (job != null) counted.putAll(job.counted);
        Spec spec = job == null ? null : job.spec;
        for (Event event : pending) {
            if (event instanceof Event.JobSubmitted e && e.job().equals(id)) spec = e.spec();
            if (event instanceof Event.Counted e && e.job().equals(id))
                e.counts().forEach(c -> counted.put(c.index(), new Record.Count(e.device(), c.result())));
        }
        TreeMap<String, Long> by = new TreeMap<>();
        counted.values().forEach(c -> by.merge(c.device().value(), 1L, Long::sum));
        TreeMap<String, Long> toldBy = new TreeMap<>();
        result.coverage().devices().byDevice().forEach(d -> toldBy.put(d.device(), d.shards()));
        if (result.coverage().shardsCounted() != counted.size()
                || result.coverage().shardsTotal() != spec.sharding().count()
                || !toldBy.equals(by)) {
            throw new Broken("I11", id + " says " + result.coverage() + ", counted are " + counted.keySet());
        }
        Optional<BigDecimal> value = value(spec, counted);
        if (!result.value().equals(value)) throw new Broken("I10", id + " says " + result.value() + ", it is " + value);
        met("result told");
    }

    /** These are on the controller's disk now; {@code ledger} has them. */
    void committed(long seq, List<Event> events, ControllerCore ledger) {
        pending.clear();
        TreeSet<JobId> touched = new TreeSet<>();
        TreeSet<JobId> counted = new TreeSet<>();
        for (Event event : events) {
            met(event.getClass().getSimpleName());
            if (event instanceof Event.JobSubmitted e) {
                once.put(e.job(), e.policy().once());
                touched.add(e.job());
                handedInAnew(e.job(), seq);
            } else if (event instanceof Event.Placed e) {
                for (Event.Placement p : e.placements()) give(e.device(), e.job(), p, false);
                touched.add(e.job());
            } else if (event instanceof Event.Adopted e) {
                adopt(e);
                touched.add(e.job());
            } else if (event instanceof Event.Counted e) {
                for (Event.Count c : e.counts()) count(e.device(), e.job(), c);
                counted.add(e.job());
                touched.add(e.job());
            } else if (event instanceof Event.Permitted e) permit(e, seq);
            else if (event instanceof Event.Released e) {
                e.indexes().forEach(i -> permits.remove(new TaskId(e.job(), i)));
                touched.add(e.job());
            } else if (event instanceof Event.Held e) {
                held(new TaskId(e.job(), e.index()), e.why());
                touched.add(e.job());
            } else if (event instanceof Event.Ended e) {
                e.ends().forEach(end -> met("ended " + end.state()));
                touched.add(e.job());
            } else if (event instanceof Event.RestReleased e) {
                permits.keySet().removeIf(t -> t.job().equals(e.job()) && record.permits.get(t) == null);
                touched.add(e.job());
            } else if (event instanceof Event.OlderCopyFound e) {
                if (rollbacks.isEmpty() && !world.hostile(e.device()))
                    throw new Broken(
                            "I12", "work is held as " + e.device() + " shows an older copy, and there is none");
                begun.put(e.term(), life());
                knows = true;
                found.put(seq, life());
            } else if (event instanceof Event.Restored e) {
                begun.put(e.term(), life());
                knows = true;
                found.put(seq, life());
            } else if (event instanceof Event.Started e) {
                begun.put(e.term(), life());
            } else if (event instanceof Event.JobEnded e) met("job " + e.state());
            else if (event instanceof Event.JobRemoved e) {
                if (!record.jobs.get(e.job()).over) throw new Broken("I3", e.job() + " is removed while it runs");
                touched.remove(e.job());
                counted.remove(e.job());
            }
            record.apply(event);
            if (event instanceof Event.JobEnded e) record.jobs.get(e.job()).ended = ledger.proof(e.job());
        }
        journal.add(new Committed(seq, events));
        for (JobId job : counted) proves(job, ledger);
        String wrong = ++commits % WHOLE_EACH == 0 ? LedgerLaws.wrong(ledger) : LedgerLaws.wrong(ledger, touched);
        if (!wrong.isEmpty())
            throw new Broken(wrong.substring(0, wrong.indexOf(':')), wrong.substring(wrong.indexOf(':') + 1));
    }

    /**
     * A controller that is an older copy may have forgotten a job that was answered (section 12); whoever hands it in anew wants its tasks to
     * run anew, and what was permitted of the forgotten one does not count.
     */
    private void handedInAnew(JobId job, long seq) {
        if (knows(job)) throw new Broken("I1", job + " was made twice");
        permits.keySet().removeIf(task -> task.job().equals(job));
    }

    /** A task waits for the operator, while somebody has a permit for it. What was decided on is not asked for again (I12). */
    private void held(TaskId task, String why) {
        boolean unclear = !rollbacks.isEmpty() || world.agents().stream().anyMatch(agent -> agent.hostile);
        if (!unclear && !record.permits.containsKey(task))
            throw new Broken("I12", task + " is held though nobody has a permit for it: " + why);
    }

    /** No two assignments share device and serial (I13). */
    private void give(DeviceId device, JobId job, Event.Placement p, boolean adopted) {
        Record.Given now = new Record.Given(job, p.index(), p.attempt());
        Record.Given before = record.given.getOrDefault(device, new TreeMap<>()).get(p.serial());
        if (before != null && !(adopted && before.equals(now)))
            throw new Broken("I13", device + " was given serial " + p.serial() + " for " + before + " and for " + now);
        everGiven
                .computeIfAbsent(device, d -> new TreeMap<>())
                .computeIfAbsent(p.serial(), s -> new TreeSet<>())
                .add(now);
    }

    private boolean wasGiven(DeviceId device, long serial, Record.Given what) {
        return everGiven
                .getOrDefault(device, new TreeMap<>())
                .getOrDefault(serial, new TreeSet<>())
                .contains(what);
    }

    /** What a device works on is taken over if some controller gave it to that device. */
    private void adopt(Event.Adopted e) {
        Record.Given what =
                new Record.Given(e.job(), e.placement().index(), e.placement().attempt());
        if (!wasGiven(e.device(), e.placement().serial(), what))
            forged(e.device(), e.placement().serial(), what);
        give(e.device(), e.job(), e.placement(), true);
    }

    /** A result is counted once, while its job runs (I1, I3), and some controller gave it to that device (I2, I17). */
    private void count(DeviceId device, JobId id, Event.Count c) {
        Record.Job job = record.jobs.get(id);
        String name = id + "/" + c.index() + "#" + c.attempt();
        if (job.over) throw new Broken("I3", name + " is counted after the end");
        Record.Count before = job.counted.get(c.index());
        if (before != null)
            throw new Broken("I1", name + " of " + device + " is counted, and was counted from " + before.device());
        Record.Given what = new Record.Given(id, c.index(), c.attempt());
        if (!wasGiven(device, c.serial(), what)) forged(device, c.serial(), what);
        boolean everStarted = used.stream().anyMatch(p -> p.device().equals(device) && p.serial() == c.serial());
        if (once.get(id) && !everStarted && !world.hostile(device))
            throw new Broken("I4", name + " is counted, and " + device + " never started it");
        // "A device can lie about its own results" (section 12): of one whose key somebody else has, anything readable
        // counts.
        boolean lie = !c.result().equals(result(job.spec, c.index()));
        if (lie && !world.hostile(device)) throw new Broken("I2", name + " is counted with " + c.result());
        if (lie) met("a device lied about its own result");
    }

    /**
     * A device tells of what it was never given. Whoever has a device's key can make the controller believe that its journal is an older copy;
     * serials that it then brings may be of the part that was lost, but never of what another device holds (section 12).
     */
    private void forged(DeviceId device, long serial, Record.Given what) {
        // a liar may number the attempt that it was given as it likes
        boolean itsOwn = everGiven.getOrDefault(device, new TreeMap<>()).getOrDefault(serial, new TreeSet<>()).stream()
                .anyMatch(g -> g.job().equals(what.job()) && g.index() == what.index());
        if (world.hostile(device) && itsOwn) return;
        boolean pretended = world.hostile(device) && record.lacking(device, serial);
        if (!pretended)
            throw new Broken("I17", device + " was never given " + what + " as " + serial + ", and is believed");
        if (record.heldElsewhere(device, what))
            throw new Broken("I17", device + " is believed of " + what + ", which another device holds");
        met("believed of an older copy");
    }

    /** The value is the fold of exactly the counted tasks, in whatever order they came (I1, I10, I11). */
    private void proves(JobId id, ControllerCore ledger) {
        Record.Job job = record.jobs.get(id);
        Map.Entry<Optional<BigDecimal>, Long> proof = ledger.proof(id).orElseThrow();
        if (proof.getValue() != job.counted.size())
            throw new Broken("I11", id + " covers " + proof.getValue() + " tasks, counted are " + job.counted.keySet());
        Optional<BigDecimal> value = value(job.spec, job.counted);
        if (!proof.getKey().equals(value))
            throw new Broken(
                    "I10", id + " is " + proof.getKey() + ", the fold of " + job.counted.keySet() + " is " + value);
    }

    /** After the end nothing changes the answer (I3); the whole ledger is as it must be. */
    void stillTrue(ControllerCore ledger) {
        record.jobs.forEach((id, job) -> {
            if (job.over && !job.ended.equals(ledger.proof(id))) throw new Broken("I3", id + " changed after its end");
            proves(id, ledger);
        });
        String wrong = LedgerLaws.wrong(ledger);
        if (!wrong.isEmpty())
            throw new Broken(wrong.substring(0, wrong.indexOf(':')), wrong.substring(wrong.indexOf(':') + 1));
    }

    private Optional<BigDecimal> value(Spec spec, TreeMap<Long, Record.Count> counted) {
        if (counted.isEmpty()) return Optional.empty();
        Builtin program = Builtins.find(spec.program().builtin());
        Partial all = null;
        for (Record.Count count : counted.values()) {
            try {
                Partial one = program.decode(count.result().array());
                all = all == null ? one : all.merge(one);
            } catch (BadResult e) {
                throw new Broken("I2", "a result was counted that nobody can read: " + e.getMessage());
            }
        }
        return all.answer().value();
    }

    /** What a device's executor gives for that shard; a sum by Gauss's formula, so that the program itself is checked too. */
    Bytes result(Spec spec, long index) {
        return results.computeIfAbsent(SpecCodec.digest(spec) + "/" + index, k -> {
            try {
                ProgramCall call = new ProgramCall(
                        spec.program().builtin(),
                        spec.program().column(),
                        spec.program().strict(),
                        Duration.ZERO);
                ShardData data = world.data(spec, index);
                Partial partial = Builtins.find(call.builtin())
                        .map(data, call, Builtin.Stop.NEVER)
                        .partial();
                if (call.builtin().equals("sum") && data instanceof ShardData.Numbers n) {
                    BigDecimal sum = BigDecimal.valueOf((n.from() + n.to() - 1) * (n.to() - n.from()) / 2);
                    if (!partial.answer().value().equals(Optional.of(sum)))
                        throw new Broken("I10", "the sum of " + n + " is not " + sum);
                }
                return new Bytes(partial.encode());
            } catch (dev.flotilla.program.BadValue | java.io.IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    /**
     * One permitted boot a task between two releases (I4). A controller that is an older copy "may until then permit one-time work again"
     * (section 12): a task whose permit its journal has lost, and not once it knows.
     */
    private void permit(Event.Permitted e, long seq) {
        TaskId task = new TaskId(e.job(), e.index());
        Permit now = new Permit(e.device(), e.serial(), e.boot());
        Permitted before = permits.put(task, new Permitted(now, seq));
        boolean excused = before != null && !knows && record.permits.get(task) == null;
        if (before != null && !excused)
            throw new Broken("I4", task + " has a permit for " + now + " and had one for " + before.permit());
        if (excused) met("permitted again by an older copy");
        everPermitted.add(now);
    }

    /** One-time work starts once a permit (I4), and the start is on disk by then (I5). */
    void started(DeviceId device, long boot, Start start, boolean onDisk) {
        met("started");
        if (!once.get(start.attempt().task().job())) return;
        Permit by = new Permit(device, start.serial(), boot);
        if (!everPermitted.contains(by))
            throw new Broken("I4", device + " starts " + start.attempt() + " in boot " + boot + " without a permit");
        if (used.contains(by)) throw new Broken("I4", device + " starts " + start.attempt() + " twice with one permit");
        if (!onDisk) throw new Broken("I5", device + " starts " + start.attempt() + ", and its disk does not say so");
        used.add(by);
        met("one-time work started");
    }

    /** What an order says is on disk (I5). */
    void saidTo(DeviceId device, Order order, ControllerCore ledger) {
        for (long serial : order.settled()) {
            if (LedgerLaws.holds(ledger, device, serial))
                throw new Broken("I5", device + " hears that " + serial + " is settled, and it is not on disk");
        }
        for (Order.Permit p : order.permits()) {
            if (!record.everPermitted.contains(device + " " + p.serial() + " " + p.boot()))
                throw new Broken("I5", device + " hears of " + p + ", which is not on disk");
        }
        for (Order.AssignGroup group : order.assign()) {
            for (Order.Assignment a : group.assignments()) {
                Record.Given there =
                        record.given.getOrDefault(device, new TreeMap<>()).get(a.serial());
                if (!new Record.Given(group.job(), a.index(), a.attempt()).equals(there))
                    throw new Broken("I5", device + " is assigned " + a + ", which is not on disk");
            }
        }
        if (order.settled().size() > 0) met("settled");
    }

    /** The job is on the controller's disk, or was and has been removed. */
    boolean knows(JobId job) {
        return record.jobs.containsKey(job) || removed(job);
    }

    boolean removed(JobId job) {
        return record.removed.contains(job);
    }

    /** The commit that has the oldest job which is not removed. */
    OptionalLong oldestKept() {
        return journal.stream()
                .filter(c -> c.events().stream()
                        .anyMatch(e -> e instanceof Event.JobSubmitted s && record.jobs.containsKey(s.job())))
                .mapToLong(Committed::seq)
                .findFirst();
    }

    /** What any controller ever gave to that device, by serial. */
    TreeMap<Long, TreeSet<Record.Given>> everGiven(DeviceId device) {
        return everGiven.getOrDefault(device, new TreeMap<>());
    }
}
