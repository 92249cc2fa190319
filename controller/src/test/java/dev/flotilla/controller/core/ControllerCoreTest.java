package dev.flotilla.controller.core;

import static dev.flotilla.controller.core.ControllerHistory.foreign;
import static dev.flotilla.controller.core.ControllerHistory.given;
import static dev.flotilla.controller.core.ControllerHistory.labelled;
import static dev.flotilla.controller.core.ControllerHistory.policy;
import static dev.flotilla.controller.core.ControllerHistory.slots;
import static dev.flotilla.controller.core.ControllerHistory.spec;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.controller.core.ControllerHistory.Device;
import dev.flotilla.core.Dice;
import dev.flotilla.core.Moment;
import dev.flotilla.core.Stamped;
import dev.flotilla.link.Detail;
import dev.flotilla.link.Order;
import dev.flotilla.link.Presence;
import dev.flotilla.link.Report;
import dev.flotilla.link.RowGroup;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Limits;
import dev.flotilla.model.Percent;
import dev.flotilla.model.Policy;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.shard.ShardPlan;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Given a history, when one more thing happens, then this decision. */
class ControllerCoreTest {
    @Test
    void aJobIsSharedOutFoldedAndDone() {
        var history = given().meets("oak", slots(1)).meets("elm", slots(1)).submitted("sum", 4, "60s");
        for (String shard : List.of("sum/0#1", "sum/1#1", "sum/2#1", "sum/3#1")) {
            String device = history.device("oak").assigned.isEmpty() ? "elm" : "oak";
            try {
                history.reports(device, history.finished(device, shard));
            } catch (AssertionError notThere) {
                device = device.equals("oak") ? "elm" : "oak";
                history.reports(device, history.finished(device, shard));
            }
        }
        View.Result result = history.result("sum");
        assertEquals("done", result.state());
        assertEquals(Optional.of(new BigDecimal(4950)), result.value());
        assertEquals(4, result.coverage().shardsCounted());
        assertEquals(0, result.exit());
    }

    @Test
    void aRunningJobIsNotRemovedAndSaysHowToEndIt() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        var decision = history.decide(new Input.RemoveAsked(77, "sum"));
        assertEquals(List.of(), decision.events());
        View.Problem problem = (View.Problem) ((Effect.Reply) decision.effects().get(0)).view();
        assertEquals("flotilla job cancel sum ; flotilla job remove sum", problem.next());
    }

    @Test
    void whatDevicesStillSayOfARemovedJobIsSettledOrCancelledAndCountsNowhere() {
        var history = given().meets("oak", slots(1)).meets("elm", slots(1)).submitted("sum", 8, "60s");
        history.decide(new Input.CancelAsked(76, "sum", Instant.EPOCH));
        var removed = history.decide(new Input.RemoveAsked(77, "su"));
        assertEquals(List.of(Event.JobRemoved.class), history.kinds(removed));
        var again = history.decide(new Input.RemoveAsked(78, "sum"));
        assertEquals(List.of(new Effect.Reply(78, new View.Removed("sum"))), again.effects());
        Device oak = history.device("oak");
        long serial = oak.assigned.firstKey();
        long other = oak.assigned.lastKey();
        var late = history.reports(
                "oak",
                foreign("sum", spec(8), serial, 0, 1, AttemptState.FINISHED),
                foreign("sum", spec(8), other, 1, 1, AttemptState.RUNNING));
        assertEquals(List.of(), late.events());
        assertTrue(oak.settled.contains(serial), "settled: " + oak.settled);
        assertTrue(oak.cancelled.contains(other), "cancelled: " + oak.cancelled);
        history.restarted().meets("oak", slots(1), foreign("sum", spec(8), serial, 0, 1, AttemptState.FINISHED));
        assertEquals(0, history.core.ledger().jobs.size());
    }

    @Test
    void anIdNamesOneJobForEverAlsoARemovedOne() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        history.decide(new Input.CancelAsked(76, "sum", Instant.EPOCH));
        history.decide(new Input.RemoveAsked(77, "sum"));
        history.restarted();
        assertEquals(
                List.of(),
                history.submit("sum", spec(1), policy("60s", false, 3)).events());
        assertEquals(
                1,
                history.submit("sun", spec(1), policy("60s", false, 3)).events().size());
    }

    @Test
    void theJournalIsKeptFromTheOldestJobThatIsNotRemoved() {
        var history = given().meets("oak", slots(1));
        assertEquals(Long.MAX_VALUE, history.core.keepFrom());
        history.submitted("a", 1, "60s");
        long a = history.core.keepFrom();
        history.submitted("b", 1, "60s");
        assertEquals(a, history.core.keepFrom());
        history.decide(new Input.CancelAsked(76, "a", Instant.EPOCH));
        history.decide(new Input.RemoveAsked(77, "a"));
        assertTrue(history.core.keepFrom() > a);
        long b = history.core.keepFrom();
        assertEquals(b, history.restarted().core.keepFrom());
        assertEquals(b, new ControllerCore(history.fleet, LedgerCodec.read(history.core.snapshot())).keepFrom());
    }

    @Test
    void aJobWhoseFileIsNotThereAnyMoreEndsAndSaysSo() {
        var history = given().meets("oak", slots(1));
        Digest file = Digest.of(new byte[] {1});
        Digest part = Digest.of(new byte[] {2});
        Spec spec = new Spec(
                new dev.flotilla.model.Input.Records(
                        file, "flights.csv", dev.flotilla.model.Input.Format.LINES, List.of(), 10),
                Sharding.range(2),
                ProgramCall.of("count"));
        ShardPlan plan = new ShardPlan(
                Optional.of(file),
                List.of(
                        new ShardPlan.Slice(0, 100_000, 5, 1, Optional.of(part)),
                        new ShardPlan.Slice(100_000, 10, 5, 6, Optional.empty())));
        for (Digest missing : List.of(file, part)) {
            JobId id = new JobId("count-" + missing.hex().substring(0, 8));
            history.decide(new Input.Submitted(
                    77, id, "", spec, policy("60s", false, 3), plan, List.of(), Instant.EPOCH, 0, false));
            var decision = history.decide(new Input.ArtifactMissing(missing));
            assertTrue(history.kinds(decision).contains(Event.JobEnded.class), "events: " + decision.events());
            assertEquals("failed", history.result(id.value()).state());
            assertTrue(history.result(id.value()).why().orElseThrow().contains("flights.csv"));
        }
        assertEquals(List.of(), history.decide(new Input.ArtifactMissing(file)).events());
    }

    @Test
    void aLateResultIsWasteAndIsNotCountedAgain() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        history.reports("oak", history.running("oak", "sum/0#1"));
        history.at("5s").meets("elm", slots(1)).at("40s").beats("elm").at("66s");
        history.reports("elm", history.finished("elm", "sum/0#2"));
        var decision = history.reports("oak", history.finished("oak", "sum/0#1"));
        assertEquals(List.of(Event.Ended.class), history.kinds(decision));
        assertEquals(1, history.result("sum").wasted());
        assertEquals(Optional.of(new BigDecimal(4950)), history.result("sum").value());
    }

    @Test
    void aLostAttemptsResultStillCountsIfItIsFirst() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        history.reports("oak", history.running("oak", "sum/0#1"));
        history.at("5s").meets("elm", slots(1)).at("40s").beats("elm").at("66s");
        history.reports("elm", history.accepted("elm", "sum/0#2"));
        var decision = history.reports("oak", history.finished("oak", "sum/0#1"));
        assertTrue(history.kinds(decision).contains(Event.Counted.class));
        assertEquals(List.of(history.device("elm").serial("sum/0#2")), history.device("elm").cancelled);
    }

    @Test
    void silenceIsLookedForWhenAnAttemptMayBeLostAndNotBefore() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        history.reports("oak", history.running("oak", "sum/0#1"));
        assertEquals(Optional.of(new Moment(60_000_000_000L)), history.core.wakeAt());
        history.at("40s").beats("oak").at("60s");
        assertEquals(Optional.of(new Moment(100_000_000_000L)), history.core.wakeAt());
        assertEquals(List.of(), history.at("99s").decide(new Input.Ticked()).events());
        history.at("101s");
        assertTrue(history.journal.get(history.journal.size() - 1) instanceof Event.Lost, "at 101 s it is lost");
        assertEquals(Optional.empty(), history.core.wakeAt());
    }

    @Test
    void silenceIsLookedForSoonerWhenOtherWorkAsksForIt() {
        var history = given().meets("oak", slots(2)).submitted("slow", 1, "10m").submitted("quick", 1, "10s");
        history.reports("oak", history.accepted("oak", "slow/0#1"));
        history.reports("oak", history.accepted("oak", "quick/0#1"));
        assertEquals(Optional.of(new Moment(10_000_000_000L)), history.core.wakeAt());
        history.at("15s");
        assertEquals(1, history.core.ledger().jobs.get(new JobId("slow")).live);
        assertEquals(0, history.core.ledger().jobs.get(new JobId("quick")).live);
        assertEquals(Optional.of(new Moment(600_000_000_000L)), history.core.wakeAt());
    }

    @Test
    void aDeviceThatRefusesRestsLongerEachTimeSoThatTheJournalDoesNotGrowByIt() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        history.reports("oak", history.ended("oak", "sum/0#1", AttemptState.REFUSED, "unknown-spec"));
        assertEquals(1, history.device("oak").assigned.size());
        history.at("2s").reports("oak", history.ended("oak", "sum/0#2", AttemptState.REFUSED, "unknown-spec"));
        assertEquals(2, history.device("oak").assigned.size());
        history.at("3s");
        assertEquals(2, history.device("oak").assigned.size());
        history.at("5s");
        assertEquals(3, history.device("oak").assigned.size());
        history.reports("oak", history.finished("oak", "sum/0#3"));
        assertEquals("done", history.result("sum").state());
    }

    @Test
    void aDeviceThatRefusesOneJobForEverWorksOnTheOthersAndIsAskedLessAndLessOften() {
        var history =
                given().meets("oak", slots(1)).submitted("never", 1, "60s").submitted("sum", 100, "60s");
        int asked = 0;
        int done = 0;
        Device oak = history.device("oak");
        for (int second = 0; second < 30; second++) {
            history.at(second + "s");
            List<RowGroup> rows = new ArrayList<>();
            for (var e : oak.assigned.entrySet()) {
                String attempt = oak.groups.get(e.getKey()).job() + "/"
                        + e.getValue().index() + "#" + e.getValue().attempt();
                if (attempt.startsWith("never")) {
                    rows.add(history.ended("oak", attempt, AttemptState.REFUSED, "unknown-program: it has none"));
                    asked++;
                } else {
                    Detail ran = new Detail(
                            Duration.ofSeconds(1),
                            Duration.ZERO,
                            1,
                            Optional.of(ControllerHistory.result(e.getValue().index(), spec(100))),
                            "");
                    rows.add(history.row("oak", attempt, AttemptState.FINISHED, 3, Optional.of(ran)));
                    done++;
                }
            }
            oak.assigned.clear();
            history.reports("oak", rows.toArray(RowGroup[]::new));
        }
        assertEquals(5, asked);
        assertTrue(done >= 80, done + " done: it has room for three each second");
    }

    @Test
    void aDeviceThatHasNoRoomGetsNothingOfAnyJobBeforeItHasRested() {
        for (String rule : List.of("disk: less than 64 MiB are left", "window: it holds 1024 attempts at most")) {
            var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
            history.reports("oak", history.ended("oak", "sum/0#1", AttemptState.REFUSED, rule));
            history.submitted("more", 2, "60s");
            assertEquals(1, history.device("oak").assigned.size(), rule);
            history.at("1s");
            assertEquals(4, history.device("oak").assigned.size(), rule);
        }
    }

    @Test
    void aResultOfWhatAnotherDeviceWasGivenCountsNowhere() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s").meets("elm", slots(1));
        history.submitted("more", 1, "60s");
        long mine = history.device("elm").serial("more/0#1");
        assertEquals(
                List.of(),
                history.reports("elm", foreign("sum", spec(1), mine, 0, 1, AttemptState.FINISHED))
                        .events());
        history.reports("elm", history.finished("elm", "more/0#1"));
        assertEquals(
                List.of(),
                history.reports("elm", foreign("sum", spec(1), mine, 0, 1, AttemptState.FINISHED))
                        .events());
        assertEquals(0, history.result("sum").coverage().shardsCounted());
        history.reports("oak", history.finished("oak", "sum/0#1"));
        assertEquals(1, history.result("sum").coverage().shardsCounted());
    }

    @Test
    void aSerialAboveAllThatWereGivenIsNotTakenInFromAMereReport() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        long next = history.core.ledger().devices.get(new DeviceId("oak")).next;
        for (AttemptState state : List.of(AttemptState.FINISHED, AttemptState.RUNNING)) {
            var told = history.reports("oak", foreign("sum", spec(1), next, 0, 2, state));
            assertEquals(List.of(), told.events());
        }
        assertEquals(List.of(), history.device("oak").settled, "it would be settled before it was given");
    }

    @Test
    void itsOwnResultToldTwiceWithOtherValuesInOneReportCountsAsItWasToldFirst() {
        var history = given().meets("oak", slots(1)).submitted("sum", 2, "60s");
        long serial = history.device("oak").serial("sum/0#1");
        var told = history.reports(
                "oak",
                history.finished("oak", "sum/0#1"),
                new RowGroup(
                        new JobId("sum"),
                        dev.flotilla.codec.SpecCodec.digest(spec(2)),
                        List.of(new dev.flotilla.link.Row(
                                serial,
                                4,
                                AttemptState.FINISHED,
                                0,
                                1,
                                Optional.of(
                                        dev.flotilla.link.Detail.instant(1, ControllerHistory.result(1, spec(2))))))));
        assertEquals(
                1,
                told.events().stream().filter(e -> e instanceof Event.Counted).count());
        assertEquals(Optional.of(new BigDecimal(1225)), history.result("sum").value());
    }

    @Test
    void theSameReportTwiceCountsOnce() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        Device oak = history.device("oak");
        Report report = history.report(oak, false, Optional.empty(), history.finished("oak", "sum/0#1"));
        history.decide(new Input.Reported(oak.id, report, 100));
        var again = history.decide(new Input.Reported(oak.id, report, 100));
        assertEquals(List.of(), again.events());
        assertEquals(1, history.result("sum").coverage().shardsCounted());
    }

    @Test
    void aReportOfAnotherMeetingChangesNothingAndIsAskedForHello() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        Device oak = history.device("oak");
        Report old = history.report(oak, true, Optional.of(slots(1)), history.finished("oak", "sum/0#1"));
        history.met("oak", slots(1));
        history.device("oak").greeting = 0;
        var decision = history.decide(new Input.Reported(oak.id, old, 100));
        assertEquals(List.of(), decision.events());
        assertTrue(decision.effects().stream()
                .anyMatch(
                        e -> e instanceof Effect.SendGreeting g && g.greeting().greeting() == 0));
    }

    @Test
    void aHelloChangesNothing() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        byte[] before = history.core.snapshot();
        long greeting = history.device("oak").greeting;
        var decision = history.decide(new Input.Greeted(
                new DeviceId("oak"), new dev.flotilla.link.Hello(1, 77, 9, "b".repeat(32), 0, 0, "", ""), 0));
        assertEquals(List.of(), decision.events());
        assertArrayEquals(before, history.core.snapshot());
        history.device("oak").greeting = greeting;
        var counted = history.reports("oak", history.finished("oak", "sum/0#1"));
        assertTrue(
                history.kinds(counted).contains(Event.Counted.class),
                "the meeting before goes on until a full report carries the new greeting");
    }

    @Test
    void anOrderThatNeverArrivedIsAssignedAgainUnderTheSameSerial() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        long serial = history.device("oak").serial("sum/0#1");
        history.device("oak").assigned.clear();
        history.device("oak").highest = 0;
        history.met("oak", slots(1));
        assertEquals(List.of(serial), List.copyOf(history.device("oak").assigned.keySet()));
        assertEquals(1, history.device("oak").assigned.get(serial).attempt());
    }

    @Test
    void anAttemptThatTheAgentLostIsPlacedAgain() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        history.reports("oak", history.accepted("oak", "sum/0#1"));
        var decision = history.met("oak", slots(1));
        assertTrue(history.kinds(decision).contains(Event.Gone.class));
        assertTrue(history.device("oak").assigned.values().stream().anyMatch(a -> a.attempt() == 2));
    }

    @Test
    void aNewJournalOfTheAgentMeansThatItsAttemptsAreGone() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        history.reports("oak", history.running("oak", "sum/0#1"));
        history.device("oak").agentId = "b".repeat(32);
        history.device("oak").highest = 0;
        var decision = history.met("oak", slots(1));
        assertTrue(history.kinds(decision).contains(Event.Gone.class));
    }

    @Test
    void anUnansweredOrderIsSaidAgainLaterAndWithTheSameSerials() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        history.device("oak").assigned.clear();
        history.at("3s");
        assertTrue(history.device("oak").assigned.isEmpty());
        history.at("6s");
        assertEquals(1, history.device("oak").assigned.size());
        assertEquals(1, history.device("oak").assigned.firstKey());
    }

    @Test
    void nothingNewIsSaidWhileAnOrderIsUnanswered() {
        var history = given().meets("oak", slots(4)).submitted("one", 1, "60s");
        history.submitted("two", 1, "60s");
        assertEquals(1, history.device("oak").assigned.size());
        history.reports("oak", history.accepted("oak", "one/0#1"));
        assertEquals(2, history.device("oak").assigned.size());
    }

    @Test
    void aSettledSerialIsSaidAgainUntilItsOrderIsConfirmed() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        history.reports("oak", history.finished("oak", "sum/0#1"));
        Device oak = history.device("oak");
        assertEquals(List.of(1L), oak.settled);
        oak.in = 1;
        oak.settled.clear();
        history.at("20s");
        history.reports("oak");
        assertEquals(List.of(1L), oak.settled);
    }

    @Test
    void oneTimeWorkGetsItsPermitForThatBootAlone() {
        var history = given().meets("oak", slots(1)).submittedOnce("once", 1, "60s");
        var decision = history.reports("oak", history.asking("oak", "once/0#1"));
        assertEquals(List.of(Event.Permitted.class), history.kinds(decision));
        assertEquals(List.of(new Order.Permit(1, 1)), history.device("oak").permits);
    }

    @Test
    void aPermitAskedForAgainFromAnotherBootIsHeldNotGiven() {
        var history = given().meets("oak", slots(1)).submittedOnce("once", 1, "60s");
        RowGroup asking = history.asking("oak", "once/0#1");
        history.reports("oak", asking);
        history.device("oak").permits.clear();
        history.device("oak").boot = 2;
        var decision = history.met("oak", slots(1), asking);
        assertTrue(history.kinds(decision).contains(Event.Held.class));
        assertEquals(List.of(), history.device("oak").permits);
        assertEquals(
                Optional.of("needs your decision: 1 held"),
                history.result("once").needs());
    }

    @Test
    void aPermittedAttemptOfASilentDeviceIsHeldAndNeverPlacedElsewhere() {
        var history = given().meets("oak", slots(1)).submittedOnce("once", 1, "60s");
        history.reports("oak", history.asking("oak", "once/0#1"));
        history.at("5s").meets("elm", slots(1)).at("120s");
        assertTrue(history.device("elm").assigned.isEmpty());
        assertTrue(history.result("once").needs().isPresent());
    }

    @Test
    void aOneTimeAttemptWithoutAPermitIsPlacedElsewhereFreely() {
        var history = given().meets("oak", slots(1)).submittedOnce("once", 1, "60s");
        history.reports("oak", history.accepted("oak", "once/0#1"));
        history.at("5s").meets("elm", slots(1)).at("40s").beats("elm").at("66s");
        assertEquals(1, history.device("elm").assigned.size());
    }

    @Test
    void anInterruptedOneTimeAttemptIsHeldAndReleaseRunsItAgainUnderANewSerial() {
        var history = given().meets("oak", slots(1)).submittedOnce("once", 1, "60s");
        history.reports("oak", history.asking("oak", "once/0#1"));
        history.reports("oak", history.ended("oak", "once/0#1", AttemptState.INTERRUPTED, "power"));
        assertTrue(history.result("once").needs().isPresent());
        history.decide(new Input.ReleaseAsked(99, "once", java.util.OptionalLong.empty(), true));
        history.reports("oak");
        assertEquals(2, history.device("oak").assigned.lastKey());
        assertEquals(2, history.device("oak").assigned.lastEntry().getValue().attempt());
    }

    @Test
    void anAttemptThatTheOperatorDecidedOnIsNoSignOfAnOlderCopyWhenItGoesOn() {
        var history = given().meets("oak", slots(1)).submittedOnce("once", 1, "60s");
        history.reports("oak", history.asking("oak", "once/0#1"));
        history.reports("oak", history.running("oak", "once/0#1"));
        history.at("120s");
        history.decide(new Input.ReleaseAsked(99, "once", java.util.OptionalLong.empty(), true));
        var again = history.reports("oak", history.running("oak", "once/0#1"));
        assertFalse(
                history.kinds(again).contains(Event.OlderCopyFound.class),
                again.events().toString());
        var ended = history.reports("oak", history.ended("oak", "once/0#1", AttemptState.INTERRUPTED, "power"));
        assertFalse(
                history.kinds(ended).contains(Event.Held.class), "the operator has decided on that attempt already");
    }

    @Test
    void aStartedOneTimeAttemptWithoutAPermitOnRecordShowsAnOlderCopy() {
        var history = given().meets("oak", slots(1)).submittedOnce("once", 2, "60s");
        var decision = history.reports("oak", history.running("oak", "once/0#1"));
        assertTrue(history.kinds(decision).contains(Event.OlderCopyFound.class));
        assertEquals(
                Optional.of("needs your decision: 2 held"),
                history.result("once").needs());
    }

    @Test
    void aCommitOfThisVeryTermThatTheJournalLacksShowsAnOlderCopy() {
        var history = given().submittedOnce("once", 1, "60s");
        Device oak = history.device("oak");
        history.decide(
                new Input.Greeted(oak.id, new dev.flotilla.link.Hello(1, 5, 1, oak.agentId, 1, 700, "", ""), 600));
        oak.hello = 5;
        var decision =
                history.decide(new Input.Reported(oak.id, history.report(oak, true, Optional.of(slots(1))), 100));
        assertTrue(history.kinds(decision).contains(Event.OlderCopyFound.class));
    }

    @Test
    void aDeviceThatFailsWhatOthersDoIsSetAside() {
        var history = given().meets("elm", slots(1)).meets("oak", slots(1));
        history.decide(new Input.PresenceSeen(new DeviceId("elm"), Presence.OFFLINE));
        for (String job : List.of("a", "b", "c")) {
            history.submitted(job, 1, "60s");
            history.reports("oak", history.accepted("oak", job + "/0#1"));
            history.reports("oak", history.ended("oak", job + "/0#1", AttemptState.FAILED, "no such library"));
        }
        history.decide(new Input.PresenceSeen(new DeviceId("elm"), Presence.ONLINE));
        history.at("5s");
        for (String job : List.of("a", "b", "c")) history.reports("elm", history.finished("elm", job + "/0#2"));
        int given = history.device("oak").assigned.size();
        history.submitted("next", 2, "60s");
        history.reports("elm");
        assertEquals(given, history.device("oak").assigned.size());
    }

    @Test
    void aCardInTwoMachinesIsQuarantined() {
        var history = given();
        for (int i = 0; i < 8; i++) {
            history.device("oak").boot = i % 2 + 1;
            history.met("oak", slots(1));
        }
        history.submitted("sum", 1, "60s");
        assertTrue(history.device("oak").assigned.isEmpty());
    }

    @Test
    void aCardInTwoMachinesWhoseAgentsStopEachOtherIsQuarantined() {
        var history = given();
        for (int boot = 1; boot < 6; boot++) {
            history.device("oak").boot = boot;
            history.device("oak").machine = boot % 2 == 0 ? "attic" : "barn";
            history.met("oak", slots(1));
        }
        history.submitted("sum", 1, "60s");
        assertTrue(history.device("oak").assigned.isEmpty());
    }

    @Test
    void aDeviceThatMerelyRestartsOftenIsNotQuarantined() {
        var history = given();
        for (int boot = 1; boot < 9; boot++) {
            history.device("oak").boot = boot;
            history.device("oak").machine = "barn, booted " + boot / 2;
            history.met("oak", slots(1));
        }
        history.submitted("sum", 1, "60s");
        assertEquals(1, history.device("oak").assigned.size());
    }

    @Test
    void givingUpAHeldTaskEndsTheJobWithWhatItHas() {
        var history = given().meets("oak", slots(1)).submittedOnce("once", 1, "60s");
        history.reports("oak", history.asking("oak", "once/0#1"));
        history.reports("oak", history.ended("oak", "once/0#1", AttemptState.FAILED, "exit 3"));
        history.decide(new Input.ReleaseAsked(99, "once", java.util.OptionalLong.empty(), false));
        assertEquals("failed", history.result("once").state());
    }

    @Test
    void aFailedTaskGoesToAnotherDeviceAndIsGivenUpAfterItsAttempts() {
        var history = given().meets("oak", slots(1)).meets("elm", slots(1));
        history.submit("sum", spec(1), policy("60s", false, 2));
        String first = history.device("oak").assigned.isEmpty() ? "elm" : "oak";
        String second = first.equals("oak") ? "elm" : "oak";
        history.reports(first, history.ended(first, "sum/0#1", AttemptState.FAILED, "bad-value: line 7"));
        assertTrue(history.device(second).assigned.isEmpty(), "it waits a second first");
        history.at("2s");
        var decision =
                history.reports(second, history.ended(second, "sum/0#2", AttemptState.FAILED, "bad-value: line 7"));
        assertTrue(history.kinds(decision).containsAll(List.of(Event.Poisoned.class, Event.JobEnded.class)));
        assertEquals("failed", history.result("sum").state());
        assertEquals("bad-value: line 7", history.result("sum").failed().get(0).error());
        assertEquals(1, history.result("sum").exit());
    }

    @Test
    void theSameFailureToldTwiceCountsOnce() {
        var history = given().meets("oak", slots(1));
        history.submit("sum", spec(1), policy("60s", false, 2));
        RowGroup failed = history.ended("oak", "sum/0#1", AttemptState.FAILED, "x");
        history.reports("oak", failed);
        history.reports("oak", failed);
        assertEquals("running", history.result("sum").state());
    }

    @Test
    void aResultThatDoesNotDecodeIsAFailureNotAValue() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        var bad = new dev.flotilla.link.Detail(
                Duration.ZERO, Duration.ZERO, 0, Optional.of(new dev.flotilla.model.Bytes(new byte[] {1, 2, 3})), "");
        history.reports("oak", history.row("oak", "sum/0#1", AttemptState.FINISHED, 3, Optional.of(bad)));
        assertEquals(0, history.result("sum").coverage().shardsCounted());
    }

    @Test
    void anEndedRowWhoseDetailDidNotFitIsNeitherCountedNorSettled() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        history.reports("oak", history.row("oak", "sum/0#1", AttemptState.FINISHED, 3, Optional.empty()));
        assertEquals(List.of(), history.device("oak").settled);
        history.reports("oak", history.finished("oak", "sum/0#1"));
        assertEquals(List.of(1L), history.device("oak").settled);
    }

    @Test
    void aRestoredControllerCountsWhatAnAgentFinishedForIt() {
        var history = given();
        history.submit("sum", spec(2), policy("60s", false, 3));
        history.device("oak").highest = 7;
        var decision = history.met("oak", slots(1), foreign("sum", spec(2), 7, 1, 1, AttemptState.FINISHED));
        assertTrue(history.kinds(decision).contains(Event.Counted.class));
        assertTrue(
                history.kinds(decision).contains(Event.OlderCopyFound.class),
                "it has serials that this journal never gave");
        assertTrue(history.device("oak").assigned.firstKey() > 7, "a serial is never used twice (I13)");
    }

    @Test
    void aRestoredControllerTakesOverWhatAnAgentRuns() {
        var history = given();
        history.submit("sum", spec(1), policy("60s", false, 3));
        history.device("oak").highest = 7;
        var decision = history.met("oak", slots(1), foreign("sum", spec(1), 7, 0, 1, AttemptState.RUNNING));
        assertTrue(history.kinds(decision).contains(Event.Adopted.class));
        assertTrue(history.device("oak").assigned.isEmpty());
    }

    @Test
    void whatAnAgentSaysHasEndedIsNotTakenOverWhenItSaysTheOppositeBesides() {
        var history = given();
        history.submit("sum", spec(1), policy("60s", false, 3));
        history.device("oak").highest = 7;
        var decision = history.met(
                "oak",
                slots(1),
                foreign("sum", spec(1), 7, 0, 1, AttemptState.CANCELLED),
                foreign("sum", spec(1), 7, 0, 1, AttemptState.RUNNING));
        assertFalse(history.kinds(decision).contains(Event.Adopted.class));
        assertEquals(List.of(7L), history.device("oak").settled);
    }

    @Test
    void whatAnAgentRunsIsNotTakenOverWhileAnotherAttemptIsLive() {
        var history = given().meets("elm", slots(1)).submitted("sum", 1, "60s");
        history.reports("elm", history.running("elm", "sum/0#1"));
        history.device("oak").highest = 7;
        history.met("oak", slots(1), foreign("sum", spec(1), 7, 0, 1, AttemptState.RUNNING));
        assertEquals(List.of(7L), history.device("oak").cancelled);
    }

    @Test
    void aRowOfAnUnknownJobIsCancelledAndThenSettled() {
        var history = given();
        history.device("oak").highest = 3;
        history.met("oak", slots(1), foreign("gone", spec(1), 3, 0, 1, AttemptState.RUNNING));
        assertEquals(List.of(3L), history.device("oak").cancelled);
        history.reports("oak", foreign("gone", spec(1), 3, 0, 1, AttemptState.CANCELLED));
        assertEquals(List.of(3L), history.device("oak").settled);
    }

    @Test
    void anImpossibleJumpOfSerialsIsRefused() {
        var history = given();
        history.device("oak").highest = Long.MAX_VALUE;
        var decision = history.met("oak", slots(1));
        assertEquals(List.of(), decision.events());
    }

    @Test
    void theSameIdWithTheSameSpecIsTheSameJobAndWithAnotherAConflict() {
        var history = given().submitted("sum", 4, "60s");
        var same = history.submit("sum", spec(4), policy("60s", false, 3));
        assertEquals(List.of(), same.events());
        assertFalse(((View.Submission) ((Effect.Reply) same.effects().get(0)).view()).isNew());
        var other = history.submit("sum", spec(5), policy("60s", false, 3));
        assertEquals("conflict", ((View.Problem) ((Effect.Reply) other.effects().get(0)).view()).code());
    }

    @Test
    void aControllerThatIsShortOfDiskRefusesANewJobAndKnowsThoseThatItHas() {
        var history = given().submitted("sum", 4, "60s").submitted("old", 4, "60s");
        history.decide(new Input.CancelAsked(1, "old", Instant.EPOCH));
        history.decide(new Input.RemoveAsked(2, "old"));
        View.Submission again = (View.Submission) submittedWhileShort(history, "sum", 4);
        assertFalse(again.isNew());
        assertEquals("running", again.state());
        assertEquals("conflict", ((View.Problem) submittedWhileShort(history, "sum", 5)).code());
        assertEquals("conflict", ((View.Problem) submittedWhileShort(history, "old", 4)).code());
        assertEquals("degraded", ((View.Problem) submittedWhileShort(history, "new", 4)).code());
        assertEquals(1, history.core.ledger().jobs.size());
    }

    private static View submittedWhileShort(ControllerHistory history, String job, long shards) {
        var in = new Input.Submitted(
                7,
                new JobId(job),
                "",
                spec(shards),
                policy("60s", false, 3),
                ShardPlan.COMPUTED,
                List.of(),
                Instant.EPOCH,
                0,
                true);
        return ((Effect.Reply) history.decide(in).effects().get(0)).view();
    }

    @Test
    void aJobThatNoDeviceFitsIsRefusedNamingDeviceAndTerm() {
        var history = given().meets("oak", labelled(1, "site", "bonn"));
        TreeMap<String, String> labels = new TreeMap<>();
        labels.put("site", "berlin");
        Policy policy = new Policy(
                "least-loaded",
                labels,
                List.of(),
                false,
                3,
                Duration.ofMinutes(1),
                Optional.empty(),
                Optional.empty(),
                Percent.ALL);
        var decision = history.submit("sum", spec(1), policy);
        assertEquals(List.of(), decision.events());
        View.Problem problem = (View.Problem) ((Effect.Reply) decision.effects().get(0)).view();
        assertEquals(6, problem.exit());
        assertTrue(problem.why().contains("oak") && problem.why().contains("site=berlin"), problem.why());
    }

    @Test
    void aJobWithoutAnyDeviceWaitsAndSaysSo() {
        var decision = given().submit("sum", spec(1), policy("60s", false, 3));
        View.Submission said = decision.effects().stream()
                .filter(e -> e instanceof Effect.Reply)
                .map(e -> (View.Submission) ((Effect.Reply) e).view())
                .findFirst()
                .orElseThrow();
        assertTrue(said.notes().toString().contains("no device"), said.notes().toString());
    }

    @Test
    void aSmallJobIsNotStarvedByABigOneThatCameFirst() {
        var history =
                given().meets("oak", slots(1)).submitted("big", 100, "60s").submitted("small", 1, "60s");
        int held = history.device("oak").assigned.size();
        assertTrue(history.device("oak").groups.values().stream()
                .allMatch(g -> g.job().value().equals("big")));
        history.reports("oak", history.finished("oak", "big/0#1"));
        assertTrue(history.device("oak").assigned.size() > held);
        assertTrue(history.device("oak").groups.values().stream()
                .anyMatch(g -> g.job().value().equals("small")));
    }

    @Test
    void anEndedJobStillSaysWhichDeviceHadNotAnswered() {
        var history = given().meets("oak", slots(1)).submitted("sum", 9, "60s");
        history.reports("oak", history.running("oak", "sum/0#1"));
        history.decide(new Input.CancelAsked(5, "sum", Instant.EPOCH));
        var before = history.result("sum").coverage();
        history.reports("oak", history.ended("oak", "sum/0#1", AttemptState.CANCELLED, ""));
        assertEquals(before, history.result("sum").coverage());
        assertEquals("oak", before.devices().missing().get(0).device());
        assertEquals(9, before.devices().missing().get(0).shards() + before.shardsUnplaced());
    }

    @Test
    void theDeadlineEndsTheJobWithWhatItHas() {
        var history = given().meets("oak", slots(1));
        Policy policy = new Policy(
                "least-loaded",
                new TreeMap<>(),
                List.of(),
                false,
                3,
                Duration.ofMinutes(10),
                Optional.of(Duration.ofMinutes(2)),
                Optional.empty(),
                Percent.parse("50%"));
        history.submit("sum", spec(2), policy);
        history.reports("oak", history.finished("oak", "sum/0#1"));
        history.at("119s");
        assertEquals("running", history.result("sum").state());
        history.at("121s");
        assertEquals("partial", history.result("sum").state());
        assertEquals(8, history.result("sum").exit());
    }

    @Test
    void afterTheEndALateResultChangesNothing() {
        var history = given().meets("oak", slots(1)).submitted("sum", 2, "60s");
        history.reports("oak", history.finished("oak", "sum/0#1"));
        history.decide(new Input.CancelAsked(5, "sum", Instant.EPOCH));
        var value = history.result("sum").value();
        history.reports("oak", history.finished("oak", "sum/1#1"));
        assertEquals(value, history.result("sum").value());
        assertEquals(1, history.result("sum").coverage().shardsCounted());
        assertEquals("cancelled", history.result("sum").state());
    }

    @Test
    void aRestartedControllerHasEveryJobAndGoesOn() {
        var history = given().meets("oak", slots(1)).submitted("sum", 4, "60s");
        history.reports("oak", history.finished("oak", "sum/0#1"));
        byte[] before = history.core.snapshot();
        ControllerCore again = new ControllerCore(history.fleet, LedgerCodec.read(before));
        assertArrayEquals(before, again.snapshot(), "a snapshot gives the same ledger, byte for byte");
        history.restarted();
        assertEquals(1, history.result("sum").coverage().shardsCounted());
        history.met("oak", slots(1), history.accepted("oak", "sum/1#1"));
        history.reports("oak", history.finished("oak", "sum/1#1"));
        assertEquals(2, history.result("sum").coverage().shardsCounted());
    }

    @Test
    void everyDeviceThatIsKnownIsAskedForAHelloAtEachStart() {
        var history = given().meets("oak", slots(1)).meets("elm", slots(1));
        ControllerCore again = new ControllerCore(history.fleet, LedgerCodec.read(history.core.snapshot()));
        var begun = again.decide(new Stamped<>(new Moment(0), new Dice(1), new Input.Begun(9)));
        List<String> asked = new ArrayList<>();
        for (Effect effect : begun.effects()) {
            if (effect instanceof Effect.SendGreeting e && e.greeting().greeting() == 0)
                asked.add(e.device().value());
        }
        assertEquals(List.of("elm", "oak"), asked);
    }

    @Test
    void theTermGrowsWithEachStart() {
        var history = given();
        long first = history.core.ledger().term;
        long second = history.restarted().core.ledger().term;
        assertTrue(
                0 < first && first < second && second < history.restarted().core.ledger().term);
    }

    @Test
    void replayingTheJournalGivesTheSameLedgerByteForByte() {
        var history = given().meets("oak", slots(2))
                .meets("elm", labelled(2, "site", "x"))
                .submitted("sum", 10, "60s")
                .submittedOnce("once", 2, "60s");
        String mine = "sum/" + history.device("oak").assigned.get(1L).index() + "#1";
        history.reports("oak", history.accepted("oak", mine));
        history.reports("oak", history.finished("oak", mine));
        history.at("100s");
        ControllerCore again = new ControllerCore(history.fleet);
        for (Event event : EventCodec.read(EventCodec.write(history.journal))) again.apply(event);
        assertArrayEquals(history.core.snapshot(), again.snapshot());
    }

    @Test
    void aDeviceThatIsOfflineGetsNothingNew() {
        var history = given().meets("oak", slots(1)).meets("elm", slots(1));
        history.decide(new Input.PresenceSeen(new DeviceId("oak"), Presence.OFFLINE));
        history.submitted("sum", 2, "60s");
        assertTrue(history.device("oak").assigned.isEmpty());
        assertEquals(2, history.device("elm").assigned.size());
    }

    @Test
    void aDeviceThatCannotWriteItsJournalSaysSoAndGetsNothingNewUntilItIsHeard() {
        var history = given().meets("oak", slots(1)).meets("elm", slots(1));
        history.decide(new Input.PresenceSeen(new DeviceId("oak"), Presence.DEGRADED));
        assertEquals("degraded: storage", state(history, "oak"));
        history.submitted("sum", 2, "60s");
        assertTrue(history.device("oak").assigned.isEmpty());
        history.meets("oak", slots(1));
        assertEquals("ready", state(history, "oak"));
        history.submitted("next", 9, "60s");
        assertFalse(history.device("oak").assigned.isEmpty());

        history.restarted().decide(new Input.PresenceSeen(new DeviceId("oak"), Presence.DEGRADED));
        assertEquals("degraded: storage", state(history, "oak"), "it cannot say hello to a new controller");
    }

    @Test
    void aDeviceBelowItsReserveOfDiskGetsNothingNewAndAJobSaysWhy() {
        var full = new Capacity.Storage(Limits.RESERVE - 1, OptionalLong.of(7));
        Capacity c = slots(1);
        var history = given().meets(
                        "oak",
                        new Capacity(1, 0, 1, 1, c.celsius(), c.speed(), c.facts(), c.labels(), Optional.of(full)));
        String why = "no device that fits is online and has 64 MiB of disk left";
        var submission = (View.Submission) history.submit("sum", spec(2), policy("60s", false, 3)).effects().stream()
                .filter(e -> e instanceof Effect.Reply)
                .map(e -> ((Effect.Reply) e).view())
                .findFirst()
                .orElseThrow();
        assertEquals(List.of(why + ": the job waits for one"), submission.notes());
        assertTrue(history.device("oak").assigned.isEmpty());
        assertEquals("degraded: storage", state(history, "oak"));
        assertEquals(List.of(why), ((View.JobDetail) history.ask(new Input.Query.Job("sum"))).placementNotes());
        var detail = (View.DeviceDetail) history.ask(new Input.Query.Device("oak"));
        assertEquals(Optional.of(new View.Disk(Limits.RESERVE - 1, Optional.of(7L))), detail.disk());
    }

    private static String state(ControllerHistory history, String device) {
        return ((View.DeviceDetail) history.ask(new Input.Query.Device(device)))
                .summary()
                .state();
    }

    @Test
    void aHelloOfAnOfflineDeviceBringsItNothingYet() {
        var history = given().meets("oak", slots(1));
        history.decide(new Input.PresenceSeen(new DeviceId("oak"), Presence.OFFLINE));
        history.submitted("sum", 1, "60s");
        var hello = new dev.flotilla.link.Hello(1, 77, 9, "a".repeat(32), 0, 0, "", "");
        assertEquals(
                List.of(),
                history.decide(new Input.Greeted(new DeviceId("oak"), hello, 0)).events());
    }

    @Test
    void aTaskThatMayRunAgainAndFindsNoRoomAsksForNoTickInThePast() {
        var history = given().meets("oak", slots(1)).submitted("sum", 4, "60s");
        history.reports("oak", history.ended("oak", "sum/0#1", AttemptState.FAILED, "x"));
        history.reports("oak", history.accepted("oak", "sum/3#1"));
        history.at("5s");
        assertTrue(new dev.flotilla.core.Moment(5_000_000_000L)
                .isBefore(history.core.wakeAt().orElseThrow()));
    }

    @Test
    void anOrderThatALaterOneOvertookIsSaidAgainAtOnce() {
        var history = given().meets("oak", slots(2)).submittedOnce("once", 2, "60s");
        history.reports("oak", history.asking("oak", "once/0#1"));
        Device oak = history.device("oak");
        List<Order.Permit> lost = List.copyOf(oak.permits);
        oak.permits.clear();
        oak.in--;
        history.reports("oak", history.ended("oak", "once/1#1", AttemptState.RETURNED, ""));
        assertEquals(List.of(2L), oak.settled);
        assertEquals(List.of(), oak.permits);
        history.reports("oak");
        assertEquals(lost, oak.permits);
    }

    @Test
    void aDeviceThatWasSilentGetsNothingNewBeforeItIsHeard() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        history.at("120s");
        assertEquals(1, history.device("oak").assigned.lastKey());
        history.beats("oak");
        assertEquals(2, history.device("oak").assigned.lastKey());
    }

    @Test
    void anIdleDevicesSilenceCountsFromWhenItWasGivenWork() {
        var history = given().meets("oak", slots(1)).at("200s").submitted("sum", 1, "60s");
        history.at("230s");
        assertTrue(history.journal.stream().noneMatch(Event.Lost.class::isInstance));
        history.at("265s");
        assertTrue(history.journal.stream().anyMatch(Event.Lost.class::isInstance));
    }

    @Test
    void whatEndedWhileItsOrderWasUnansweredIsCancelledAndNotAssignedAgain() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        history.decide(new Input.CancelAsked(99, "sum", Instant.EPOCH));
        history.device("oak").assigned.clear();
        history.at("6s");
        assertTrue(history.device("oak").assigned.isEmpty());
        assertEquals(List.of(1L), history.device("oak").cancelled);
    }

    @Test
    void aFailureToldAgainAfterTheReleaseDoesNotGiveTheTaskUp() {
        var history = given().meets("oak", slots(1)).meets("elm", slots(1));
        history.submit("once", spec(1), policy("60s", true, 1));
        String device = history.device("oak").assigned.isEmpty() ? "elm" : "oak";
        history.reports(device, history.asking(device, "once/0#1"));
        RowGroup failed = history.ended(device, "once/0#1", AttemptState.FAILED, "x");
        history.reports(device, failed);
        history.decide(new Input.ReleaseAsked(99, "once", java.util.OptionalLong.empty(), true));
        history.reports(device, failed);
        assertEquals("running", history.result("once").state());
    }

    @Test
    void whatAnOrderAssignedInVainAndWhatItCancelledInVainIsGoneInOneRisingList() {
        var history = given().meets("oak", slots(2)).submitted("a", 1, "60s");
        history.decide(new Input.CancelAsked(98, "a", Instant.EPOCH));
        history.submitted("b", 1, "60s").at("6s");
        history.decide(new Input.CancelAsked(99, "b", Instant.EPOCH));
        var decision = history.reports("oak");
        assertEquals(
                List.of(List.of(1L, 2L)),
                decision.events().stream()
                        .filter(Event.Gone.class::isInstance)
                        .map(e -> ((Event.Gone) e).serials())
                        .toList());
    }

    @Test
    void anIdleDeviceThatMissesItsBeatsGetsNothingBeforeItIsHeard() {
        var history = given().meets("oak", slots(1)).at("11m").submitted("sum", 1, "60s");
        assertTrue(history.device("oak").assigned.isEmpty());
        history.beats("oak");
        assertEquals(1, history.device("oak").assigned.size());
    }
}
