package dev.flotilla.controller.core;

import static dev.flotilla.controller.core.ControllerHistory.foreign;
import static dev.flotilla.controller.core.ControllerHistory.given;
import static dev.flotilla.controller.core.ControllerHistory.slots;
import static dev.flotilla.controller.core.ControllerHistory.spec;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.controller.core.ControllerHistory.Device;
import dev.flotilla.core.Dice;
import dev.flotilla.core.Moment;
import dev.flotilla.core.Stamped;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Order;
import dev.flotilla.link.Presence;
import dev.flotilla.link.Report;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.DeviceId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How a device and the controller meet, and what either says again to the other: PROTOCOL sections 3 and 4. */
class MeetingsTest {
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
    void aHelloChangesNothing() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        byte[] before = history.core.snapshot();
        long greeting = history.device("oak").greeting;
        var decision = history.decide(
                new Input.Greeted(new DeviceId("oak"), new Hello(1, 77, 9, "b".repeat(32), 0, 0, "", ""), 0));
        assertEquals(List.of(), decision.events());
        assertArrayEquals(before, history.core.snapshot());
        history.device("oak").greeting = greeting;
        var counted = history.reports("oak", history.finished("oak", "sum/0#1"));
        assertTrue(
                history.kinds(counted).contains(Event.Counted.class),
                "the meeting before goes on until a full report carries the new greeting");
    }

    @Test
    void aHelloOfAnOfflineDeviceBringsItNothingYet() {
        var history = given().meets("oak", slots(1));
        history.decide(new Input.PresenceSeen(new DeviceId("oak"), Presence.OFFLINE));
        history.submitted("sum", 1, "60s");
        var hello = new Hello(1, 77, 9, "a".repeat(32), 0, 0, "", "");
        assertEquals(
                List.of(),
                history.decide(new Input.Greeted(new DeviceId("oak"), hello, 0)).events());
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
    void whatEndedWhileItsOrderWasUnansweredIsCancelledAndNotAssignedAgain() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        history.decide(new Input.CancelAsked(99, "sum", Instant.EPOCH));
        history.device("oak").assigned.clear();
        history.at("6s");
        assertTrue(history.device("oak").assigned.isEmpty());
        assertEquals(List.of(1L), history.device("oak").cancelled);
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
    void aRowOfAnUnknownJobIsCancelledAndThenSettled() {
        var history = given();
        history.device("oak").highest = 3;
        history.met("oak", slots(1), foreign("gone", spec(1), 3, 0, 1, AttemptState.RUNNING));
        assertEquals(List.of(3L), history.device("oak").cancelled);
        history.reports("oak", foreign("gone", spec(1), 3, 0, 1, AttemptState.CANCELLED));
        assertEquals(List.of(3L), history.device("oak").settled);
    }
}
