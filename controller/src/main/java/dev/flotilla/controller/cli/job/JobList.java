package dev.flotilla.controller.cli.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.cli.ui.Table;
import dev.flotilla.controller.cli.ui.Words;
import dev.flotilla.model.Quoted;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla job list}. */
@Command(
        name = "list",
        description = "List the jobs, newest first.",
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla job list",
            "  flotilla job list --json | jq '.jobs[] | select(.state == \"running\") | .job'"
        })
public final class JobList implements Callable<Integer> {
    private final Shell shell;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    JobList(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        ObjectNode reply = shell.ask("job.list", Replies.object());
        if (json) shell.json(reply);
        else if (reply.path("jobs").isEmpty())
            shell.terminal().say("no jobs yet; flotilla run sum --range 0..1000000 makes one");
        else shell.print(table(reply, shell.terminal().width(), Instant.now()));
        return 0;
    }

    static List<String> table(ObjectNode reply, int width, Instant now) {
        Table table = new Table()
                .column("JOB")
                .flexible("NAME")
                .column("STATE")
                .number("SHARDS")
                .flexible("VALUE")
                .column("PROGRAM")
                .flexible("INPUT")
                .column("SUBMITTED");
        for (JsonNode job : reply.path("jobs")) {
            JsonNode value = job.path("value");
            table.row(
                    job.path("job").asText(),
                    job.path("name").asText().isEmpty()
                            ? "-"
                            : Quoted.plain(job.path("name").asText(), 100),
                    job.path("needs").isTextual()
                            ? "needs you"
                            : job.path("state").asText(),
                    job.path("shards_counted").asLong() + "/"
                            + job.path("shards_total").asLong(),
                    value.isNumber() ? Words.value(value.decimalValue()) : "-",
                    job.path("program").asText(),
                    Quoted.plain(job.path("input").asText(), 200),
                    Words.ago(Instant.parse(job.path("submitted").asText()), now));
        }
        return table.lines(width);
    }
}
