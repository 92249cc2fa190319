package dev.flotilla.controller.cli.device;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.cli.ui.Table;
import dev.flotilla.controller.cli.ui.Words;
import dev.flotilla.model.Quoted;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla device list}. */
@Command(
        name = "list",
        description = "List the devices: state, slots, load, memory, link.",
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla device list",
            "  flotilla device list --json | jq '.devices[] | select(.state != \"ready\")'"
        })
public final class DeviceList implements Callable<Integer> {
    private final Shell shell;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    DeviceList(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        ObjectNode reply = shell.ask("device.list", Replies.object());
        if (json) shell.json(reply);
        else if (reply.path("devices").isEmpty())
            shell.terminal()
                    .say(
                            "no device was ever met; flotilla token create lets one join, flotilla device create oak makes a file for one");
        else shell.print(table(reply, shell.terminal().width(), Instant.now()));
        return 0;
    }

    static List<String> table(ObjectNode reply, int width, Instant now) {
        Table table = new Table()
                .column("DEVICE")
                .column("STATE")
                .number("SLOTS")
                .number("RUNNING")
                .number("HELD")
                .number("LOAD")
                .number("FREE")
                .number("TEMP")
                .number("LINK")
                .flexible("LABELS")
                .flexible("PROFILE")
                .column("ARCH")
                .column("HEARD");
        for (JsonNode d : reply.path("devices")) {
            table.row(
                    d.path("device").asText(),
                    d.path("state").asText(),
                    d.path("slots").asText(),
                    d.path("running").asText(),
                    d.path("held").asText(),
                    String.format(Locale.ROOT, "%.2f", d.path("load").asDouble()),
                    Words.size(d.path("mem_free").asLong()),
                    celsius(d),
                    link(d),
                    labels(d.path("labels")),
                    Quoted.plain(d.path("profile").asText(), 60),
                    Quoted.plain(d.path("arch").asText(), 60),
                    d.path("since").isTextual()
                            ? Words.ago(Instant.parse(d.path("since").asText()), now)
                            : "-");
        }
        return table.lines(width);
    }

    static String celsius(JsonNode device) {
        return device.path("celsius").isNumber()
                ? String.format(Locale.ROOT, "%.0f C", device.path("celsius").asDouble())
                : "-";
    }

    static String link(JsonNode device) {
        return device.path("round_trip_ms").isNumber()
                ? String.format(
                        Locale.ROOT, "%.1f ms", device.path("round_trip_ms").asDouble())
                : "-";
    }

    static String labels(JsonNode labels) {
        List<String> words = new ArrayList<>();
        labels.properties()
                .forEach(e ->
                        words.add(Quoted.plain(e.getKey() + "=" + e.getValue().asText(), 100)));
        return words.isEmpty() ? "-" : String.join(",", words);
    }
}
