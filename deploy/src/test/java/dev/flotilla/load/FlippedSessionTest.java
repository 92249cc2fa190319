package dev.flotilla.load;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.controller.core.Effect;
import dev.flotilla.controller.core.Event;
import dev.flotilla.controller.core.Input;
import dev.flotilla.core.Decision;
import dev.flotilla.core.Moment;
import dev.flotilla.deploy.Rounds;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Policy;
import dev.flotilla.security.LinkKey;
import dev.flotilla.shard.ShardPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A whole session, both ways; each envelope is offered with each of its bytes changed before it is offered as it is. */
class FlippedSessionTest {
    /** What a byte becomes: each bit flipped, and all. */
    private static final int[] FLIPS = {1, 2, 4, 8, 16, 32, 64, 128, 255};

    /** Bytes of an envelope that are changed in each way; those behind, of a chunk's data, in one. */
    private static final int SMALL = 2048;

    /** Offers the changed ones, and sees that the receiver does nothing about them. */
    private static final class Flipping implements SmallWorld.Watch {
        private SmallWorld world;
        private boolean flips;
        private long offered;
        private long envelopes;
        private final List<String> applied = new ArrayList<>();

        @Override
        public byte[] passes(LinkKey.Direction way, DeviceId device, byte[] bytes) {
            envelopes++;
            return bytes;
        }

        void offer(LinkKey.Direction way, DeviceId device, byte[] bytes) {
            AgentNode agent = world.agent(device);
            boolean up = way == LinkKey.Direction.UP;
            Node<?, ?, ?> node = up ? world.controller : agent;
            node.turn(); // what is due anyway is not the flipped ones' doing
            byte[] before = node.core().snapshot();
            Optional<Moment> wake = node.core().wakeAt();
            flips = true;
            for (int at = 0; at < bytes.length; at++) {
                boolean all = at < SMALL;
                for (int flip : all ? FLIPS : new int[] {1 << at % 8}) {
                    byte[] changed = bytes.clone();
                    changed[at] ^= (byte) flip;
                    if (up) world.controller.receive(device, changed);
                    else agent.receive(changed);
                    offered++;
                }
                node.turn();
            }
            flips = false;
            assertArrayEquals(before, node.core().snapshot(), "the ledger has changed");
            assertEquals(wake, node.core().wakeAt(), "the session has changed");
        }

        @Override
        public void controller(Input input, Decision<Event, Effect> decision) {
            if (!flips) return;
            boolean nothing = input instanceof Input.Ignored
                    && decision.events().isEmpty()
                    && decision.effects().isEmpty();
            if (!nothing) applied.add(input + " -> " + decision);
        }

        @Override
        public void agent(
                AgentNode agent,
                dev.flotilla.agent.core.Input input,
                Decision<dev.flotilla.agent.core.Event, dev.flotilla.agent.core.Effect> decision) {
            if (!flips) return;
            boolean nothing = input instanceof dev.flotilla.agent.core.Input.Ignored
                    && decision.events().isEmpty()
                    && decision.effects().stream().allMatch(e -> e instanceof dev.flotilla.agent.core.Effect.Note);
            if (!nothing) applied.add(input + " -> " + decision);
        }
    }

    @Test
    void ofAChangedEnvelopeNothingIsApplied() {
        try (Rounds rounds = Rounds.of("recorded session, each byte flipped", 1, 20)) {
            long[] sums = {0, 0};
            rounds.each(seed -> {
                Flipping flipping = new Flipping();
                SmallWorld world = new SmallWorld(seed, 2, 2, flipping, false);
                flipping.world = world;
                world.beforeArrival = flipping::offer;
                world.start();
                world.run(Duration.ofSeconds(5));
                world.submit("instant", Jobs.instant(12), Policy.defaults(), ShardPlan.COMPUTED);
                world.submit("slow", Jobs.slow(6, Duration.ofSeconds(3)), Policy.defaults(), ShardPlan.COMPUTED);
                world.submit("once", Jobs.slow(2, Duration.ofSeconds(1)), Jobs.once(), ShardPlan.COMPUTED);
                world.run(Duration.ofSeconds(8));
                world.cancel("slow");
                Jobs.File file = Jobs.file(world);
                world.submit("file", file.spec(), Policy.defaults(), file.plan());
                world.run(Duration.ofMinutes(11));
                if (!flipping.applied.isEmpty()) throw new AssertionError("applied: " + flipping.applied.get(0));
                for (String job : List.of("instant", "once", "file")) {
                    long counted = world.controller
                            .controller()
                            .proof(new JobId(job))
                            .orElseThrow()
                            .getValue();
                    assertTrue(counted > 0, job + " did not get on: the session is no real one");
                }
                sums[0] += flipping.envelopes;
                sums[1] += flipping.offered;
            });
            rounds.note(sums[1] + " changed envelopes of " + sums[0] + ", none applied");
        }
    }
}
