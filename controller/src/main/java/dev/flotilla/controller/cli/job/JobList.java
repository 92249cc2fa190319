package dev.flotilla.controller.cli.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.AdminClient;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.cli.ui.Table;
import dev.flotilla.controller.cli.ui.Words;
import dev.flotilla.model.Exit;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.UserError;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla job list}. */
@Command(
        name = "list",
        description = "List the jobs, newest first; the newest 100 unless you say otherwise.",
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla job list",
            "  flotilla job list --all --json | jq '.jobs[] | select(.state == \"running\") | .job'"
        })
public final class JobList implements Callable<Integer> {
    private static final long A_PAGE = 200;
    private final Shell shell;

    @Option(names = "--limit", paramLabel = "N", description = "At most so many [100].")
    Integer limit;

    @Option(names = "--all", description = "All of them.")
    boolean all;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    JobList(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        if (limit != null && (limit < 1 || all)) {
            throw new UserError(
                    Exit.USAGE,
                    "--limit " + limit + " cannot be used",
                    all ? "--all and --limit exclude each other" : "it is at least 1",
                    "flotilla job list --limit 20");
        }
        ObjectNode reply;
        try (AdminClient client = shell.open()) {
            reply = pages(client, all ? Long.MAX_VALUE : limit == null ? 100 : limit);
        }
        if (json) shell.json(reply);
        else if (reply.path("jobs").isEmpty())
            shell.terminal().say("no jobs yet; flotilla run sum --range 0..1000000 makes one");
        else {
            shell.print(table(reply, shell.terminal().width(), Instant.now()));
            if (reply.path("next").isNumber())
                shell.terminal().say("older jobs are not shown: flotilla job list --all");
        }
        return 0;
    }

    private static ObjectNode pages(AdminClient client, long most) {
        ObjectNode reply = Replies.object();
        ArrayNode jobs = reply.putArray("jobs");
        JsonNode next;
        do {
            ObjectNode request = Replies.object().put("limit", Math.min(A_PAGE, most - jobs.size()));
            if (reply.path("next").isNumber()) request.set("before", reply.path("next"));
            ObjectNode page = client.ask("job.list", request);
            page.path("jobs").forEach(jobs::add);
            next = page.path("next");
            reply.set("next", next);
        } while (next.isNumber() && jobs.size() < most);
        reply.put("ok", true);
        return reply;
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
