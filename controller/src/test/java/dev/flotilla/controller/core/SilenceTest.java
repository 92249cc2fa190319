package dev.flotilla.controller.core;

import static dev.flotilla.controller.core.ControllerHistory.given;
import static dev.flotilla.controller.core.ControllerHistory.slots;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.core.Moment;
import dev.flotilla.model.JobId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** When a device that says nothing is given up. */
class SilenceTest {
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
    void anIdleDevicesSilenceCountsFromWhenItWasGivenWork() {
        var history = given().meets("oak", slots(1)).at("200s").submitted("sum", 1, "60s");
        history.at("230s");
        assertTrue(history.journal.stream().noneMatch(Event.Lost.class::isInstance));
        history.at("265s");
        assertTrue(history.journal.stream().anyMatch(Event.Lost.class::isInstance));
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
    void anIdleDeviceThatMissesItsBeatsGetsNothingBeforeItIsHeard() {
        var history = given().meets("oak", slots(1)).at("11m").submitted("sum", 1, "60s");
        assertTrue(history.device("oak").assigned.isEmpty());
        history.beats("oak");
        assertEquals(1, history.device("oak").assigned.size());
    }
}
