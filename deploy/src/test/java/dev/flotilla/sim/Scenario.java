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

/**
 * What a history is made of.
 *
 * @param slots         of each device
 * @param weather       of the network until it clears
 * @param harm          how long things go wrong
 * @param faultEvery    mean time between two faults of machines and links
 * @param commitFails   share of commits that fail
 * @param powerCuts     share of commits during which the power goes
 * @param taskFails     share of attempts whose program fails
 */
record Scenario(
        List<Integer> slots,
        List<JobPlan> jobs,
        Weather weather,
        Duration harm,
        Duration faultEvery,
        double commitFails,
        double powerCuts,
        double taskFails) {
    /** A job, its file if it has one, when it is handed in, and when a client cancels it. */
    record JobPlan(
            JobId id,
            Spec spec,
            Policy policy,
            Optional<LinesFile> file,
            Duration submitted,
            Optional<Duration> cancelled) {
        ShardPlan plan() {
            return file.map(LinesFile::plan).orElse(ShardPlan.COMPUTED);
        }
    }

    static Scenario of(long seed) {
        Chance chance = new Chance(seed);
        List<Integer> slots = new ArrayList<>();
        for (int i = chance.between(2, 4); i > 0; i--) slots.add(chance.between(1, 3));
        List<JobPlan> jobs = new ArrayList<>();
        int tasks = chance.between(5, 40);
        for (int job = 0; tasks > 0; job++) {
            int count = Math.min(tasks, chance.between(3, 25));
            tasks -= count;
            jobs.add(plan(chance, "job-" + job, count));
        }
        double harsh = chance.of(List.of(0.0, 0.3, 1.0));
        Weather weather = new Weather(
                0.15 * harsh,
                0.2 * harsh,
                0.15 * harsh,
                0.02 * harsh,
                Duration.ofMillis(chance.of(List.of(1, 40, 400))),
                Duration.ofSeconds(chance.of(List.of(2, 20, 120))));
        return new Scenario(
                slots,
                jobs,
                weather,
                Duration.ofSeconds(chance.between(40, 150)),
                Duration.ofSeconds(chance.of(List.of(4, 12, 40))),
                chance.of(List.of(0.0, 0.01, 0.05)),
                chance.of(List.of(0.0, 0.005, 0.03)),
                chance.of(List.of(0.0, 0.05, 0.2)));
    }

    private static JobPlan plan(Chance chance, String id, int count) {
        boolean once = chance.is(0.4);
        Duration delay = chance.is(once ? 0.1 : 0.3)
                ? Duration.ZERO
                : chance.between(Duration.ofMillis(50), Duration.ofSeconds(15));
        Optional<LinesFile> file =
                chance.is(0.1) ? Optional.of(LinesFile.of(count, chance.is(0.5) ? 3 : 400)) : Optional.empty();
        Input range = new Input.Range(0, chance.between(count, 1000));
        Spec spec = new Spec(
                file.isPresent() ? file.get().input() : range,
                Sharding.range(count),
                new ProgramCall(
                        file.isPresent() ? "count" : chance.of(List.of("sum", "sum", "nop")),
                        Optional.empty(),
                        false,
                        delay));
        Policy policy = new Policy(
                chance.of(List.of("round-robin", "weighted", "least-loaded", "least-response-time")),
                new TreeMap<>(),
                List.of(),
                once,
                chance.between(1, 3),
                Duration.ofSeconds(chance.between(4, 60)),
                chance.is(0.15) ? Optional.of(Duration.ofSeconds(chance.between(30, 900))) : Optional.empty(),
                chance.is(0.15) ? Optional.of(delay.plusSeconds(1)) : Optional.empty(),
                chance.is(0.5) ? Percent.ALL : Percent.parse("50%"));
        return new JobPlan(
                new JobId(id),
                spec,
                policy,
                file,
                chance.between(Duration.ZERO, Duration.ofSeconds(40)),
                chance.is(0.1) ? Optional.of(Duration.ofSeconds(chance.between(30, 200))) : Optional.empty());
    }
}
