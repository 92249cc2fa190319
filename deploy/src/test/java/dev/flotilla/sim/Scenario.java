package dev.flotilla.sim;

import dev.flotilla.model.Input;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Percent;
import dev.flotilla.model.Policy;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.shard.ShardPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a history is made of, drawn from its seed before it begins. Devices, jobs, faults and conditions are its items, numbered in that order;
 * some can be left out, and the others stay as they are.
 *
 * @param liveness    faults stop, and every job must end; else the history ends in the midst of them
 * @param weather     of the network until it clears; a condition
 * @param taskFails   share of attempts whose program fails; a condition
 * @param tuning      how the loops batch and snapshot; a condition: without it they do as shipped
 * @param resubmits   a client notices soon when the controller has forgotten its job
 * @param harm        how long things go wrong
 * @param kept        items that are not left out
 */
record Scenario(
        long seed,
        boolean liveness,
        List<DevicePlan> devices,
        List<JobPlan> jobs,
        List<Fault> faults,
        Weather weather,
        double taskFails,
        Tuning tuning,
        boolean resubmits,
        Duration harm,
        TreeSet<Integer> kept) {
    private static final List<String> CONDITIONS =
            List.of("the network is bad", "programs fail", "loops batch and snapshot in odd sizes");

    /** A device: when it first starts, when it leaves for good, and whether somebody else has its key. */
    record DevicePlan(int slots, Duration joins, Optional<Duration> leaves, boolean hostile) {}

    /** Small batches and early snapshots, of controller and agents. */
    record Tuning(int controllerBatch, long controllerSnapshot, int agentBatch, long agentSnapshot) {
        static final Tuning SHIPPED = new Tuning(4096, 16 << 20, 4096, 1 << 20);
    }

    /** A job, its file if it has one, and when it is handed in. */
    record JobPlan(JobId id, Spec spec, Policy policy, Optional<LinesFile> file, Duration submitted) {
        ShardPlan plan() {
            return file.map(LinesFile::plan).orElse(ShardPlan.COMPUTED);
        }
    }

    static Scenario of(long seed) {
        Chance chance = new Chance(seed);
        boolean liveness = chance.is(0.6);
        Duration harm = Duration.ofSeconds(chance.of(List.of(chance.between(30, 120), chance.between(60, 900))));
        List<DevicePlan> devices = devices(chance, harm);
        boolean weeks = chance.is(0.004);
        List<JobPlan> jobs = new ArrayList<>();
        int tasks = chance.is(0.02) ? chance.between(200, 400) : chance.between(4, 40);
        boolean many = tasks > 100;
        for (int job = 0; tasks > 0; job++) {
            int count = many ? tasks : Math.min(tasks, chance.between(3, 25));
            tasks -= count;
            jobs.add(plan(chance, "job-" + job, count, many, weeks, harm));
        }
        double harsh = chance.of(List.of(0.0, 0.3, 1.0));
        Weather weather = new Weather(
                0.15 * harsh,
                0.2 * harsh,
                0.15 * harsh,
                0.02 * harsh,
                Duration.ofMillis(chance.of(List.of(1, 40, 400))),
                Duration.ofSeconds(chance.of(List.of(2, 20, 120, 4 * 3600))));
        Tuning tuning = new Tuning(
                chance.of(List.of(1, 3, 64, 4096)),
                chance.of(List.of(300L, 3000L, 1L << 24)),
                chance.of(List.of(1, 3, 64, 4096)),
                chance.of(List.of(200L, 2000L, 1L << 20)));
        double taskFails = chance.of(List.of(0.0, 0.05, 0.2));
        boolean resubmits = chance.is(0.5);
        List<Fault> faults = faults(chance, harm, devices, jobs.size());
        Duration more = weeks ? weeks(chance, harm, devices, faults) : Duration.ZERO;
        TreeSet<Integer> all = new TreeSet<>();
        for (int i = 0; i < devices.size() + jobs.size() + faults.size() + CONDITIONS.size(); i++) all.add(i);
        return new Scenario(
                seed, liveness, devices, jobs, faults, weather, taskFails, tuning, resubmits, harm.plus(more), all);
    }

    /** The first one is honest and stays, so that every job can end. */
    private static List<DevicePlan> devices(Chance chance, Duration harm) {
        List<DevicePlan> devices = new ArrayList<>();
        for (int i = chance.between(2, 4); i > 0; i--) {
            boolean first = devices.isEmpty();
            Duration joins = chance.between(Duration.ZERO, chance.is(0.2) ? harm : Duration.ofSeconds(20));
            Optional<Duration> leaves =
                    chance.is(0.1) && !first ? Optional.of(chance.between(joins, harm)) : Optional.empty();
            devices.add(new DevicePlan(chance.between(1, 3), joins, leaves, chance.is(0.15) && !first));
        }
        return devices;
    }

    /** Kinds are drawn by weights that vary by seed: in each history some happen often, and some never. */
    private static List<Fault> faults(Chance chance, Duration harm, List<DevicePlan> devices, int jobs) {
        TreeMap<Integer, Fault.Kind> kinds = new TreeMap<>();
        int sum = 0;
        boolean hostile = devices.stream().anyMatch(DevicePlan::hostile);
        for (Fault.Kind kind : Fault.Kind.values()) {
            int times = chance.of(List.of(0, 0, 1, 1, 4));
            if (kind == Fault.Kind.LIES && !hostile) times = 0;
            if (times == 0 || kind.weight == 0) continue;
            sum += kind.weight * times;
            kinds.put(sum, kind);
        }
        Duration every = Duration.ofSeconds(chance.of(List.of(2, 6, 20)));
        List<Fault> faults = new ArrayList<>();
        Duration at = chance.around(every);
        while (sum > 0 && at.compareTo(harm) < 0 && faults.size() < 80) {
            Fault.Kind kind = kinds.higherEntry(chance.between(0, sum - 1)).getValue();
            Duration length = chance.around(Duration.ofSeconds(chance.of(List.of(1, 10, 90))));
            boolean momentary = kind == Fault.Kind.CLOCK_JUMPS
                    || kind == Fault.Kind.EARLY_TICK
                    || kind == Fault.Kind.MEASURES
                    || kind == Fault.Kind.LIES
                    || kind == Fault.Kind.COMMIT_FAILS_THOUGH_WRITTEN
                    || kind.where == Fault.Where.WORLD && kind != Fault.Kind.BROKER_RESTARTS;
            faults.add(new Fault(
                    kind, at, victim(chance, kind, devices), momentary ? Duration.ZERO : length, chance.id()));
            at = at.plus(chance.around(every));
        }
        return faults;
    }

    private static int victim(Chance chance, Fault.Kind kind, List<DevicePlan> devices) {
        if (kind.where == Fault.Where.WORLD) return -1;
        if (kind == Fault.Kind.LIES) {
            List<Integer> hostile = new ArrayList<>();
            for (int i = 0; i < devices.size(); i++) if (devices.get(i).hostile()) hostile.add(i);
            return chance.of(hostile);
        }
        if (kind.where == Fault.Where.EITHER && chance.is(0.35)) return -1;
        return chance.between(0, devices.size() - 1);
    }

    /** One device is cut off for weeks, and most others rest meanwhile. */
    private static Duration weeks(Chance chance, Duration harm, List<DevicePlan> devices, List<Fault> faults) {
        Duration length = Duration.ofDays(chance.between(7, 28));
        Duration begin = chance.between(Duration.ofSeconds(10), harm);
        int cut = chance.between(0, devices.size() - 1);
        for (int i = 0; i < devices.size(); i++) {
            if (i == cut) faults.add(new Fault(Fault.Kind.CUT_FOR_WEEKS, begin, i, length, chance.id()));
            else if (chance.is(0.9)) {
                Duration sooner = chance.between(Duration.ZERO, Duration.ofHours(2));
                faults.add(new Fault(
                        Fault.Kind.RESTS_FOR_WEEKS,
                        begin.plusSeconds(chance.between(1, 120)),
                        i,
                        length.minus(sooner),
                        chance.id()));
            }
        }
        return length;
    }

    private static JobPlan plan(Chance chance, String id, int count, boolean many, boolean weeks, Duration harm) {
        boolean once = !many && chance.is(0.4);
        Duration delay = many || chance.is(once ? 0.1 : 0.3)
                ? Duration.ZERO
                : chance.between(Duration.ofMillis(50), Duration.ofSeconds(15));
        Optional<LinesFile> file = !many && chance.is(0.1)
                ? Optional.of(LinesFile.of(count, chance.of(List.of(3, 3, 290, 400))))
                : Optional.empty();
        Input range = new Input.Range(0, chance.between(count, 1000));
        Spec spec = new Spec(
                file.isPresent() ? file.get().input() : range,
                Sharding.range(count),
                new ProgramCall(
                        file.isPresent() ? "count" : chance.of(List.of("sum", "sum", "sum", "nop", "max", "mean")),
                        Optional.empty(),
                        false,
                        delay));
        Policy policy = new Policy(
                chance.of(List.of("round-robin", "weighted", "least-loaded", "least-response-time")),
                new TreeMap<>(),
                List.of(),
                once,
                chance.between(1, 3),
                // beats that are seconds apart for weeks would cost more than all other histories
                Duration.ofSeconds(weeks ? chance.between(200, 400) : chance.between(4, 60)),
                chance.is(0.15) ? Optional.of(Duration.ofSeconds(chance.between(30, 900))) : Optional.empty(),
                chance.is(0.15) ? Optional.of(delay.plusSeconds(1)) : Optional.empty(),
                chance.is(0.5) ? Percent.ALL : Percent.parse("50%"));
        return new JobPlan(
                new JobId(id),
                spec,
                policy,
                file,
                chance.between(Duration.ZERO, chance.is(0.3) ? harm : Duration.ofSeconds(40)));
    }

    int items() {
        return devices.size() + jobs.size() + faults.size() + CONDITIONS.size();
    }

    boolean hasDevice(int device) {
        return kept.contains(device);
    }

    boolean hasJob(int job) {
        return kept.contains(devices.size() + job);
    }

    boolean hasFault(int fault) {
        return kept.contains(devices.size() + jobs.size() + fault);
    }

    private boolean hasCondition(int condition) {
        return kept.contains(devices.size() + jobs.size() + faults.size() + condition);
    }

    /** The jobs that are handed in. */
    List<JobPlan> jobsKept() {
        List<JobPlan> there = new ArrayList<>();
        for (int i = 0; i < jobs.size(); i++) if (hasJob(i)) there.add(jobs.get(i));
        return there;
    }

    /** With these items alone, and things going wrong for that long. */
    Scenario only(TreeSet<Integer> items, Duration lasting) {
        return new Scenario(
                seed,
                liveness,
                devices,
                jobs,
                faults,
                has(items, 0) ? weather : Weather.fair(Duration.ofMillis(5)),
                has(items, 1) ? taskFails : 0,
                has(items, 2) ? tuning : Tuning.SHIPPED,
                resubmits,
                lasting,
                items);
    }

    private boolean has(TreeSet<Integer> items, int condition) {
        return items.contains(devices.size() + jobs.size() + faults.size() + condition);
    }

    /** The items that are kept, in words, one a line. */
    List<String> words() {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < devices.size(); i++) {
            DevicePlan d = devices.get(i);
            if (hasDevice(i))
                words.add("device-" + i + ": " + d.slots() + " slots, joins at " + Trace.time(d.joins())
                        + d.leaves().map(at -> ", leaves at " + Trace.time(at)).orElse("")
                        + (d.hostile() ? ", hostile" : ""));
        }
        for (int i = 0; i < jobs.size(); i++) {
            JobPlan j = jobs.get(i);
            if (hasJob(i))
                words.add(j.id() + ": " + j.spec().sharding().count() + " tasks of "
                        + j.spec().program().builtin() + (j.policy().once() ? ", once" : "") + ", each "
                        + Trace.time(j.spec().program().delay()) + ", lost after "
                        + j.policy().lostAfter().toSeconds() + " s, "
                        + j.policy().attempts() + " attempts"
                        + j.policy()
                                .deadline()
                                .map(d -> ", deadline " + d.toSeconds() + " s")
                                .orElse("")
                        + ", handed in at " + Trace.time(j.submitted()));
        }
        for (int i = 0; i < faults.size(); i++) {
            if (hasFault(i)
                    && (faults.get(i).who() < 0 || hasDevice(faults.get(i).who())))
                words.add(faults.get(i).words());
        }
        for (int i = 0; i < CONDITIONS.size(); i++) if (hasCondition(i)) words.add(CONDITIONS.get(i));
        words.add(
                liveness
                        ? "after " + Trace.time(harm) + " all is well, and all must settle"
                        : "it ends after " + Trace.time(harm));
        return words;
    }
}
