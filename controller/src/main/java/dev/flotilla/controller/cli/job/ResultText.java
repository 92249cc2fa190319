package dev.flotilla.controller.cli.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.ui.Words;
import dev.flotilla.model.Quoted;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;

/** A result for people: the value, and apart from it what the value covers. */
public final class ResultText {
    private static final int FEW = 10;

    private ResultText() {}

    /** The value's line; none where nothing was counted, or the program has no value. */
    public static List<String> value(ObjectNode result) {
        JsonNode value = result.path("value");
        return value.isNumber() ? List.of(Words.value(value.decimalValue())) : List.of();
    }

    /**
     * What the value covers.
     *
     * @param shards  where each shard ran, of a job with few shards; else empty
     */
    public static List<String> about(ObjectNode result, List<JsonNode> shards, Instant now, ZoneId zone) {
        List<String> lines = new ArrayList<>();
        String state = result.path("state").asText();
        boolean ended = result.path("final").asBoolean();
        if (!ended) lines.add("so far    the job is running; this answer is partial");
        else if (!state.equals("done"))
            lines.add("state     " + state
                    + (result.path("why").isTextual()
                            ? ": " + Quoted.plain(result.path("why").asText(), 300)
                            : ""));
        JsonNode coverage = result.path("coverage");
        long counted = coverage.path("shards_counted").asLong();
        long total = coverage.path("shards_total").asLong();
        JsonNode devices = coverage.path("devices");
        String missing = counted == total ? "nothing missing" : Words.count(total - counted, "shard") + " missing";
        lines.add("coverage  " + Words.count(counted) + "/" + Words.count(total) + " shards, "
                + Words.count(devices.path("counted").asLong()) + "/"
                + Words.count(devices.path("total").asLong()) + " devices, " + missing);
        missing(lines, devices.path("missing"), now, zone);
        long unplaced = coverage.path("shards_unplaced").asLong();
        if (unplaced > 0)
            lines.add("missing   " + Words.count(unplaced, "shard")
                    + (ended ? " ran on no device" : " on no device yet"));
        ranOn(lines, devices.path("by_device"), shards);
        long skipped = result.path("skipped").asLong();
        if (skipped > 0) lines.add("skipped   " + Words.count(skipped, "value") + ", missing or malformed");
        int shown = 0;
        for (JsonNode failed : result.path("failed")) {
            if (shown++ == FEW) {
                lines.add("failed    and " + Words.count(result.path("failed").size() - FEW) + " more");
                break;
            }
            lines.add("failed    " + failed.path("task").asText() + ": "
                    + Quoted.plain(failed.path("error").asText(), 300));
        }
        long wasted = result.path("wasted").asLong();
        if (wasted > 0)
            lines.add("wasted    " + Words.count(wasted, "result") + " came again or too late and were not counted");
        if (result.path("needs").isTextual())
            lines.add("waits     " + result.path("needs").asText());
        lines.add("took      "
                + Words.span(Duration.ofMillis(result.path("ran_ms").asLong())));
        next(lines, result, ended);
        return lines;
    }

    private static void missing(List<String> lines, JsonNode missing, Instant now, ZoneId zone) {
        for (JsonNode m : missing) {
            String since = m.path("since").isTextual()
                    ? ", last heard " + Words.ago(Instant.parse(m.path("since").asText()), now) + " at "
                            + Words.time(Instant.parse(m.path("since").asText()), zone)
                    : "";
            lines.add("missing   " + m.path("device").asText() + " has "
                    + Words.count(m.path("shards").asLong(), "shard") + ": "
                    + m.path("why").asText() + since);
        }
    }

    private static void ranOn(List<String> lines, JsonNode byDevice, List<JsonNode> shards) {
        List<String> words = new ArrayList<>();
        for (JsonNode shard : shards) {
            if (shard.path("state").asText().equals("done")
                    && shard.path("device").isTextual()) {
                words.add(shard.path("index").asLong() + " on "
                        + shard.path("device").asText());
            }
        }
        if (!words.isEmpty()) {
            lines.add("shards    " + String.join(", ", words));
            return;
        }
        for (JsonNode d : byDevice)
            words.add(d.path("device").asText() + " "
                    + Words.count(d.path("shards").asLong()));
        if (!words.isEmpty()) lines.add("shards    " + String.join(", ", words));
    }

    private static void next(List<String> lines, ObjectNode result, boolean ended) {
        String job = result.path("job").asText();
        if (result.path("needs").isTextual())
            lines.add("next      flotilla job release " + job + " --again          or --give-up");
        else if (!ended) lines.add("next      flotilla job wait " + job);
        else if (!result.path("failed").isEmpty())
            lines.add("next      flotilla explain "
                    + result.path("failed").get(0).path("task").asText());
    }
}
