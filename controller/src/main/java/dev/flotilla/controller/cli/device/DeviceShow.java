package dev.flotilla.controller.cli.device;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.cli.ui.Table;
import dev.flotilla.controller.cli.ui.Words;
import dev.flotilla.model.Quoted;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla device show}. */
@Command(
        name = "show",
        description = "Show a device: what it says of itself, its link, what it runs, what it did.",
        footerHeading = "%nExample%n",
        footer = "  flotilla device show oak")
public final class DeviceShow implements Callable<Integer> {
    private static final int FEW = 20;
    private final Shell shell;

    @Parameters(paramLabel = "DEVICE", description = "The device's id, or a unique prefix.")
    String device;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    DeviceShow(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        ObjectNode reply = shell.ask("device.show", Replies.object().put("device", device));
        if (json) shell.json(reply);
        else shell.print(text(reply, shell.terminal().width(), Instant.now()));
        return 0;
    }

    static List<String> text(ObjectNode reply, int width, Instant now) {
        List<String> lines = new ArrayList<>();
        JsonNode s = reply.path("summary");
        JsonNode link = reply.path("link");
        lines.add("device    " + s.path("device").asText());
        lines.add("state     " + s.path("state").asText()
                + (s.path("since").isTextual()
                        ? ", last heard "
                                + Words.ago(Instant.parse(s.path("since").asText()), now)
                        : ""));
        if (reply.path("set_aside").isTextual())
            lines.add("set aside " + reply.path("set_aside").asText());
        lines.add("slots     " + s.path("slots").asText() + ", running "
                + s.path("running").asText() + ", unsettled " + s.path("held").asText());
        lines.add("machine   load "
                + String.format(Locale.ROOT, "%.2f", s.path("load").asDouble()) + ", memory free "
                + Words.size(s.path("mem_free").asLong())
                + (s.path("celsius").isNumber() ? ", " + DeviceList.celsius(s) : "")
                + (s.path("speed").isNumber()
                        ? ", speed "
                                + String.format(
                                        Locale.ROOT, "%.3g", s.path("speed").asDouble())
                        : ""));
        JsonNode disk = reply.path("disk");
        if (disk.isObject())
            lines.add("disk      " + Words.size(disk.path("free").asLong()) + " free"
                    + (disk.path("written_a_day").isNumber()
                            ? ", " + Words.size(disk.path("written_a_day").asLong()) + " written a day"
                            : ""));
        if (reply.path("clock_ahead_ms").isNumber())
            lines.add("clock     " + clock(reply.path("clock_ahead_ms").asLong()));
        lines.add("labels    " + DeviceList.labels(reply.path("labels")));
        lines.add("link      round trip " + DeviceList.link(s) + ", up "
                + Words.count(link.path("envelopes_up").asLong(), "envelope") + " with "
                + Words.size(link.path("bytes_up").asLong()) + ", down "
                + Words.count(link.path("envelopes_down").asLong(), "envelope"));
        lines.add("results   " + Words.count(reply.path("counted").asLong()) + " counted, "
                + Words.count(reply.path("wasted").asLong()) + " came again or too late and were not");
        reply.path("ignored")
                .properties()
                .forEach(e ->
                        lines.add("ignored   " + Words.count(e.getValue().asLong(), "envelope") + ": " + e.getKey()));
        reply.path("facts")
                .properties()
                .forEach(e -> lines.add("fact      "
                        + Quoted.plain(e.getKey() + " = " + e.getValue().asText(), 200)));
        JsonNode live = reply.path("live");
        if (live.isEmpty()) return lines;
        Table table = new Table().column("ATTEMPT").column("STATE");
        int shown = 0;
        for (JsonNode attempt : live)
            if (shown++ < FEW)
                table.row(
                        attempt.path("attempt").asText(), attempt.path("state").asText());
        lines.add("");
        lines.addAll(table.lines(width));
        if (shown > FEW) lines.add("and " + Words.count(shown - FEW) + " more; --json lists them");
        return lines;
    }

    /** A few seconds are no news: half a round trip is in it, and clocks drift. */
    private static String clock(long aheadMs) {
        if (Math.abs(aheadMs) < 5_000) return "as the controller's";
        Duration off = Duration.ofMillis(Math.abs(aheadMs));
        String span = off.toSeconds() + " s";
        if (off.toMinutes() > 1) span = off.toMinutes() + " min";
        if (off.toHours() > 1) span = off.toHours() + " h";
        if (off.toDays() > 1) span = off.toDays() + " days";
        return span + (aheadMs < 0 ? " behind" : " ahead of") + " the controller's; nothing depends on it";
    }
}
