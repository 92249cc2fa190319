package dev.flotilla.controller.cli.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.cli.ui.Table;
import dev.flotilla.controller.cli.ui.Words;
import dev.flotilla.model.Quoted;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla job show}. */
@Command(
        name = "show",
        description = "Show a job: what it is, how far it is, what runs where, what waits and why.",
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla job show nightly          a unique prefix of the id is enough",
            "  flotilla job show nightly --json"
        })
public final class JobShow implements Callable<Integer> {
    private static final int FEW = 20;
    private final Shell shell;

    @Parameters(paramLabel = "JOB", description = "The job's id, or a unique prefix.")
    String job;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    JobShow(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        ObjectNode reply = shell.ask("job.show", Replies.object().put("job", job));
        if (json) shell.json(reply);
        else shell.print(text(reply, shell.terminal().width(), ZoneId.systemDefault()));
        return 0;
    }

    static List<String> text(ObjectNode reply, int width, ZoneId zone) {
        List<String> lines = new ArrayList<>();
        JsonNode summary = reply.path("summary");
        JsonNode spec = reply.path("spec");
        lines.add("job        " + summary.path("job").asText());
        if (!summary.path("name").asText().isEmpty())
            lines.add("name       " + Quoted.plain(summary.path("name").asText(), 100));
        lines.add("state      " + summary.path("state").asText()
                + (summary.path("needs").isTextual()
                        ? ", " + summary.path("needs").asText()
                        : ""));
        lines.add("program    " + summary.path("program").asText());
        lines.add("input      " + summary.path("input").asText());
        lines.add("submitted  "
                + Words.time(Instant.parse(summary.path("submitted").asText()), zone) + ", ran "
                + Words.span(Duration.ofMillis(summary.path("ran_ms").asLong())));
        lines.add("shards     " + Words.count(summary.path("shards_counted").asLong()) + "/"
                + Words.count(summary.path("shards_total").asLong()) + " counted" + counts(reply.path("tasks"))
                + "; by " + spec.at("/shard/by").asText());
        JsonNode value = summary.path("value");
        lines.add("value      " + (value.isNumber() ? Words.value(value.decimalValue()) : "none"));
        lines.add("placed by  " + spec.at("/place/policy").asText() + labels(spec.at("/place/labels"))
                + where(spec.at("/place/where")));
        for (JsonNode note : reply.path("placement_notes")) lines.add("note       " + note.asText());
        for (JsonNode held : reply.path("held"))
            lines.add("held       " + held.path("task").asText() + ": "
                    + Quoted.plain(held.path("reason").asText(), 200));
        for (JsonNode poisoned : reply.path("poisoned")) {
            List<String> errors = new ArrayList<>();
            poisoned.path("errors").forEach(e -> errors.add(Quoted.plain(e.asText(), 200)));
            lines.add("failed     " + poisoned.path("task").asText() + ": " + String.join("; ", errors));
        }
        live(lines, reply.path("live"), width);
        return lines;
    }

    private static String counts(JsonNode tasks) {
        StringBuilder words = new StringBuilder();
        tasks.properties().forEach(e -> {
            if (e.getValue().asLong() > 0 && !e.getKey().equals("done"))
                words.append(", ")
                        .append(Words.count(e.getValue().asLong()))
                        .append(' ')
                        .append(e.getKey());
        });
        return words.toString();
    }

    private static String labels(JsonNode labels) {
        StringBuilder words = new StringBuilder();
        labels.properties()
                .forEach(e -> words.append(", ")
                        .append(e.getKey())
                        .append('=')
                        .append(e.getValue().asText()));
        return words.toString();
    }

    private static String where(JsonNode where) {
        StringBuilder words = new StringBuilder();
        where.forEach(term -> words.append(", where ").append(term.asText()));
        return words.toString();
    }

    private static void live(List<String> lines, JsonNode live, int width) {
        if (live.isEmpty()) return;
        Table table = new Table().column("ATTEMPT").column("DEVICE").column("STATE");
        int shown = 0;
        for (JsonNode attempt : live) {
            if (shown++ < FEW)
                table.row(
                        attempt.path("attempt").asText(),
                        attempt.path("device").asText(),
                        attempt.path("state").asText());
        }
        lines.add("");
        lines.addAll(table.lines(width));
        if (shown > FEW) lines.add("and " + Words.count(shown - FEW) + " more; --json lists them");
    }
}
