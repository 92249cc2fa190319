package dev.flotilla.controller.cli.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Replies;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobTablesTest {
    private static ObjectNode json(String text) throws IOException {
        return Replies.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    private static final String LIST = """
            {"ok": true, "jobs": [
             {"job": "nightly", "name": "rain of the whole long year", "state": "running", "needs": "needs your decision: 2 held", "program": "sum of precipitation",
              "input": "seattle-weather.csv: 1,461 records (csv)", "submitted": "2026-11-24T10:00:00Z", "ran_ms": 10, "shards_counted": 2, "shards_total": 4, "value": 4426.0},
             {"job": "s5ksmxwzrt4bh2hva232", "name": "", "state": "done", "needs": null, "program": "sum",
              "input": "0 to 999: 1,000 numbers", "submitted": "2026-11-24T10:04:58Z", "ran_ms": 10, "shards_counted": 4, "shards_total": 4, "value": 499500}]}""";

    @Test
    void aListInAPipeIsWhole() throws IOException {
        assertEquals(
                List.of(
                        "JOB                   NAME                         STATE      SHARDS  VALUE   PROGRAM               INPUT                                     SUBMITTED",
                        "nightly               rain of the whole long year  needs you     2/4  4426.0  sum of precipitation  seattle-weather.csv: 1,461 records (csv)  5 min ago",
                        "s5ksmxwzrt4bh2hva232  -                            done          4/4  499500  sum                   0 to 999: 1,000 numbers                   2.0 s ago"),
                JobList.table(json(LIST), Integer.MAX_VALUE, Instant.parse("2026-11-24T10:05:00Z")));
    }

    @Test
    void aListOnATerminalFitsIt() throws IOException {
        List<String> lines = JobList.table(json(LIST), 110, Instant.parse("2026-11-24T10:05:00Z"));
        assertTrue(lines.stream().allMatch(line -> line.length() <= 110), String.join("\n", lines));
        assertTrue(lines.get(1).contains("rain of") && lines.get(1).contains(".."), lines.get(1));
        assertTrue(lines.get(2).contains("s5ksmxwzrt4bh2hva232"), "an id is never cut");
    }

    @Test
    void aJobShowsWhatRunsWhereAndWhyTheRestWaits() throws IOException {
        ObjectNode reply = json("""
                {"ok": true, "summary": {"job": "x", "name": "", "state": "running", "needs": null, "program": "sum", "input": "0 to 9: 10 numbers",
                   "submitted": "2026-11-24T10:00:00Z", "ran_ms": 3200, "shards_counted": 1, "shards_total": 4, "value": 1},
                 "spec": {"shard": {"by": "range", "count": 4}, "place": {"policy": "least-loaded", "labels": {"n": "1"}, "where": ["arch == arm64"]}},
                 "tasks": {"done": 1, "running": 1, "waiting": 2}, "live": [{"attempt": "x/1#1", "device": "oak", "state": "running"}], "held": [],
                 "poisoned": [], "placement_notes": ["2 tasks wait for room"]}""");
        assertEquals(
                List.of(
                        "job        x",
                        "state      running",
                        "program    sum",
                        "input      0 to 9: 10 numbers",
                        "submitted  2026-11-24 10:00:00, ran 3.2 s",
                        "shards     1/4 counted, 1 running, 2 waiting; by range",
                        "value      1",
                        "placed by  least-loaded, n=1, where arch == arm64",
                        "note       2 tasks wait for room",
                        "",
                        "ATTEMPT  DEVICE  STATE",
                        "x/1#1    oak     running"),
                JobShow.text(reply, 80, ZoneOffset.UTC));
    }
}
