package dev.flotilla.controller.cli.job;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Replies;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What people and programs read of a result. */
class ResultTextTest {
    private static final Instant NOW = Instant.parse("2026-11-24T10:05:00Z");

    private static ObjectNode json(String text) throws IOException {
        return Replies.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> about(ObjectNode result, List<JsonNode> shards) {
        return ResultText.about(result, shards, NOW, ZoneOffset.UTC);
    }

    @Test
    void aWholeAnswerSaysWhereEachShardRan() throws IOException {
        ObjectNode result = json("""
                {"ok": true, "job": "x", "state": "done", "final": true, "value": 499999500000, "skipped": 0,
                 "coverage": {"shards_counted": 2, "shards_total": 2, "devices": {"counted": 2, "total": 2, "missing": [],
                   "by_device": [{"device": "elm", "shards": 1}, {"device": "oak", "shards": 1}]}},
                 "ran_ms": 512, "wasted": 0, "needs": null, "failed": [], "exit": 0}""");
        List<JsonNode> shards = new ArrayList<>();
        json("{\"shards\": [{\"index\": 0, \"state\": \"done\", \"device\": \"oak\"}, {\"index\": 1, \"state\": \"done\", \"device\": \"elm\"}]}")
                .path("shards")
                .forEach(shards::add);
        assertEquals(List.of("499999500000"), ResultText.value(result));
        assertEquals(
                List.of(
                        "coverage  2/2 shards, 2/2 devices, nothing missing",
                        "shards    0 on oak, 1 on elm",
                        "took      0.5 s"),
                about(result, shards));
    }

    @Test
    void aPartialAnswerNamesWhoIsMissingAndSinceWhen() throws IOException {
        ObjectNode result = json("""
                {"ok": true, "job": "x", "state": "running", "final": false, "value": 4426.0, "skipped": 3,
                 "coverage": {"shards_counted": 3, "shards_total": 4, "devices": {"counted": 3, "total": 4,
                   "missing": [{"device": "elm", "since": "2026-11-24T10:00:00Z", "shards": 1, "why": "silent"}],
                   "by_device": [{"device": "ash", "shards": 1}, {"device": "oak", "shards": 2}]}},
                 "ran_ms": 120000, "wasted": 2, "needs": null, "failed": [], "exit": 8}""");
        assertEquals(List.of("4426.0"), ResultText.value(result));
        assertEquals(
                List.of(
                        "so far    the job is running; this answer is partial",
                        "coverage  3/4 shards, 3/4 devices, 1 shard missing",
                        "missing   elm has 1 shard: silent, last heard 5 min ago at 2026-11-24 10:00:00",
                        "shards    ash 1, oak 2",
                        "skipped   3 values, missing or malformed",
                        "wasted    2 results came again or too late and were not counted",
                        "took      2 min",
                        "next      flotilla job wait x"),
                about(result, List.of()));
    }

    @Test
    void aFailedAnswerSaysWhatFailedAndHowToLearnMore() throws IOException {
        ObjectNode result = json("""
                {"ok": true, "job": "x", "state": "failed", "final": true, "value": null, "skipped": 0,
                 "coverage": {"shards_counted": 0, "shards_total": 1, "devices": {"counted": 0, "total": 1, "missing": [], "by_device": []}},
                 "ran_ms": 40, "wasted": 0, "needs": null, "failed": [{"task": "x/0", "error": "bad-value: line 7\\u001b[31m"}], "exit": 1}""");
        assertEquals(List.of(), ResultText.value(result));
        assertEquals(
                List.of(
                        "state     failed",
                        "coverage  0/1 shards, 0/1 devices, 1 shard missing",
                        "failed    x/0: bad-value: line 7\\u001b[31m",
                        "took      0.0 s",
                        "next      flotilla explain x/0"),
                about(result, List.of()));
    }

    @Test
    void heldTasksAskForADecision() throws IOException {
        ObjectNode result = json("""
                {"job": "x", "state": "running", "final": false, "value": 1, "skipped": 0,
                 "coverage": {"shards_counted": 1, "shards_total": 2, "devices": {"counted": 1, "total": 1, "missing": [], "by_device": []}},
                 "ran_ms": 9949, "wasted": 0, "needs": "needs your decision: 1 held", "failed": [], "exit": 8}""");
        List<String> lines = about(result, List.of());
        assertEquals("waits     needs your decision: 1 held", lines.get(2));
        assertEquals("next      flotilla job release x --again          or --give-up", lines.get(lines.size() - 1));
    }

    @Test
    void jsonKeepsEveryDigit() throws IOException {
        String line = "{\"job\":\"x\",\"value\":4426.0,\"big\":123456789012345678901234567890.000000000100}";
        assertEquals(line, Replies.line(json("{\"ok\":true," + line.substring(1))));
    }
}
