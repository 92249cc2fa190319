package dev.flotilla.controller.core;

import static dev.flotilla.controller.core.ControllerHistory.foreign;
import static dev.flotilla.controller.core.ControllerHistory.given;
import static dev.flotilla.controller.core.ControllerHistory.policy;
import static dev.flotilla.controller.core.ControllerHistory.slots;
import static dev.flotilla.controller.core.ControllerHistory.spec;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.controller.core.ControllerHistory.Device;
import dev.flotilla.core.Moment;
import dev.flotilla.link.Hello;
import dev.flotilla.link.RowGroup;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import java.math.BigDecimal;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** A controller that comes back from an older copy of its journal: PROTOCOL section 4. */
class RestoringTest {
    private static final int MANY = 100_000;
    private static final Spec MANY_SHARDS =
            new Spec(new dev.flotilla.model.Input.Range(0, 2 * MANY), Sharding.range(MANY), ProgramCall.of("sum"));

    private static void submitMany(ControllerHistory history) {
        history.submit("once", MANY_SHARDS, policy("60s", true, 3));
    }

    @Test
    void aRestoreHoldsEveryOpenOneTimeTaskWithOneEvent() {
        var history = given();
        submitMany(history);
        history.backTo(history.journal.size(), true);
        List<Event> restored = history.journal.stream()
                .filter(e -> e instanceof Event.Restored || e instanceof Event.OnceHeld || e instanceof Event.Held)
                .toList();
        assertEquals(2, restored.size(), restored.toString());
        assertTrue(EventCodec.write(restored).length < 200);
        assertEquals(
                Optional.of("needs your decision: " + MANY + " held"),
                history.result("once").needs());
        history.meets("oak", slots(2)).at("60s");
        assertEquals(0, history.device("oak").assigned.size(), "only the operator frees a held task");
        var view = (View.JobDetail) history.ask(new Input.Query.Job("once"));
        assertEquals(200, view.held().size());
        assertTrue(
                view.held().get(0).reason().contains("restored from an older copy"),
                view.held().toString());
    }

    @Test
    void aRestoredControllerPlacesNothingBeforeItsDevicesHadTheTimeToSayWhatTheyHold() {
        var history = given().meets("oak", slots(9)).meets("elm", slots(9));
        int copy = history.journal.size();
        history.at("100s").submitted("sum", 4, "10m").backTo(copy, true);
        history.submitted("sum", 4, "10m").meets("oak", slots(9));
        history.device("oak").assigned.clear();
        history.keeps("oak", "sum", spec(4), false);
        history.at("129s").beats("oak");
        assertEquals(0, history.device("oak").assigned.size());
        var notes = ((View.JobDetail) history.ask(new Input.Query.Job("sum"))).placementNotes();
        assertEquals(List.of("restored: nothing is placed for another 1 s, waiting for elm"), notes);
        var info = (View.Info) history.ask(new Input.Query.Info());
        assertEquals(List.of("elm"), info.restored().orElseThrow().waitingFor());
        history.at("131s");
        assertEquals(4, history.device("oak").assigned.size());
        assertEquals(
                "awaited",
                ((View.DeviceList) history.ask(new Input.Query.Devices()))
                        .devices()
                        .get(0)
                        .state());
    }

    @Test
    void aRestoredControllerSleepsWhileItWaitsThoughADeviceThatRefusedHasRested() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "10m").meets("elm", slots(1));
        RowGroup refused = history.ended("oak", "sum/0#1", AttemptState.REFUSED, "unknown spec");
        history.backTo(history.journal.size(), true);
        history.met("oak", slots(1), refused);
        history.at("20s");
        assertEquals(Optional.of(new Moment(30_000_000_000L)), history.core.wakeAt());
        history.at("30s");
        assertEquals(1, history.device("oak").assigned.size());
    }

    @Test
    void keptResultsCountAndOnlyTheRestIsPlacedOnceEveryDeviceHasTold() {
        var history = given().meets("oak", slots(9)).submitted("sum", 4, "10m");
        int copy = history.journal.size();
        history.hasMet("oak", 500).backTo(copy, true);
        history.device("oak").assigned.clear();
        history.meets("oak", slots(9));
        assertEquals(OptionalLong.of(0), history.device("oak").keptWanted);
        history.keeps("oak", "sum", spec(4), true, 1, 0, 2, 1);
        assertEquals(OptionalLong.of(2), history.device("oak").keptWanted, "the next page begins behind the last");
        assertEquals(2, history.result("sum").coverage().shardsCounted());
        var last = history.keeps("oak", "sum", spec(4), false, 3, 2);
        assertEquals(
                List.of(Event.Counted.class, Event.KeptTold.class, Event.WaitedEnough.class, Event.Placed.class),
                history.kinds(last));
        assertEquals(1, history.device("oak").assigned.size(), "what was done is not run again");
        assertFalse(history.kinds(last).contains(Event.OlderCopyFound.class));
        history.reports("oak", history.finished("oak", "sum/3#2"));
        assertEquals(Optional.of(new BigDecimal(4950)), history.result("sum").value());
        assertEquals(OptionalLong.empty(), history.device("oak").keptWanted, "it is asked once");
        history.restarted().meets("oak", slots(9));
        assertEquals(OptionalLong.empty(), history.device("oak").keptWanted, "and not after a start either");
    }

    @Test
    void aKeptResultOfAOneTimeTaskCountsThoughTheTaskIsHeld() {
        var history = given().meets("oak", slots(1)).submittedOnce("once", 3, "60s");
        history.hasMet("oak", 500).backTo(history.journal.size(), true).meets("oak", slots(1));
        history.keeps("oak", "once", spec(3), false, 1, 0, 2, 2);
        assertEquals(2, history.result("once").coverage().shardsCounted());
        assertEquals(
                Optional.of("needs your decision: 1 held"),
                history.result("once").needs());
    }

    @Test
    void aKeptResultOfAnotherSpecOrAnEndedJobIsNotCounted() {
        var history = given().meets("oak", slots(1)).submitted("sum", 2, "60s");
        history.backTo(history.journal.size(), true).meets("oak", slots(1));
        var other = history.keeps("oak", "sum", spec(3), true, 9, 1);
        assertEquals(List.of(), other.events());
        history.decide(new Input.CancelAsked(1, "sum", java.time.Instant.EPOCH));
        assertFalse(
                history.kinds(history.keeps("oak", "sum", spec(2), false, 9, 1)).contains(Event.Counted.class));
    }

    @Test
    void releaseFreesTasksThatWereNeverPlacedAllOfThemOrOne() {
        var history = given();
        submitMany(history);
        history.backTo(history.journal.size(), true).meets("oak", slots(1));
        history.at("31s").keeps("oak", "once", MANY_SHARDS, false);
        history.release("once", OptionalLong.of(7), true);
        assertEquals(7, history.device("oak").assigned.firstEntry().getValue().index());
        assertEquals(
                Optional.of("needs your decision: " + (MANY - 1) + " held"),
                history.result("once").needs());
        var all = history.release("once", OptionalLong.empty(), true);
        assertTrue(history.kinds(all).contains(Event.RestReleased.class));
        assertTrue(EventCodec.write(all.events()).length < 500);
        assertEquals(Optional.empty(), history.result("once").needs());
        assertArrayEquals(
                LedgerCodec.write(history.core.ledger()),
                LedgerCodec.write(LedgerCodec.read(LedgerCodec.write(history.core.ledger()))));
    }

    @Test
    void givingUpTasksThatWereNeverPlacedEndsTheJob() {
        var history = given().submittedOnce("once", 5, "60s");
        history.backTo(history.journal.size(), true);
        history.release("once", OptionalLong.empty(), false);
        assertEquals("failed", history.result("once").state());
        assertEquals(5, history.result("once").failed().size());
    }

    @Test
    void aDeviceThatComesLateTellsNoNewLossButItsRunningOneTimeTaskIsHeldAgain() {
        var history = given().meets("oak", slots(1)).meets("elm", slots(1)).submittedOnce("once", 2, "60s");
        int copy = history.journal.size();
        history.hasMet("oak", 500).hasMet("elm", 700).backTo(copy, true).meets("oak", slots(1));
        history.keeps("oak", "once", spec(2), false);
        history.at("31s").release("once", OptionalLong.empty(), true);
        history.device("elm").highest = 40;
        var late = history.met("elm", slots(1), foreign("once", spec(2), 40, 1, 1, AttemptState.RUNNING));
        assertFalse(history.kinds(late).contains(Event.OlderCopyFound.class), "the restore explains it");
        assertTrue(
                late.events().stream().anyMatch(e -> e instanceof Event.Held h && h.index() == 1),
                late.events().toString());
        assertEquals(
                Optional.of("needs your decision: 1 held"),
                history.result("once").needs());
        assertEquals(List.of(), history.device("elm").cancelled, "it is left to end");
    }

    @Test
    void aSilentCopyIsFoundOutHeldWithOneEventAndEveryDeviceIsAskedWhatItKept() {
        var history = given().meets("oak", slots(1)).meets("elm", slots(1));
        submitMany(history);
        int copy = history.journal.size();
        history.hasMet("elm", 700).backTo(copy, false).meets("oak", slots(1));
        assertEquals(OptionalLong.empty(), history.device("oak").keptWanted);
        var found = history.met("elm", slots(1));
        assertEquals(
                1,
                found.events().stream().filter(e -> e instanceof Event.OnceHeld).count());
        assertTrue(
                found.events().size() < 5,
                "one device makes the journal grow by " + found.events().size());
        assertTrue(history.kinds(found).contains(Event.OlderCopyFound.class));
        assertEquals(OptionalLong.of(0), history.device("elm").keptWanted);
        history.beats("oak");
        assertEquals(OptionalLong.of(0), history.device("oak").keptWanted);
        history.reports("oak", history.asking("oak", "once/1#1"));
        assertTrue(
                history.device("oak").cancelled.contains(history.device("oak").serial("once/1#1")));
        assertEquals(List.of(), history.device("oak").permits);
        assertEquals(
                Optional.of("needs your decision: " + MANY + " held"),
                history.result("once").needs());
    }

    @Test
    void aSecondLossIsFoundThoughTheFirstWasAnnounced() {
        var history = given().meets("oak", slots(1)).submittedOnce("once", 1, "60s");
        history.hasMet("oak", 500).backTo(history.journal.size(), true).meets("oak", slots(1));
        history.keeps("oak", "once", spec(1), false);
        int copy = history.journal.size();
        history.release("once", OptionalLong.empty(), true);
        history.hasMet("oak", 900).backTo(copy, false);
        var found = history.met("oak", slots(1));
        assertTrue(
                history.kinds(found).contains(Event.OlderCopyFound.class),
                found.events().toString());
    }

    @Test
    void aDeviceThatTellsOfImpossibleSerialsIsShownAsRefusedAndLeavesNoTrace() {
        var history = given().meets("elm", slots(1));
        byte[] before = LedgerCodec.write(history.core.ledger());
        history.device("oak").highest = Long.MAX_VALUE;
        history.met("oak", slots(1));
        assertArrayEquals(before, LedgerCodec.write(history.core.ledger()));
        var oak = (View.DeviceDetail) history.ask(new Input.Query.Device("oak"));
        assertEquals("refused", oak.summary().state());
        assertTrue(oak.setAside().orElseThrow().contains("serial " + Long.MAX_VALUE), oak.toString());
        history.device("oak").highest = 0;
        history.met("oak", slots(1));
        assertEquals(
                "ready",
                ((View.DeviceDetail) history.ask(new Input.Query.Device("oak")))
                        .summary()
                        .state());
    }

    @Test
    void aDeviceThatMetAStartWhichTheCopyLacksShowsIt() {
        var history = given().meets("oak", slots(1)).submittedOnce("once", 1, "60s");
        int copy = history.journal.size();
        history.restarted().hasMet("oak", 0).backTo(copy, false);
        assertTrue(history.kinds(history.met("oak", slots(1))).contains(Event.OlderCopyFound.class));
    }

    @Test
    void theTermToWhichAnOlderCopyLeaptIsNoneThatItLacks() {
        var history = given().meets("oak", slots(1)).submittedOnce("once", 1, "60s");
        int copy = history.journal.size();
        history.restarted().hasMet("oak", 0).backTo(copy, false).meets("oak", slots(1));
        history.hasMet("oak", 0).keeps("oak", "once", spec(1), false);
        history.restarted();
        assertFalse(history.kinds(history.met("oak", slots(1))).contains(Event.OlderCopyFound.class));
    }

    @Test
    void aRefusedDeviceGetsNothingNewAndItsOldMeetingIsOver() {
        var history = given().meets("oak", slots(1));
        history.device("oak").term = 1L << 40;
        history.met("oak", slots(1));
        history.submitted("sum", 1, "60s");
        assertEquals(0, history.device("oak").assigned.size());
    }

    /** Written by the code before events 19 to 23 and before their fields in the snapshot. */
    private static final String OLD_EVENTS = """
            mBuDEQEAhA9jb2FreCBhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYYgC+wAAAAAAAAAAGkAAAAAaIAAAAPb2gICED2NlbG14IGFhYWFh
            YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhiAH7AAAAAAAAAAAaQAAAABogAAAA9vaAgIcIZG9uY2Vgg4MAABhkhAAD9gCEY3N1bfb0AIlsbGVh
            c3QtbG9hZGVkgID1AxsAAAAN+EdYAPb2YzEwMIb2gICAgIAbAAABograLACHAmNlbG1kb25jZYIBAYIBAYIBAXh/dGhlIGxlYXN0IGhlbGQgcGVy
            IHNsb3QsIGl0cyBtYWNoaW5lJ3MgbG9hZCBpbmNsdWRlZCBhbW9uZyAyIHdpdGggcm9vbTogZWxtIGhvbGRzIDAgb2YgMywgMSBzbG90cywgbG9h
            ZCAwLjAwLCByb3VuZCB0cmlwIDUuMCBtc4cCY29ha2RvbmNlggEChAABAgGEAQEAAXh/dGhlIGxlYXN0IGhlbGQgcGVyIHNsb3QsIGl0cyBtYWNo
            aW5lJ3MgbG9hZCBpbmNsdWRlZCBhbW9uZyAyIHdpdGggcm9vbTogb2FrIGhvbGRzIDAgb2YgNCwgMiBzbG90cywgbG9hZCAwLjAwLCByb3VuZCB0
            cmlwIDUuMCBtc4cIY3N1bWCDgwAAGGSEAAX2AIRjc3Vt9vQAiWxsZWFzdC1sb2FkZWSAgPQDGwAAAA34R1gA9vZjMTAwhvaAgICAgBsAAAGiCtos
            AIcCY2VsbWNzdW2EAgEBAYQBAQIBhAEBAAF4f3RoZSBsZWFzdCBoZWxkIHBlciBzbG90LCBpdHMgbWFjaGluZSdzIGxvYWQgaW5jbHVkZWQgYW1v
            bmcgMiB3aXRoIHJvb206IGVsbSBob2xkcyAxIG9mIDMsIDEgc2xvdHMsIGxvYWQgMC4wMCwgcm91bmQgdHJpcCA1LjAgbXOHAmNvYWtjc3VthAMB
            AQGEAAECAYQBAQABeH90aGUgbGVhc3QgaGVsZCBwZXIgc2xvdCwgaXRzIG1hY2hpbmUncyBsb2FkIGluY2x1ZGVkIGFtb25nIDIgd2l0aCByb29t
            OiBvYWsgaG9sZHMgMiBvZiA0LCAyIHNsb3RzLCBsb2FkIDAuMDAsIHJvdW5kIHRyaXAgNS4wIG1zhgpkb25jZQBjb2FrAQGGCmRvbmNlAmNvYWsC
            AYQDY29ha2RvbmNlgYUBAAEHZXBvd2VyhAtkb25jZQB4PWl0cyBhdHRlbXB0IG9uIG9hayBtYXkgaGF2ZSBzdGFydGVkIGFuZCBpcyBpbnRlcnJ1
            cHRlZDogcG93ZXKHAmNvYWtjc3VtggUBggQBggEBeH90aGUgbGVhc3QgaGVsZCBwZXIgc2xvdCwgaXRzIG1hY2hpbmUncyBsb2FkIGluY2x1ZGVk
            IGFtb25nIDEgd2l0aCByb29tOiBvYWsgaG9sZHMgMyBvZiA0LCAyIHNsb3RzLCBsb2FkIDAuMDAsIHJvdW5kIHRyaXAgMC4wIG1zhAxkb25jZYIA
            AfWEBWNlbG2CAQMbAAAADfhHWACEBWNvYWuCAwMbAAAADfhHWACEC2RvbmNlAngub2FrIGhhcyBhIHBlcm1pdCBmb3IgaXQgYW5kIGlzIHNpbGVu
            dCBmb3IgNjAgc4cIZGxhdGVgg4MAABhkhAAC9gCEY3N1bfb0AIlsbGVhc3QtbG9hZGVkgID0AxsAAAAN+EdYAPb2YzEwMIb2gICAgIAbAAABogra
            LACED2Nhc2h4IGFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhiAH7AAAAAAAAAAAaQAAAABogAAAA9vaAgIMQY2FzaAiDEmNhc2gChAtk
            b25jZQB4UHRoZSBjb250cm9sbGVyJ3Mgam91cm5hbCBpcyBhbiBvbGRlciBjb3B5LCBhcyBhc2ggc2hvd3M6IGl0IG1heSBoYXZlIHJ1biBhbHJl
            YWR5hAtkb25jZQF4UHRoZSBjb250cm9sbGVyJ3Mgam91cm5hbCBpcyBhbiBvbGRlciBjb3B5LCBhcyBhc2ggc2hvd3M6IGl0IG1heSBoYXZlIHJ1
            biBhbHJlYWR5hwFjYXNoZGxhdGWCBwGCAQGCAQGBgUiEQg6NABgyAIcCY2FzaGNzdW2ECAEBBIQAAQEEhAIBAAR4gnRoZSBsZWFzdCBoZWxkIHBl
            ciBzbG90LCBpdHMgbWFjaGluZSdzIGxvYWQgaW5jbHVkZWQgYW1vbmcgMSB3aXRoIHJvb206IGFzaCBob2xkcyAwIG9mIDEwMjQsIDEgc2xvdHMs
            IGxvYWQgMC4wMCwgcm91bmQgdHJpcCA1LjAgbXOHAmNhc2hkbGF0ZYINAYIAAYIBAXiCdGhlIGxlYXN0IGhlbGQgcGVyIHNsb3QsIGl0cyBtYWNo
            aW5lJ3MgbG9hZCBpbmNsdWRlZCBhbW9uZyAxIHdpdGggcm9vbTogYXNoIGhvbGRzIDUgb2YgMTAyNCwgMSBzbG90cywgbG9hZCAwLjAwLCByb3Vu
            ZCB0cmlwIDUuMCBtcw==
""";

    private static final String OLD_SNAPSHOT = """
            hQKBggEAA4OTZGxhdGUDYIODAAAYZIQAAvYAhGNzdW329ACJbGxlYXN0LWxvYWRlZICA9AMbAAAADfhHWAD29mMxMDCG9oCAgICAGwAAAaIK2iwA
            AGAA9gIAgIGIAAABAfb2gICBgmNhc2gBgYJjYXNoAYKBgwFjYXNoAYIBgYMAAUiEQg6NABgyAICTZG9uY2UBYIODAAAYZIQAA/YAhGNzdW329ACJ
            bGxlYXN0LWxvYWRlZICA9QMbAAAADfhHWAD29mMxMDCG9oCAgICAGwAAAaIK2iwAAGAA9gMAgIOIAAEBAPZ4UHRoZSBjb250cm9sbGVyJ3Mgam91
            cm5hbCBpcyBhbiBvbGRlciBjb3B5LCBhcyBhc2ggc2hvd3M6IGl0IG1heSBoYXZlIHJ1biBhbHJlYWR5gIGDY29hawEBiAEBAQD2eFB0aGUgY29u
            dHJvbGxlcidzIGpvdXJuYWwgaXMgYW4gb2xkZXIgY29weSwgYXMgYXNoIHNob3dzOiBpdCBtYXkgaGF2ZSBydW4gYWxyZWFkeYCAiAIBAQGDY29h
            awIBeC5vYWsgaGFzIGEgcGVybWl0IGZvciBpdCBhbmQgaXMgc2lsZW50IGZvciA2MCBzgICAgoJjZWxtAYJjb2FrAoKAggCAgJNjc3VtAmCDgwAA
            GGSEAAX2AIRjc3Vt9vQAiWxsZWFzdC1sb2FkZWSAgPQDGwAAAA34R1gA9vZjMTAwhvaAgICAgBsAAAGiCtosAABgAPYFAICFiAAAAgH29oCAiAEA
            AgH29oCAiAIAAgH29oCAiAMAAgH29oCAiAQAAgH29oCAgIOCY2FzaAWCY2VsbQKCY29hawOCgIIAgICDh2Nhc2h4IGFhYWFhYWFhYWFhYWFhYWFh
            YWFhYWFhYWFhYWFhYWFhgYgB+wAAAAAAAAAAGkAAAAAaIAAAAPb2gIAOAQCGhQgCAAL0hQkCAQL0hQoCAgL0hQsCAwL0hQwCBAL0hQ0DAAH0h2Nl
            bG14IGFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhgYgB+wAAAAAAAAAAGkAAAAAaIAAAAPb2gIAEAACDhQEBAQH1hQICAQH1hQMCAwH1
            h2NvYWt4IGFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhgYgC+wAAAAAAAAAAGkAAAAAaIAAAAPb2gIAGAACEhQIBAgH0hQMCAAH1hQQC
            AgH1hQUCBAH1
""";

    @Test
    void anOlderJournalAndItsSnapshotAreStillRead() {
        ControllerCore core = new ControllerCore(ControllerHistory.FLEET);
        EventCodec.read(Base64.getMimeDecoder().decode(OLD_EVENTS)).forEach(core::apply);
        Ledger snapshot = LedgerCodec.read(Base64.getMimeDecoder().decode(OLD_SNAPSHOT));
        assertEquals(core.ledger().term, snapshot.term);
        assertEquals(3, snapshot.jobs.size());
        assertEquals(0, snapshot.loss);
        assertFalse(snapshot.waits);
        assertEquals(
                core.ledger().devices.get(new DeviceId("oak")).unsettled.keySet(),
                snapshot.devices.get(new DeviceId("oak")).unsettled.keySet());
        snapshot.jobs.forEach((id, job) -> {
            assertEquals(core.ledger().jobs.get(id).held(), job.held());
            assertEquals(core.proof(id).orElseThrow(), Views.proof(job));
        });
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
        history.decide(new Input.Greeted(oak.id, new Hello(1, 5, 1, oak.agentId, 1, 700, "", ""), 600));
        oak.hello = 5;
        var decision =
                history.decide(new Input.Reported(oak.id, history.report(oak, true, Optional.of(slots(1))), 100));
        assertTrue(history.kinds(decision).contains(Event.OlderCopyFound.class));
    }

    @Test
    void anImpossibleJumpOfSerialsIsRefused() {
        var history = given();
        history.device("oak").highest = Long.MAX_VALUE;
        var decision = history.met("oak", slots(1));
        assertEquals(List.of(), decision.events());
    }
}
