package dev.flotilla.agent.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.core.Dice;
import dev.flotilla.core.Moment;
import dev.flotilla.link.Detail;
import dev.flotilla.link.Greeting;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ShardInput;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Random histories with a controller that is honest, wrong and hostile by turns: what must never happen does not. */
class AgentFuzzTest {
    private static final int HISTORIES = 300;
    private static final int INPUTS = 150;
    private static final long FIRST = Long.getLong("flotilla.seed", 1);

    @Test
    void nothingStartsTwiceAfterItsEndNothingHangsAndEveryReplayIsTheSame() {
        for (long seed = FIRST; seed < FIRST + HISTORIES; seed++) {
            try {
                history(new Dice(seed));
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("replay with -Dtest=AgentFuzzTest -Dflotilla.seed=" + seed, e);
            }
        }
    }

    private static void history(Dice dice) {
        var history = AgentHistory.given(1 + dice.below(3)).met();
        TreeSet<Long> ended = new TreeSet<>();
        for (int i = 0; i < INPUTS; i++) {
            int started = history.started.size();
            List<Long> endedBefore = List.copyOf(ended);
            one(history, dice);
            history.core.attempts().forEach((serial, state) -> {
                if (state.ended()) ended.add(serial);
            });
            for (int s = started; s < history.started.size(); s++) {
                long serial = history.started.get(s).serial();
                assertTrue(!endedBefore.contains(serial), serial + " has ended and is started (I5)");
            }
            long running = history.core.attempts().values().stream()
                    .filter(AttemptState.RUNNING::equals)
                    .count();
            assertTrue(running <= 4, "more than its slots run (I16)");
            long held = history.core.attempts().values().stream()
                    .filter(state -> !state.ended())
                    .count();
            assertTrue(held <= Limits.WINDOW, "more than its window (I16)");
            settlesDown(history);
        }
        history.restarted(true);
        assertArrayEquals(history.core.snapshot(), LedgerCodec.write(LedgerCodec.read(history.core.snapshot())));
    }

    /** Once its ticks were given, the agent wants none before time has passed. */
    private static void settlesDown(AgentHistory history) {
        for (int i = 0; i < 100; i++) {
            var wake = history.core.wakeAt();
            if (wake.isEmpty() || history.now.isBefore(wake.get())) return;
            history.decide(new Input.Ticked());
        }
        throw new AssertionError("it is awake all the time");
    }

    private static void one(AgentHistory history, Dice dice) {
        switch (dice.below(14)) {
            case 0 ->
                history.now = new Moment(history.now.nanos()
                        + Duration.ofSeconds(dice.below(200)).toNanos());
            case 1 ->
                history.now = new Moment(history.now.nanos()
                        + Duration.ofMillis(dice.below(2000)).toNanos());
            case 2 -> history.restarted(dice.below(2) == 0).decide(new Input.Connected());
            case 3 -> history.decide(dice.below(2) == 0 ? new Input.Disconnected() : new Input.Connected());
            case 4 -> history.decide(new Input.Greeted(new Greeting(dice.below(2), 0, 1, 0)));
            case 5 -> {
                if (!history.hellos().isEmpty()) history.greets();
            }
            case 6, 7 ->
                history.decide(new Input.Ended(
                        1 + dice.below(40),
                        AttemptState.values()[3 + dice.below(2)],
                        dice.below(2) == 0 ? AgentHistory.result(dice.below(40_000)) : Detail.error("x".repeat(5000))));
            case 8 -> history.decide(new Input.Stored(digest(dice), 30_000L * dice.below(3), dice.below(3) == 0));
            case 9 -> history.decide(new Input.ControllerSeen("start-" + dice.below(3)));
            case 10 ->
                history.decide(new Input.Measured(AgentHistory.capacity(1 + dice.below(3), dice.below(3), 1 << 30)));
            default -> order(history, dice);
        }
    }

    private static Digest digest(Dice dice) {
        return Digest.of(new byte[dice.below(3)]);
    }

    private static void order(AgentHistory history, Dice dice) {
        var order = history.order();
        if (dice.below(4) == 0) order.re(dice.below(5));
        if (dice.below(8) == 0) order.meeting(dice.below(5));
        if (dice.below(4) == 0) order.settled(serials(dice));
        else order.settled(List.copyOf(history.core.attempts().keySet()));
        if (dice.below(3) == 0) order.cancel(serials(dice).toArray(Long[]::new));
        if (dice.below(6) == 0) order.wantFull();
        if (dice.below(3) == 0) order.permit(1 + dice.below(40), history.hello().boot() + dice.below(2));
        if (dice.below(3) == 0) order.chunk(digest(dice), 30_000L * dice.below(3), 60_000, 30_000);
        long next = 1 + dice.below(40);
        for (int groups = dice.below(4); groups > 0; groups--) {
            long[] serials = new long[dice.below(4)];
            for (int i = 0; i < serials.length; i++) serials[i] = next++;
            if (dice.below(20) == 0 && serials.length > 0) serials[0] = dice.next() >>> 1 | 1;
            switch (dice.below(6)) {
                case 0 -> order.assign(AgentHistory.instant(), serials);
                case 1 -> order.assign(AgentHistory.slow(), serials);
                case 2 -> order.once(AgentHistory.slow(), serials);
                case 3 ->
                    order.assignWithoutSpec(
                            AgentHistory.instant(), dice.below(2) == 0, ShardInput.Computed.HERE, serials);
                case 4 ->
                    order.assign(
                            AgentHistory.table(true),
                            dice.below(2) == 0,
                            new ShardInput.Stored(digest(dice), 60_000, 2),
                            serials);
                default -> order.assign(AgentHistory.table(false), false, ShardInput.Computed.HERE, serials);
            }
        }
        order.send();
    }

    private static List<Long> serials(Dice dice) {
        List<Long> serials = new ArrayList<>();
        for (int i = dice.below(5); i > 0; i--) serials.add((long) dice.below(40));
        return serials;
    }
}
