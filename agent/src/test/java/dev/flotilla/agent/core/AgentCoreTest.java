package dev.flotilla.agent.core;

import static dev.flotilla.agent.core.AgentHistory.capacity;
import static dev.flotilla.agent.core.AgentHistory.fact;
import static dev.flotilla.agent.core.AgentHistory.given;
import static dev.flotilla.agent.core.AgentHistory.instant;
import static dev.flotilla.agent.core.AgentHistory.onDisk;
import static dev.flotilla.agent.core.AgentHistory.result;
import static dev.flotilla.agent.core.AgentHistory.slots;
import static dev.flotilla.agent.core.AgentHistory.slow;
import static dev.flotilla.agent.core.AgentHistory.table;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.core.Durability;
import dev.flotilla.link.Greeting;
import dev.flotilla.link.Report;
import dev.flotilla.link.Row;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.program.BadResult;
import dev.flotilla.program.Builtins;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Given a history, when one more thing happens, then this decision. PROTOCOL sections 3 to 5. */
class AgentCoreTest {
    private static final AgentMachine MACHINE = new AgentMachine();
    private static final Digest FILE = Digest.of(new byte[] {1});

    // ---- meeting

    @Test
    void aHelloIsSaidOnConnectAndTheGreetingIsAnsweredWithAFullReport() {
        var history = given(2).greeted();
        assertEquals(32, history.hello().agentId().length());
        Report report = history.report();
        assertTrue(report.full());
        assertEquals(history.hello().hello(), report.hello());
        assertEquals(history.greeting, report.greeting());
        assertEquals(Optional.of(slots(2)), report.capacity());
    }

    @Test
    void anUnansweredHelloIsSaidAgainWithItsNumberLessAndLessOften() {
        var history = given(1);
        history.decide(new Input.Connected());
        history.at("10s");
        assertEquals(4, history.hellos().size(), "after 1, 3 and 7 seconds");
        assertEquals(1, history.hellos().stream().distinct().count());
        history.at("10m");
        int before = history.hellos().size();
        history.at("20m");
        assertEquals(before + 5, history.hellos().size(), "every two minutes in the end");
    }

    @Test
    void whateverAsksForHellosGetsOneASecond() {
        var history = given(1).met().at("20s");
        int before = history.hellos().size();
        for (int i = 0; i < 100; i++) {
            history.decide(new Input.Greeted(new Greeting(0, 0, 1, 0)));
            history.decide(new Input.ControllerSeen("start-" + i));
        }
        assertEquals(before + 1, history.hellos().size());
        history.at("21s");
        assertEquals(before + 2, history.hellos().size());
    }

    @Test
    void aHelloThatIsAskedForJustBeforeItsTimeIsNotFollowedByABurst() {
        var history = given(1).met().at("20s");
        int before = history.hellos().size();
        history.decide(new Input.ControllerSeen("a"));
        history.at("20999ms").decide(new Input.ControllerSeen("b"));
        history.at("22s");
        assertEquals(before + 3, history.hellos().size(), "at 20, 21 and 22 seconds");
    }

    @Test
    void aControllerThatComesBackIsGreetedAtOnceByWhomeverItHasNotMet() {
        var history = given(1).met();
        history.decide(new Input.ControllerSeen("a"));
        history.decide(new Input.Disconnected());
        history.decide(new Input.Connected());
        history.at("60s");
        int before = history.hellos().size();
        history.decide(new Input.ControllerSeen("a"));
        assertEquals(before + 1, history.hellos().size());
    }

    @Test
    void aControllerStartThatIsNewIsGreetedAndTheSameOneIsNot() {
        var history = given(1).met();
        history.decide(new Input.ControllerSeen("a"));
        history.at("5s").greets().order().send();
        int before = history.hellos().size();
        history.decide(new Input.ControllerSeen("a"));
        history.decide(new Input.ControllerSeen(""));
        history.at("30s");
        assertEquals(before, history.hellos().size());
        long old = history.hello().hello();
        history.decide(new Input.ControllerSeen("b"));
        assertNotEquals(old, history.hello().hello());
    }

    @Test
    void aGreetingOfAnotherHelloBeginsNothing() {
        var history = given(1);
        history.decide(new Input.Connected());
        history.decide(new Input.Greeted(new Greeting(history.hello().hello() + 1, 5, 1, 0)));
        assertEquals(List.of(), history.reports());
    }

    @Test
    void anOrderOfAnotherMeetingOrAnOldOneChangesNothing() {
        var history = given(1).met();
        var old = history.order().assign(slow(), 1).order();
        history.order().send();
        history.greeted();
        for (var order :
                List.of(old, history.order().meeting(5).assign(slow(), 1).order())) {
            var decision = history.decide(new Input.Ordered(order, 100));
            assertEquals(List.of(), decision.events());
        }
        history.order().n(3).send();
        assertEquals(List.of(), history.order().n(3).assign(slow(), 1).send().events());
        assertEquals(List.of(), history.order().n(2).assign(slow(), 1).send().events());
        assertTrue(history.core.attempts().isEmpty());
    }

    @Test
    void aGreetingIsNoMeetingYetSoThatWhatWasMetBeforeIsToldAgain() {
        var history = given(1).greeted();
        history.restarted(true).decide(new Input.Connected());
        assertEquals(0, history.hello().term());
    }

    @Test
    void theHighestCommitThatWasMetIsToldInTheNextHello() {
        var history = given(1).met();
        history.order().send();
        history.restarted(true).decide(new Input.Connected());
        assertEquals(1, history.hello().term());
        assertEquals(2, history.hello().seq());
    }

    @Test
    void theAgentIdLastsAndTheBootDoesNot() {
        var history = given(1).greeted();
        var first = history.hello();
        history.restarted(false).greeted();
        assertEquals(first.agentId(), history.hello().agentId());
        assertNotEquals(first.boot(), history.hello().boot());
    }

    // ---- reports

    @Test
    void aReportStaysFullUntilTheFirstOrderOfItsMeeting() {
        var history = given(1).greeted().at("8s");
        assertEquals(2, history.reports().size());
        assertTrue(history.reports().stream().allMatch(Report::full));
        history.order().assign(slow(), 1).send();
        assertFalse(history.report().full());
    }

    @Test
    void anUnansweredReportIsSaidAgainFromTheNewestState() {
        var history = given(1).met();
        history.order().assign(slow(), 1).send();
        assertEquals(AttemptState.RUNNING, history.rows().get(1L).state());
        long n = history.report().n();
        history.ended(1);
        assertEquals(n, history.report().n(), "one at a time");
        history.at("5s");
        assertEquals(n, history.report().n());
        history.at("6s");
        assertEquals(n + 1, history.report().n());
        assertEquals(AttemptState.FINISHED, history.rows().get(1L).state());
        history.at("15s");
        assertEquals(n + 1, history.report().n());
        history.at("17s");
        assertEquals(n + 2, history.report().n(), "twice the wait");
    }

    @Test
    void aNewMeetingTellsEverythingAgainAtOnce() {
        var history = given(1).met();
        history.order().assign(slow(), 1, 2).send();
        history.order().send();
        history.decide(new Input.Disconnected());
        history.greeted();
        assertTrue(history.report().full());
        assertEquals(
                new TreeSet<>(List.of(1L, 2L)), new TreeSet<>(history.rows().keySet()));
        assertEquals(2, history.report().highest());
    }

    @Test
    void whatIsNotedIsNotToldAgainUnlessItChanges() {
        var history = given(1).met();
        history.order().assign(slow(), 1, 2).send();
        history.order().send();
        history.ended(1);
        assertEquals(
                new TreeSet<>(List.of(1L, 2L)), new TreeSet<>(history.rows().keySet()), "2 has started");
        history.order().settled(1L).send();
        history.ended(2);
        assertEquals(List.of(2L), List.copyOf(history.rows().keySet()));
    }

    @Test
    void aRowThatChangedWhileItsReportTravelledIsToldAgain() {
        var history = given(1).met();
        history.order().assign(slow(), 1).send();
        history.ended(1);
        history.order().send();
        assertEquals(AttemptState.FINISHED, history.rows().get(1L).state());
    }

    @Test
    void aBeatGoesOutEvenBesideAnUnansweredReportAndConfirmsNothing() {
        var history = given(1).met();
        history.order().beat("2s").assign(slow(), 1).send();
        history.order().beat("2s").re(0).cancel(1L).send();
        long n = history.report().n();
        long got = history.report().got();
        history.at("4s");
        assertTrue(history.report().n() > n);
        assertEquals(List.of(), history.report().rows());
        assertFalse(history.report().wantsAnswer());
        assertEquals(got, history.report().got(), "the cancel is answered by the row that shows it");
        history.order().re(n).send();
        assertEquals(AttemptState.CANCELLED, history.rows().get(1L).state());
        assertEquals(4, history.report().got());
    }

    @Test
    void anIdleAgentSaysNothingButItsBeat() {
        var history = given(1).met();
        int before = history.reports().size();
        history.at("29m");
        assertEquals(before + 5, history.reports().size());
        assertFalse(history.report().wantsAnswer());
    }

    @Test
    void anOrderThatWantsAnAnswerGetsOneEvenIfThereIsNoNews() {
        var history = given(1).met();
        int before = history.reports().size();
        history.order().cancel(99L).send();
        assertEquals(before + 1, history.reports().size());
        assertEquals(2, history.report().got());
        history.order().settled(99L).send();
        assertEquals(before + 1, history.reports().size(), "one that only settles is confirmed by the next report");
    }

    @Test
    void aWholeWindowOfResultsFitsOneReport() {
        var history = given(1).met();
        history.order()
                .assign(instant(), LongStream.rangeClosed(1, 1024).toArray())
                .send();
        assertEquals(1024, history.rows().size());
        assertTrue(history.rows().values().stream().allMatch(r -> r.detail().isPresent()));
    }

    @Test
    void detailsThatDoNotFitAreToldLaterAndEveryRowIsListedAtOnce() {
        var history = given(8).met();
        history.order().assign(slow(), LongStream.rangeClosed(1, 8).toArray()).send();
        for (long serial = 1; serial <= 8; serial++)
            history.decide(new Input.Ended(serial, AttemptState.FINISHED, result(Limits.INLINE)));
        history.decide(new Input.Disconnected());
        history.greeted();
        TreeSet<Long> told = new TreeSet<>();
        for (int i = 0; i < 4; i++) {
            for (Row row : history.rows().values()) if (row.detail().isPresent()) told.add(row.serial());
            if (i == 0) assertEquals(8, history.rows().size());
            history.order().settled(List.copyOf(told)).send();
        }
        assertEquals(8, told.size());
        assertTrue(history.core.attempts().isEmpty());
    }

    @Test
    void anEndedAttemptWhoseSettlingWasLostIsToldAgain() {
        var history = given(1).met();
        history.order().assign(instant(), 1).send();
        long n = history.report().n();
        history.order().send();
        assertEquals(n, history.report().n());
        history.at("30s");
        assertTrue(history.report().n() > n);
        assertEquals(AttemptState.FINISHED, history.rows().get(1L).state());
    }

    @Test
    void anUnansweredReportWhoseNewsIsSettledOtherwiseIsSaidAgainOnceAndNotAwaitedAnyMore() {
        var history = given(1).met();
        history.order().assign(instant(), 1).send();
        long n = history.report().n();
        history.order().re(0).settled(1L).send();
        history.at("1m");
        assertEquals(n + 1, history.report().n());
        assertFalse(history.report().wantsAnswer());
    }

    @Test
    void capacityIsToldWhenItChangedEnoughSlotsAtOnceAndTheRestWithABeat() {
        var history = given(1).met();
        history.order().beat("10s").send();
        int before = history.reports().size();
        history.decide(new Input.Measured(capacity(1, 0.2, 1 << 30)));
        history.at("15s");
        assertEquals(Optional.empty(), history.report().capacity());
        history.decide(new Input.Measured(capacity(1, 0.9, 1 << 30)));
        assertEquals(before + 1, history.reports().size());
        history.at("25s");
        assertEquals(0.9, history.report().capacity().orElseThrow().load());
        history.order().beat("10s").send();
        history.decide(new Input.Measured(capacity(2, 0.9, 1 << 30)));
        assertEquals(2, history.report().capacity().orElseThrow().slots());
    }

    @Test
    void aFullReportIsGivenWhenItIsAskedFor() {
        var history = given(1).met();
        history.order().assign(slow(), 1).send();
        history.order().wantFull().send();
        assertTrue(history.report().full());
        assertEquals(List.of(1L), List.copyOf(history.rows().keySet()));
        history.order().send();
        history.ended(1);
        assertFalse(history.report().full());
    }

    // ---- attempts

    @Test
    void instantTasksAreAcceptedRunAndFinishedInOneEventAndOneReport() throws BadResult {
        var history = given(1).met();
        var decision = history.order().assign(instant(), 1, 2, 3).send();
        List<Event> durable = decision.events().stream()
                .filter(e -> MACHINE.durability(e) == Durability.DURABLE)
                .toList();
        assertEquals(1, durable.size());
        assertEquals(List.of(), history.started);
        byte[] result = history.rows()
                .get(3L)
                .detail()
                .orElseThrow()
                .result()
                .orElseThrow()
                .array();
        var sum = Builtins.find("sum").decode(result).answer().value();
        assertEquals(Optional.of(new BigDecimal(3)), sum, "the shard of index 3 is the number 3");
    }

    @Test
    void anInlineShardWithABadValueFailsNamingLineAndColumn() {
        var history = given(1).met();
        var shard = new ShardInput.Inline(new Bytes("1,2.5\n2,x\n".getBytes(StandardCharsets.UTF_8)), 2);
        history.order()
                .assign(table(true), false, shard, 1)
                .assign(table(false), false, shard, 2)
                .send();
        Row strict = history.rows().get(1L);
        assertEquals(AttemptState.FAILED, strict.state());
        String error = strict.detail().orElseThrow().error();
        assertTrue(error.startsWith("bad-value: ") && error.contains("line 3") && error.contains("mm"), error);
        assertEquals(AttemptState.FINISHED, history.rows().get(2L).state());
    }

    @Test
    void instantWorkOfOneDecisionIsBoundedAndTheRestGoesOnInTheNextSteps() {
        Spec millisecond = new Spec(
                new dev.flotilla.model.Input.Range(0, 1_000_000_000), Sharding.range(1000), ProgramCall.of("count"));
        var history = given(1).met();
        history.order()
                .assign(millisecond, LongStream.rangeClosed(1, 100).toArray())
                .send();
        long first = history.core.attempts().values().stream()
                .filter(AttemptState::ended)
                .count();
        assertTrue(first >= 10 && first <= 30, first + " in one decision");
        assertEquals(history.now, history.core.wakeAt().orElseThrow());
        for (int i = 0; i < 10; i++) history.decide(new Input.Ticked());
        assertTrue(history.core.attempts().values().stream().allMatch(AttemptState::ended));
        assertTrue(history.now.isBefore(history.core.wakeAt().orElseThrow()));
    }

    @Test
    void atMostSlotsTasksRunAndTheOldestStartsNext() {
        var history = given(2).met();
        var decision = history.order().assign(slow(), 1, 2, 3, 4).send();
        assertEquals(List.of(1L, 2L), history.startedSerials());
        Event started = decision.events().get(decision.events().size() - 1);
        assertEquals(Durability.LAZY, MACHINE.durability(started), "it rides with the commit of the acceptance");
        history.ended(2);
        assertEquals(List.of(1L, 2L, 3L), history.startedSerials());
        assertEquals("job/3#1", history.started.get(2).attempt().toString());
        history.decide(new Input.Measured(slots(3)));
        assertEquals(4, history.started.size());
    }

    @Test
    void aKnownSerialStaysAsItIsAndASettledOneNeverStartsAgain() {
        var history = given(1).met();
        history.order().assign(slow(), 1).send();
        history.order().assign(instant(), 1).send();
        assertEquals(AttemptState.RUNNING, history.state(1));
        history.ended(1);
        history.order().settled(1L).send();
        assertTrue(history.core.attempts().isEmpty());
        history.order().assign(slow(), 1).send();
        assertEquals(List.of(1L), history.startedSerials());
        assertEquals(AttemptState.REFUSED, history.state(1));
    }

    @Test
    void onlyAnEndedAttemptIsForgottenWhenSettled() {
        var history = given(1).met();
        history.order().assign(slow(), 1, 2).send();
        history.order().settled(1L, 2L, 77L).send();
        assertEquals(2, history.core.attempts().size());
    }

    @Test
    void whatCannotRunIsRefusedWithTheRule() {
        var history = given(1).met();
        Spec strange = new Spec(new dev.flotilla.model.Input.Range(0, 10), Sharding.range(10), ProgramCall.of("summ"));
        history.order()
                .assignWithoutSpec(slow(), false, ShardInput.Computed.HERE, 1)
                .assign(strange, 2)
                .assign(instant(), 20_000)
                .assign(table(false), 20_001)
                .send();
        assertEquals(List.of(), history.started);
        List<String> rules = history.rows().values().stream()
                .map(r -> r.detail().orElseThrow().error().split(":")[0])
                .toList();
        assertEquals(List.of("unknown-spec", "unknown-program", "impossible-shard", "impossible-shard"), rules);
        assertTrue(history.rows().values().stream().allMatch(r -> r.state() == AttemptState.REFUSED));
    }

    @Test
    void belowItsReserveOfDiskNewWorkIsRefusedAndWhatItHoldsGoesOn() {
        var history = given(1).met();
        history.order().assign(slow(), 1, 2).send();
        history.order().send();
        history.decide(new Input.Measured(onDisk(Limits.RESERVE - 1)));
        assertTrue(history.report().capacity().orElseThrow().shortOfDisk(), "it is told at once");
        history.order().assign(slow(), 3).send();
        assertEquals(AttemptState.REFUSED, history.state(3));
        assertEquals(
                "disk", history.rows().get(3L).detail().orElseThrow().error().split(":")[0]);
        history.ended(1);
        assertEquals(List.of(1L, 2L), history.startedSerials());
        history.order().send();
        history.order().send(); // nothing is in flight any more
        int said = history.said.size();
        for (long more : new long[] {0, -1, 1, Limits.RESERVE_AGAIN - 1 - Limits.RESERVE})
            history.decide(new Input.Measured(onDisk(Limits.RESERVE + more)));
        assertEquals(said, history.said.size(), "at the edge it is not told each time");
        history.decide(new Input.Measured(onDisk(Limits.RESERVE_AGAIN)));
        assertFalse(history.report().capacity().orElseThrow().shortOfDisk());
        history.order().assign(slow(), 4).send();
        assertEquals(AttemptState.ACCEPTED, history.state(4));
    }

    @Test
    void aDeviceThatHoldsNoWorkSpeaksAsOftenAsItsProfileSaysAndElseAsTheControllerSays() {
        var history = given(1, "1m").met();
        history.order().beat("5m").send();
        int before = history.reports().size();
        history.at("59s");
        assertEquals(before, history.reports().size());
        history.at("61s");
        assertEquals(before + 1, history.reports().size());
        history.order().beat("10s").assign(slow(), 1).send();
        history.order().beat("10s").send();
        int busy = history.reports().size();
        history.at("75s");
        assertEquals(busy + 1, history.reports().size());
    }

    @Test
    void aPausedDeviceBeginsNothingAndRefusesWhatIsNewUntilItGoesOn() {
        var history = given(1).met();
        history.order().assign(slow(), 1, 2).send();
        history.order().send();
        history.decide(new Input.Measured(fact(1, Capacity.PAUSED, "hot: from 78 C on, until 70 C")));
        assertTrue(history.report().capacity().orElseThrow().paused().isPresent(), "it is told at once");
        history.order().assign(slow(), 3).assign(instant(), 4).send();
        for (long serial : new long[] {3, 4}) {
            assertEquals(AttemptState.REFUSED, history.state(serial));
            assertEquals(
                    "paused: no task begins on this device now, hot: from 78 C on, until 70 C",
                    history.rows().get(serial).detail().orElseThrow().error());
        }
        history.ended(1);
        assertEquals(List.of(1L), history.startedSerials(), "what it holds waits");
        history.decide(new Input.Measured(slots(1)));
        assertEquals(List.of(1L, 2L), history.startedSerials());
        history.order().assign(instant(), 5).send();
        assertEquals(AttemptState.FINISHED, history.state(5));
    }

    @Test
    void beyondTheWindowThatItAdvertisesWorkIsRefused() {
        var history = given(1).met();
        history.decide(new Input.Measured(fact(1, Capacity.WINDOW, "3")));
        history.order().assign(slow(), 1, 2, 3, 4).send();
        assertEquals(AttemptState.ACCEPTED, history.state(3));
        assertEquals(AttemptState.REFUSED, history.state(4));
        assertEquals(
                "window: the device holds 3 attempts at most",
                history.rows().get(4L).detail().orElseThrow().error());
    }

    @Test
    void beyondTheWindowWorkIsRefused() {
        var history = given(1).met();
        history.order()
                .assign(slow(), LongStream.rangeClosed(1, 1030).toArray())
                .send();
        assertEquals(AttemptState.ACCEPTED, history.state(1024));
        assertEquals(AttemptState.REFUSED, history.state(1025));
    }

    @Test
    void aWaitingAttemptIsCancelledARunningOneIsKilledAndAnUnknownOneIsNothing() {
        var history = given(1).met();
        history.order().assign(slow(), 1, 2, 3).send();
        history.order().cancel(1L, 2L, 9L).send();
        assertEquals(List.of(1L), history.killed);
        assertEquals(AttemptState.CANCELLED, history.rows().get(2L).state());
        assertEquals(List.of(1L, 3L), history.startedSerials());
        history.ended(1);
        assertEquals(AttemptState.CANCELLED, history.state(1), "its end came too late");
    }

    @Test
    void theExecutorsWordIsBelievedOfWhatRunsAndOfNothingElse() {
        var history = given(1).met();
        history.order().assign(slow(), 1, 2).send();
        history.ended(2);
        history.ended(99);
        assertEquals(AttemptState.ACCEPTED, history.state(2));
        history.decide(new Input.Ended(1, AttemptState.FINISHED, result(Limits.INLINE + 1)));
        history.order().send();
        assertEquals(AttemptState.FAILED, history.rows().get(1L).state());
        assertTrue(history.rows().get(1L).detail().orElseThrow().error().startsWith("result-too-large"));
    }

    @Test
    void whatWasAcceptedSurvivesAPowerCutAndWhatRanRunsAgain() {
        var history = given(2).met();
        history.order().assign(slow(), 1, 2, 3).send();
        history.restarted(false);
        assertEquals(3, history.core.attempts().size());
        history.restarted(true).greeted();
        assertEquals(List.of(1L, 2L), history.startedSerials());
        assertEquals(AttemptState.RUNNING, history.rows().get(1L).state());
    }

    @Test
    void aFinishedTaskIsNeverRunAgain() {
        var history = given(1).met();
        history.order().assign(slow(), 1).send();
        history.ended(1);
        history.restarted(false).greeted();
        assertEquals(List.of(), history.started);
        assertEquals(AttemptState.FINISHED, history.rows().get(1L).state());
    }

    @Test
    void theFourthTimeThatTheAgentStopsUnderATaskItFails() {
        var history = given(1).met();
        history.order().assign(slow(), 1).send();
        for (int i = 0; i < 3; i++) {
            history.restarted(false);
            assertEquals(List.of(1L), history.startedSerials());
        }
        history.restarted(false).greeted();
        assertEquals(AttemptState.FAILED, history.rows().get(1L).state());
        assertTrue(history.rows().get(1L).detail().orElseThrow().error().startsWith("crash-loop"));
    }

    @Test
    void afterAnUncleanStopStartsAreSyncedOneAtATimeUntilATaskHasEnded() {
        var history = given(4).restarted(false).met();
        var decision =
                history.order().assign(slow(), 1, 2).assign(instant(), 3, 4).send();
        assertEquals(List.of(1L), history.startedSerials());
        Event started = decision.events().get(decision.events().size() - 1);
        assertEquals(new Event.Started(List.of(1L), true), started);
        assertEquals(Durability.DURABLE, MACHINE.durability(started));
        history.ended(1);
        assertEquals(List.of(1L, 2L), history.startedSerials());
        assertEquals(AttemptState.FINISHED, history.state(4));
    }

    @Test
    void anInstantTaskThatKillsTheBoardIsCounted() {
        var history = given(1).restarted(false).met();
        history.order().assign(instant(), 1, 2).send();
        for (int i = 0; i < 4; i++) {
            assertEquals(List.of(1L), history.startedSerials());
            history.restarted(false);
        }
        assertEquals(AttemptState.FAILED, history.state(1));
        assertEquals(List.of(2L), history.startedSerials());
    }

    @Test
    void whileTheLinkIsDownTheAgentGoesOnAndOnlyOneTimeWorkWaits() {
        var history = given(1).met();
        history.order().assign(slow(), 1, 2).once(slow(), 3).send();
        history.decide(new Input.Disconnected());
        int before = history.said.size();
        history.ended(1);
        history.ended(2);
        history.at("3h");
        assertEquals(List.of(1L, 2L), history.startedSerials());
        assertEquals(AttemptState.ASKING, history.state(3));
        assertEquals(before, history.said.size());
        history.greeted();
        assertEquals(AttemptState.FINISHED, history.rows().get(2L).state());
    }

    // ---- one-time work

    @Test
    void oneTimeWorkAsksAndStartsWithItsPermitOnDiskFirst() {
        var history = given(1).met();
        history.order().once(instant(), 1, 2).send();
        assertEquals(AttemptState.ASKING, history.rows().get(1L).state());
        assertEquals(AttemptState.ACCEPTED, history.rows().get(2L).state(), "as many ask as there are slots");
        assertEquals(List.of(), history.started);
        var decision = history.order().permit(1, history.hello().boot()).send();
        assertEquals(List.of(1L), history.startedSerials());
        assertTrue(decision.events().contains(new Event.Started(List.of(1L), true)));
        assertEquals(Durability.DURABLE, MACHINE.durability(new Event.Started(List.of(1L), true)));
        assertEquals(AttemptState.ASKING, history.state(2));
    }

    @Test
    void aPermitForAnotherBootOrAnotherAttemptStartsNothing() {
        var history = given(1).met();
        history.order().assign(slow(), 1).once(slow(), 2, 3).send();
        long boot = history.hello().boot();
        history.order().permit(2, boot + 1).permit(3, boot).permit(99, boot).send();
        history.ended(1);
        assertEquals(List.of(1L), history.startedSerials());
    }

    @Test
    void aPermitWaitsForAFreeSlotAndDoesNotOutliveTheBoot() {
        var history = given(1).met();
        history.order().assign(slow(), 1).once(slow(), 2).send();
        long boot = history.hello().boot();
        history.order().permit(2, boot).send();
        assertEquals(List.of(1L), history.startedSerials());
        history.restarted(true).met();
        assertEquals(AttemptState.ASKING, history.state(2), "it asks again, from another boot");
        history.ended(1);
        history.order().permit(2, boot).send();
        assertEquals(AttemptState.ASKING, history.state(2));
        history.order().permit(2, history.hello().boot()).send();
        assertEquals(AttemptState.RUNNING, history.state(2));
    }

    @Test
    void oneTimeWorkThatWasInterruptedIsSaidSoAndNotStartedAgain() {
        var history = given(1).met();
        history.order().once(slow(), 1).send();
        history.order().permit(1, history.hello().boot()).send();
        history.restarted(false).greeted();
        assertEquals(List.of(), history.started);
        assertEquals(AttemptState.INTERRUPTED, history.rows().get(1L).state());
        history.order().permit(1, history.hello().boot()).send();
        assertEquals(List.of(), history.started);
    }

    // ---- inputs that are fetched

    private static AgentHistory fetching() {
        var history = given(1).met();
        var shard = new ShardInput.Stored(FILE, 70_000, 2);
        history.order().assign(table(false), false, shard, 1, 2).send();
        assertEquals(List.of(new Effect.Look(FILE)), history.disk);
        assertEquals(Optional.empty(), history.report().need());
        history.order().send();
        history.decide(new Input.Stored(FILE, 0, false));
        assertEquals(new Report.Need(FILE, 0), history.report().need().orElseThrow());
        return history;
    }

    @Test
    void aBigInputIsFetchedChunkByChunkAndItsAttemptsRunOnceItIsWhole() {
        var history = fetching();
        for (int offset : List.of(0, 30_000, 60_000)) {
            int length = Math.min(30_000, 70_000 - offset);
            int before = history.reports().size();
            history.order().chunk(FILE, offset, 70_000, length).send();
            assertTrue(history.disk.get(history.disk.size() - 1) instanceof Effect.Store, "" + history.disk);
            assertEquals(before + 1, history.reports().size());
            assertEquals(Optional.empty(), history.report().need(), "the chunk is being stored");
            boolean whole = offset + length == 70_000;
            history.decide(new Input.Stored(FILE, offset + length, whole));
            if (!whole)
                assertEquals(
                        new Report.Need(FILE, offset + length),
                        history.report().need().orElseThrow());
        }
        assertEquals(List.of(1L), history.startedSerials());
        history.ended(1);
        history.order().send();
        assertFalse(history.disk.contains(new Effect.Forget(FILE)), "2 needs it");
        history.ended(2);
        assertTrue(history.disk.contains(new Effect.Forget(FILE)));
    }

    @Test
    void atEachStartWhatNoAttemptNeedsIsForgottenSinceACrashMayHaveComeBeforeThat() {
        var history = fetching();
        history.restarted(true);
        assertEquals(new TreeSet<>(List.of(FILE)), history.needed.get(1));
        history.met();
        history.order().cancel(1L, 2L).send();
        history.restarted(true);
        assertEquals(new TreeSet<>(), history.needed.get(2));
    }

    @Test
    void aChunkThatWasLostIsAskedForAgainAndAnOldOneIsNotStored() {
        var history = fetching();
        history.order().send();
        int before = history.reports().size();
        history.at("4s");
        assertEquals(before, history.reports().size());
        history.at("8s");
        assertEquals(new Report.Need(FILE, 0), history.report().need().orElseThrow());
        assertEquals(before + 1, history.reports().size());
        history.order().chunk(FILE, 30_000, 70_000, 30_000).send();
        assertEquals(List.of(new Effect.Look(FILE)), history.disk);
    }

    @Test
    void anArtifactThatIsWrongIsFetchedAgainAFewTimesThenItsAttemptsFail() {
        var history = fetching();
        for (int i = 0; i < 3; i++) {
            history.order().chunk(FILE, 0, 60_000, 30_000).send();
            history.decide(new Input.Stored(FILE, 30_000, false));
            history.order().chunk(FILE, 30_000, 60_000, 30_000).send();
            history.decide(new Input.Stored(FILE, 0, false));
        }
        history.order().send();
        assertEquals(AttemptState.FAILED, history.state(2));
        assertTrue(history.rows().get(1L).detail().orElseThrow().error().startsWith("bad-artifact"));
        assertTrue(history.disk.contains(new Effect.Forget(FILE)));
    }

    @Test
    void anArtifactThatAFullDiskDoesNotTakeIsWaitedForAndFailsNobody() {
        var history = fetching();
        history.decide(new Input.Measured(onDisk(0)));
        for (int i = 0; i < 9; i++) {
            history.order().chunk(FILE, 0, 60_000, 30_000).send();
            history.decide(new Input.Stored(FILE, 0, false));
        }
        history.order().send();
        assertEquals(AttemptState.ACCEPTED, history.state(2));
    }

    @Test
    void afterARestartTheDiskIsAskedAndTheFetchGoesOnWhereItWas() {
        var history = fetching();
        history.disk.clear();
        history.restarted(true).greeted();
        assertEquals(List.of(new Effect.Look(FILE)), history.disk);
        history.order().send();
        history.decide(new Input.Stored(FILE, 30_000, false));
        assertEquals(new Report.Need(FILE, 30_000), history.report().need().orElseThrow());
    }

    @Test
    void oneArtifactIsFetchedAtATimeTheOldestAttemptsFirst() {
        var history = given(1).met();
        Digest other = Digest.of(new byte[] {2});
        history.order()
                .assign(table(false), false, new ShardInput.Stored(FILE, 70_000, 2), 1)
                .assign(table(false), false, new ShardInput.Stored(other, 70_000, 2), 2)
                .send();
        history.order().send();
        history.decide(new Input.Stored(other, 0, false));
        history.decide(new Input.Stored(FILE, 0, false));
        assertEquals(FILE, history.report().need().orElseThrow().digest());
        history.order().cancel(1L).send();
        assertEquals(other, history.report().need().orElseThrow().digest());
    }
}
