package dev.flotilla.load;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import com.sun.management.ThreadMXBean;
import dev.flotilla.agent.core.AgentMachine;
import dev.flotilla.controller.core.ControllerMachine;
import dev.flotilla.controller.core.LedgerLaws;
import dev.flotilla.core.Dice;
import dev.flotilla.deploy.Rounds;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Policy;
import dev.flotilla.security.LinkKey;
import dev.flotilla.shard.ShardPlan;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Whoever has a device's key, or is the controller, may write anything behind a right tag. The receiving core must bear it: no decision
 * throws, memory stays within bounds, the ledger stays one that can be written and read, and its laws hold.
 */
class BehindTheTagTest {
    private static final int INPUTS_A_WORLD = 200;
    /** An envelope of a few bytes may stand for 16,384 rows. */
    private static final long FOR_AN_ENVELOPE = 64L << 20;

    private static final class Hostile implements SmallWorld.Meets {
        private final Dice dice;
        private final List<byte[]> corpus;
        private final List<byte[]> heard = new ArrayList<>();
        private final ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        private SmallWorld world;
        private int offered;
        private long most;
        private boolean within;

        Hostile(Dice dice, List<byte[]> corpus) {
            this.dice = dice;
            this.corpus = corpus;
        }

        @Override
        public void arrives(LinkKey.Direction way, DeviceId device, byte[] bytes) {
            if (within) return;
            heard.add(Arrays.copyOfRange(bytes, LinkKey.TAG, bytes.length));
            within = true;
            for (int i = 1 + dice.below(4); i > 0 && offered < INPUTS_A_WORLD; i--) offer(way, device);
            within = false;
        }

        /** Mostly of the newest envelope, so that it is of the present meeting. */
        private void offer(LinkKey.Direction way, DeviceId device) {
            List<byte[]> of = dice.below(4) == 0 ? corpus : heard.subList(Math.max(0, heard.size() - 1), heard.size());
            byte[] body = Mutations.of(of, dice);
            byte[] bytes = world.key(device).seal(way, SmallWorld.FLEET, device, body);
            boolean up = way == LinkKey.Direction.UP;
            AgentNode agent = world.agent(device);
            long before = thread.getThreadAllocatedBytes(Thread.currentThread().getId());
            if (up) world.controller.receive(device, bytes);
            else agent.receive(bytes);
            (up ? world.controller : agent).turn();
            most = Math.max(
                    most, thread.getThreadAllocatedBytes(Thread.currentThread().getId()) - before);
            offered++;
            if (most > FOR_AN_ENVELOPE) throw new AssertionError(most + " bytes for an envelope of " + bytes.length);
            String wrong = LedgerLaws.wrong(world.controller.controller());
            if (!wrong.isEmpty()) throw new AssertionError(wrong);
        }
    }

    @Test
    void aCoreBearsWhateverComesBehindARightTag() throws Exception {
        List<byte[]> corpus = FuzzTest.corpus().get("envelope");
        try (Rounds rounds = Rounds.of("fuzzed inputs behind a valid tag, worlds of " + INPUTS_A_WORLD, 50, 5000)) {
            long[] sums = {0, 0};
            rounds.each(seed -> {
                Hostile hostile = new Hostile(new Dice(seed), corpus);
                SmallWorld world = new SmallWorld(seed, 2, 2, new SmallWorld.Watch() {}, false);
                hostile.world = world;
                world.beforeArrival = hostile;
                world.start();
                world.submit("instant", Jobs.instant(40), Policy.defaults(), ShardPlan.COMPUTED);
                world.submit("slow", Jobs.slow(20, Duration.ofSeconds(3)), Policy.defaults(), ShardPlan.COMPUTED);
                world.submit("once", Jobs.slow(8, Duration.ofSeconds(1)), Jobs.once(), ShardPlan.COMPUTED);
                Jobs.File file = Jobs.file(world);
                world.submit("file", file.spec(), Policy.defaults(), file.plan());
                for (int i = 0; i < 100 && hostile.offered < INPUTS_A_WORLD; i++) world.run(Duration.ofSeconds(10));
                sums[0] += hostile.offered;
                sums[1] = Math.max(sums[1], hostile.most);
                sound(world);
            });
            rounds.note(sums[0] + " inputs; at most " + sums[1] / 1024 + " KiB allocated for one");
        }
    }

    private static void sound(SmallWorld world) {
        List<RuntimeException> culprits = new ArrayList<>(world.controller.culprits);
        for (AgentNode agent : world.agents) culprits.addAll(agent.culprits);
        if (!culprits.isEmpty()) throw new AssertionError("a decision throws: " + culprits.get(0), culprits.get(0));
        byte[] ledger = world.controller.core().snapshot();
        assertArrayEquals(
                ledger,
                new ControllerMachine(SmallWorld.FLEET)
                        .birth(Optional.of(ledger), 0)
                        .snapshot());
        for (AgentNode agent : world.agents) {
            byte[] its = agent.core().snapshot();
            assertArrayEquals(its, new AgentMachine().birth(Optional.of(its), 0).snapshot());
        }
    }
}
