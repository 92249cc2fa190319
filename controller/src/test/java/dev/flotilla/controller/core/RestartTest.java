package dev.flotilla.controller.core;

import static dev.flotilla.controller.core.ControllerHistory.given;
import static dev.flotilla.controller.core.ControllerHistory.labelled;
import static dev.flotilla.controller.core.ControllerHistory.slots;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** A controller that starts again from its own journal. */
class RestartTest {
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
}
