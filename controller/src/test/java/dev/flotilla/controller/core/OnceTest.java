package dev.flotilla.controller.core;

import static dev.flotilla.controller.core.ControllerHistory.given;
import static dev.flotilla.controller.core.ControllerHistory.policy;
import static dev.flotilla.controller.core.ControllerHistory.slots;
import static dev.flotilla.controller.core.ControllerHistory.spec;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.link.Order;
import dev.flotilla.link.RowGroup;
import dev.flotilla.model.AttemptState;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** One-time work: started with a permit alone, held when nobody knows, freed by the operator. */
class OnceTest {
    @Test
    void oneTimeWorkGetsItsPermitForThatBootAlone() {
        var history = given().meets("oak", slots(1)).submittedOnce("once", 1, "60s");
        var decision = history.reports("oak", history.asking("oak", "once/0#1"));
        assertEquals(List.of(Event.Permitted.class), history.kinds(decision));
        assertEquals(List.of(new Order.Permit(1, 1)), history.device("oak").permits);
    }

    @Test
    void repeatableWorkGetsNoPermitWhateverItsDeviceSays() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        assertEquals(List.of(), history.kinds(history.reports("oak", history.asking("oak", "sum/0#1"))));
        history.at("5s").meets("elm", slots(1)).at("40s").beats("elm").at("66s");
        assertEquals(1, history.device("elm").assigned.size(), "a silent device's task is placed again, not held");
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
        history.decide(new Input.ReleaseAsked(99, "once", OptionalLong.empty(), true));
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
        history.decide(new Input.ReleaseAsked(99, "once", OptionalLong.empty(), true));
        var again = history.reports("oak", history.running("oak", "once/0#1"));
        assertFalse(
                history.kinds(again).contains(Event.OlderCopyFound.class),
                again.events().toString());
        var ended = history.reports("oak", history.ended("oak", "once/0#1", AttemptState.INTERRUPTED, "power"));
        assertFalse(
                history.kinds(ended).contains(Event.Held.class), "the operator has decided on that attempt already");
    }

    @Test
    void aFailureToldAgainAfterTheReleaseDoesNotGiveTheTaskUp() {
        var history = given().meets("oak", slots(1)).meets("elm", slots(1));
        history.submit("once", spec(1), policy("60s", true, 1));
        String device = history.device("oak").assigned.isEmpty() ? "elm" : "oak";
        history.reports(device, history.asking(device, "once/0#1"));
        RowGroup failed = history.ended(device, "once/0#1", AttemptState.FAILED, "x");
        history.reports(device, failed);
        history.decide(new Input.ReleaseAsked(99, "once", OptionalLong.empty(), true));
        history.reports(device, failed);
        assertEquals("running", history.result("once").state());
    }

    @Test
    void givingUpAHeldTaskEndsTheJobWithWhatItHas() {
        var history = given().meets("oak", slots(1)).submittedOnce("once", 1, "60s");
        history.reports("oak", history.asking("oak", "once/0#1"));
        history.reports("oak", history.ended("oak", "once/0#1", AttemptState.FAILED, "exit 3"));
        history.decide(new Input.ReleaseAsked(99, "once", OptionalLong.empty(), false));
        assertEquals("failed", history.result("once").state());
    }
}
