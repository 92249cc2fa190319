package dev.flotilla.controller.core;

import static dev.flotilla.controller.core.ControllerHistory.foreign;
import static dev.flotilla.controller.core.ControllerHistory.given;
import static dev.flotilla.controller.core.ControllerHistory.labelled;
import static dev.flotilla.controller.core.ControllerHistory.policy;
import static dev.flotilla.controller.core.ControllerHistory.slots;
import static dev.flotilla.controller.core.ControllerHistory.spec;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.controller.core.ControllerHistory.Device;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Percent;
import dev.flotilla.model.Policy;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.shard.ShardPlan;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A job from its submission to its removal. */
class JobsTest {
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
}
