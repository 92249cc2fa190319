package dev.flotilla.controller.core;

import static dev.flotilla.controller.core.ControllerHistory.foreign;
import static dev.flotilla.controller.core.ControllerHistory.given;
import static dev.flotilla.controller.core.ControllerHistory.policy;
import static dev.flotilla.controller.core.ControllerHistory.slots;
import static dev.flotilla.controller.core.ControllerHistory.spec;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.codec.SpecCodec;
import dev.flotilla.controller.core.ControllerHistory.Device;
import dev.flotilla.link.Detail;
import dev.flotilla.link.Report;
import dev.flotilla.link.Row;
import dev.flotilla.link.RowGroup;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.JobId;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What counts, and what does not: results and failures that come late, twice, or from whom they should not. */
class CountingTest {
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
                        SpecCodec.digest(spec(2)),
                        List.of(new Row(
                                serial,
                                4,
                                AttemptState.FINISHED,
                                0,
                                1,
                                Optional.of(Detail.instant(1, ControllerHistory.result(1, spec(2))))))));
        assertEquals(
                1,
                told.events().stream().filter(e -> e instanceof Event.Counted).count());
        assertEquals(Optional.of(new BigDecimal(1225)), history.result("sum").value());
    }

    @Test
    void aResultThatDoesNotDecodeIsAFailureNotAValue() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        var bad = new Detail(Duration.ZERO, Duration.ZERO, 0, Optional.of(new Bytes(new byte[] {1, 2, 3})), "");
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
}
