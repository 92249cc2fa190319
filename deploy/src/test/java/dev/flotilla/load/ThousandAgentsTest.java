package dev.flotilla.load;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.controller.core.Effect;
import dev.flotilla.controller.core.Event;
import dev.flotilla.controller.core.Input;
import dev.flotilla.core.Decision;
import dev.flotilla.deploy.Rounds;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Policy;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.security.LinkKey;
import dev.flotilla.shard.ShardPlan;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A thousand agents with work in flight lose the broker, or the controller: all are back within a minute, and nobody is flooded. */
class ThousandAgentsTest {
    private static final int AGENTS = 1000;
    private static final int SHARDS = 4000;
    private static final JobId JOB = new JobId("in-flight");
    private static final Duration MOST = Duration.ofSeconds(60);
    /** Presence, hello, full report, a report of what was assigned, and a beat or a second hello. */
    private static final int EACH_A_SECOND = 5;

    private static final int BYTES_EACH_A_SECOND = 2048;
    /** That reach the controller: one, and one more where a hint and the connect were more than a second apart. */
    private static final int HELLOS_EACH = 2;

    /** What is lost, and for how long. */
    private enum Loss {
        BROKER_10MIN(Duration.ofMinutes(10)),
        BROKER_40S(Duration.ofSeconds(40)),
        CONTROLLER_2S(Duration.ofSeconds(2)),
        CORE(Duration.ZERO),
        BROKER_2S(Duration.ofSeconds(2));

        private final Duration span;

        Loss(Duration span) {
            this.span = span;
        }
    }

    /** Counts what reaches the controller, second by second, and each shard that is counted. */
    private static final class Counts implements SmallWorld.Watch {
        private final TreeMap<Long, Long> messages = new TreeMap<>();
        private final TreeMap<Long, Long> bytes = new TreeMap<>();
        private final TreeMap<DeviceId, Integer> hellos = new TreeMap<>();
        private final TreeMap<Long, Long> counted = new TreeMap<>();
        private SmallWorld world;

        private long second() {
            return world.timeline.now().toSeconds();
        }

        @Override
        public byte[] passes(LinkKey.Direction way, DeviceId device, byte[] sealed) {
            if (way == LinkKey.Direction.UP) bytes.merge(second(), (long) sealed.length, Long::sum);
            return sealed;
        }

        @Override
        public void controller(Input input, Decision<Event, Effect> decision) {
            boolean fromOutside = input instanceof Input.Greeted
                    || input instanceof Input.Reported
                    || input instanceof Input.PresenceSeen;
            if (fromOutside) messages.merge(second(), 1L, Long::sum);
            if (input instanceof Input.Greeted in) hellos.merge(in.device(), 1, Integer::sum);
            for (Event event : decision.events()) {
                if (event instanceof Event.Counted e)
                    for (Event.Count count : e.counts()) counted.merge(count.index(), 1L, Long::sum);
            }
        }

        private static long most(TreeMap<Long, Long> of) {
            return of.values().stream().mapToLong(n -> n).max().orElse(0);
        }
    }

    @Test
    void allHaveMetAgainWithinAMinuteOfTheBrokersReturnAndWithoutAStorm() {
        TreeMap<Loss, Duration> slowest = new TreeMap<>();
        long[] peak = {0, 0};
        try (Rounds rounds = Rounds.of(AGENTS + " agents reconnect", 3, 50)) {
            rounds.each(seed -> {
                Loss loss = Loss.values()[(int) Math.floorMod(seed, (long) Loss.values().length)];
                Counts counts = new Counts();
                SmallWorld world = new SmallWorld(seed, AGENTS, 2, counts, false);
                counts.world = world;
                Duration took = lose(world, counts, loss);
                slowest.merge(loss, took, (a, b) -> a.compareTo(b) > 0 ? a : b);
                peak[0] = Math.max(peak[0], Counts.most(counts.messages));
                peak[1] = Math.max(peak[1], Counts.most(counts.bytes));
                end(world, counts, rounds);
            });
            StringBuilder note = new StringBuilder();
            slowest.forEach((loss, took) -> note.append(
                            loss.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '))
                    .append(": all met after ")
                    .append(took.toMillis() / 100 / 10.0)
                    .append(" s; "));
            rounds.note(note + "worst second: " + peak[0] + " messages, " + peak[1] / 1024 + " KiB to the controller");
        }
    }

    /** How long after the return the last agent has met. */
    private static Duration lose(SmallWorld world, Counts counts, Loss loss) {
        world.start();
        assertTrue(
                !world.until(MOST, () -> world.controller.met.size() == AGENTS).isNegative(), "all meet at first");
        Spec spec = new Spec(
                new dev.flotilla.model.Input.Range(0, 1_000_000),
                Sharding.range(SHARDS),
                new ProgramCall("sum", Optional.empty(), false, Duration.ofSeconds(20)));
        world.submit(JOB.value(), spec, Policy.defaults(), ShardPlan.COMPUTED);
        world.run(Duration.ofSeconds(25));
        if (loss.name().startsWith("BROKER")) {
            world.stopBroker();
            world.controller.met.clear();
            world.run(loss.span);
            forget(counts);
            world.startBroker();
        } else if (loss == Loss.CORE) {
            world.controller.met.clear();
            forget(counts);
            world.controller.poison();
        } else {
            world.killController();
            world.run(loss.span);
            forget(counts);
            world.startController();
        }
        Duration took = world.until(MOST, () -> world.controller.met.size() == AGENTS);
        assertTrue(
                !took.isNegative(),
                () -> loss + ": after a minute " + world.controller.met.size() + " of " + AGENTS + " have met");
        world.run(Duration.ofSeconds(30));
        long messages = Counts.most(counts.messages);
        long bytes = Counts.most(counts.bytes);
        assertTrue(messages <= EACH_A_SECOND * AGENTS, () -> loss + ": " + messages + " messages in a second");
        assertTrue(bytes <= BYTES_EACH_A_SECOND * AGENTS, () -> loss + ": " + bytes + " bytes in a second");
        counts.hellos.forEach((device, n) ->
                assertTrue(n <= HELLOS_EACH, () -> loss + ": " + device + " said hello " + n + " times"));
        return took;
    }

    private static void forget(Counts counts) {
        counts.messages.clear();
        counts.bytes.clear();
        counts.hellos.clear();
    }

    /** The job ends with the right sum, each shard counted once. */
    private static void end(SmallWorld world, Counts counts, Rounds rounds) {
        Duration took = world.until(
                Duration.ofMinutes(30),
                () -> world.controller.controller().proof(JOB).orElseThrow().getValue() == SHARDS);
        if (took.isNegative()) rounds.lost((SHARDS - counts.counted.size()) + " shards");
        counts.counted.forEach((index, times) -> {
            if (times > 1) rounds.doubled(JOB + "/" + index);
        });
        Optional<BigDecimal> sum =
                world.controller.controller().proof(JOB).orElseThrow().getKey();
        assertTrue(sum.isPresent() && sum.get().compareTo(new BigDecimal("499999500000")) == 0, sum::toString);
    }
}
