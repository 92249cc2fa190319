package dev.flotilla.agent.core;

import static dev.flotilla.agent.core.AgentHistory.given;
import static dev.flotilla.agent.core.AgentHistory.instant;
import static dev.flotilla.agent.core.AgentHistory.slow;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.codec.EnvelopeCodec;
import dev.flotilla.link.Report;
import dev.flotilla.link.Row;
import dev.flotilla.link.RowGroup;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Limits;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Settled results that an agent keeps for a controller that comes back from an older copy. */
class KeptResultsTest {
    private static List<Row> kept(Report report) {
        List<Row> rows = new ArrayList<>();
        for (RowGroup group : report.kept().orElseThrow().rows()) rows.addAll(group.rows());
        return rows;
    }

    private static List<Long> serials(Report report) {
        return kept(report).stream().map(Row::serial).toList();
    }

    private static AgentHistory settled(int slots, int bytes, long... serials) {
        var history = given(slots).met();
        history.order().assign(slow(), serials).send();
        for (long serial : serials)
            history.decide(new Input.Ended(serial, AttemptState.FINISHED, AgentHistory.result(bytes)));
        history.order().settled(LongStream.of(serials).boxed().toList()).send();
        return history;
    }

    @Test
    void aSettledResultIsKeptThroughARestartAndToldOnceWhenItIsAskedFor() {
        var history = given(1).met();
        history.order().assign(instant(), 1, 2).send();
        history.order().settled(1L, 2L).send();
        assertEquals(Optional.empty(), history.report().kept(), "nobody asked");
        history.restarted(true).met();
        history.order().wantKept(0).send();
        assertEquals(List.of(1L, 2L), serials(history.report()));
        assertTrue(kept(history.report()).stream()
                .allMatch(r -> r.state() == AttemptState.FINISHED
                        && r.detail().orElseThrow().result().isPresent()));
        assertFalse(history.report().kept().orElseThrow().more());
        assertTrue(history.rows().isEmpty(), "they are no attempts any more");
        history.order().assign(instant(), 3).send();
        assertEquals(Optional.empty(), history.report().kept(), "the order confirmed it");
    }

    @Test
    void aReportWithKeptResultsThatWasLostIsSaidAgainWithThem() {
        var history = settled(1, 10, 1);
        history.order().wantKept(0).send();
        history.at("20s");
        assertEquals(List.of(1L), serials(history.report()));
    }

    @Test
    void manyKeptResultsAreToldPageByPageBehindTheNews() {
        var history = settled(60, 10_000, LongStream.rangeClosed(1, 60).toArray());
        history.order().assign(instant(), 61, 62).wantKept(0).send();
        List<Long> told = new ArrayList<>(serials(history.report()));
        assertEquals(3, told.size(), "a page, not an envelope");
        assertEquals(2, history.rows().size(), "and the news");
        int pages = 1;
        while (history.report().kept().orElseThrow().more()) {
            history.order().wantKept(told.get(told.size() - 1)).send();
            told.addAll(serials(history.report()));
            pages++;
        }
        assertEquals(LongStream.rangeClosed(1, 60).boxed().toList(), told);
        assertEquals(20, pages);
    }

    @Test
    void oneOfTheLargestResultsFillsAPageAlone() {
        var history = settled(3, Limits.INLINE, 1, 2, 3);
        history.order().wantKept(0).send();
        assertEquals(List.of(1L), serials(history.report()));
        assertTrue(history.report().kept().orElseThrow().more());
    }

    @Test
    void onlyTheNewestThousandAreKept() {
        Ledger ledger = new Ledger();
        Work work =
                new Work(AgentHistory.JOB, dev.flotilla.codec.SpecCodec.digest(slow()), false, java.time.Duration.ZERO);
        for (long serial = 1; serial <= 1500; serial++)
            ledger.keep(serial, new Kept(work, serial, 1, AgentHistory.result(10)));
        assertEquals(Limits.KEPT, ledger.kept.size());
        assertEquals(501, ledger.kept.firstKey());
        for (long serial = 1501; serial <= 1600; serial++)
            ledger.keep(serial, new Kept(work, serial, 1, AgentHistory.result(Limits.INLINE)));
        int bytes = ledger.kept.values().stream().mapToInt(Kept::bytes).sum();
        assertTrue(bytes <= Limits.KEPT_BYTES && bytes > Limits.KEPT_BYTES - 2 * Limits.INLINE, bytes + " bytes");
        assertEquals(1600, ledger.kept.lastKey());
    }

    @Test
    void aThousandSmallResultsTakeFewBytesInASnapshot() {
        Ledger with = new Ledger();
        Work work =
                new Work(AgentHistory.JOB, dev.flotilla.codec.SpecCodec.digest(slow()), false, java.time.Duration.ZERO);
        for (long serial = 1; serial <= 1000; serial++)
            with.keep(serial, new Kept(work, serial, 1, AgentHistory.result(10)));
        byte[] snapshot = LedgerCodec.write(with);
        assertTrue(snapshot.length < 1000, snapshot.length + " bytes for equal results");
        assertArrayEquals(snapshot, LedgerCodec.write(LedgerCodec.read(snapshot)));
    }

    @Test
    void whatFailedIsNotKept() {
        var history = given(1).met();
        history.order().assign(slow(), 1).send();
        history.decide(new Input.Ended(1, AttemptState.FAILED, dev.flotilla.link.Detail.error("exit: 1")));
        history.order().settled(1L).send();
        history.order().wantKept(0).send();
        assertEquals(List.of(), serials(history.report()));
    }

    /** Written by the code that kept nothing. */
    private static final List<String> OLD_BATCHES = List.of(
            "gYIJeCBiZWViOGRhMTY1OGVlYzY3Zjg5M2EyZWVmYjMyNTU1ZQ==",
            "gYMIAQA=",
            "hYMIAQGDCAECiAGEY2pvYlggGYzj9vqv/Otw/Y53X04tqL1oIk8znkp+IdtorzxH9m/0AIGDgwAAGScQhAAZJxD2AIRjc3Vt9vQAggEDggEDhAEBAAKEAwEAAoaCAAOCAAOEAQEAAoQBAQACg4FGhEEBAAEAgUaEQQIAAQCBRoRBAwABAICHAoRjam9iWCDFGX0XMDDbxvEzWClu6drSsTHWt7GPl7tYRjc/Qyjt2fQAgYODAAAZJxCEABknEPYAhGNub3D29BsAAAACVAvkAIQEAQEChAQBAQKEAQEAAoCDBYQEAQEB9A==",
            "hIMIAQOCBIIBAYQDggQBggMBhoIaO5rKAAGCGgAPQkABggEBggEBgYFKAAAAAAAAAAAAAICDBYIGAfQ=",
            "g4MIAQSHAoRjam9iWCDFGX0XMDDbxvEzWClu6drSsTHWt7GPl7tYRjc/Qyjt2fUA9oIJAYIJAYIBAYCCBoIJAQ==",
            "goIHhAUBAQGDBYIFAfU=");

    private static final String OLD_SNAPSHOT = """
            h3ggYmVlYjhkYTE2NThlZWM2N2Y4OTNhMmVlZmIzMjU1NWUBBAmCgYODAAAZJxCEABknEPYAhGNzdW329ACBg4MAABknEIQAGScQ9gCEY25vcPb0GwAAAAJUC+QAg4Rjam9iWCAZjOP2+q/863D9jndfTi2ovWgiTzOeSn4h22ivPEf2b/QAhGNqb2JYIMUZfRcwMNvG8TNYKW7p2tKxMda3sY+Xu1hGNz9DKO3Z9ACEY2pvYlggxRl9FzAw28bxM1gpbuna0rEx1rexj5e7WEY3P0Mo7dn1AIqGAgEBBAMBiAACAQEAAgEBhgIBAQQDAYQBAQAFigMBAAIgASEBAQGIAgEAAQECIAKIAAMBAQABIAGAiAEBAAIgAQAChoQAAho7msoAAYQAAhoAD0JAAYQBAQAChAEBAAKDgUaEQQIAAQCBRoRBAwABAIFKAAAAAAAAAAAAAIA=""";

    @Test
    void anOlderJournalAndItsSnapshotAreStillRead() {
        AgentMachine machine = new AgentMachine();
        AgentCore core = new AgentCore();
        for (String batch : OLD_BATCHES)
            machine.decode(Base64.getDecoder().decode(batch)).forEach(core::apply);
        var states = new TreeMap<Long, AttemptState>();
        states.put(2L, AttemptState.FINISHED);
        states.put(3L, AttemptState.FINISHED);
        states.put(4L, AttemptState.FINISHED);
        states.put(5L, AttemptState.RUNNING);
        states.put(6L, AttemptState.ACCEPTED);
        states.put(9L, AttemptState.ASKING);
        assertEquals(states, core.attempts());
        byte[] snapshot = Base64.getMimeDecoder().decode(OLD_SNAPSHOT);
        assertEquals(states, ((AgentCore) machine.birth(Optional.of(snapshot), 0)).attempts());
    }

    @Test
    void anOlderPeersEnvelopesAreStillRead() {
        Report report = (Report)
                EnvelopeCodec.decode(
                        Base64.getDecoder()
                                .decode(
                                        "jAM7a8AGA2YhcPwZG1oBAPUJg4hjam9iWCAZjOP2+q/863D9jndfTi2ovWgiTzOeSn4h22ivPEf2b4QCAQEBhAIBAAGEAwEAAYQCAQEBhAEBAAGHhAEBAAGCAAKCAAKEAQEAAYQBAQABgoFGhEECAAEAgUaEQQMAAQCAiGNqb2JYIMUZfRcwMNvG8TNYKW7p2tKxMda3sY+Xu1hGNz9DKO3ZhAQBAQKGAwEBASABhgMBIAEhAYQEAQEChAEBAAKHhgEBIAEAAYIaO5rKAAGCGgAPQkABggEBggEBgYFKAAAAAAAAAAAAAICIY2pvYlggxRl9FzAw28bxM1gpbuna0rEx1rexj5e7WEY3P0Mo7dmCCQGCAgGCAQGCCQGCAQGHggABgICAgICA9oGIAvsAAAAAAAAAABqAAAAAGkAAAAD29oCAABo7msoA"));
        assertEquals(Optional.empty(), report.kept());
        assertEquals(9, report.highest());
    }
}
