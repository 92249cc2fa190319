package dev.flotilla.controller.cli.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.AdminClient;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.cli.ui.Words;
import dev.flotilla.model.Exit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla job verify}. */
@Command(
        name = "verify",
        description = {
            "Prove a job's answer: walk the chain of the recovery log, fold the results again, and compute shards again from",
            "the range or the file: all of them if that takes about ten seconds, else an even sample. It says what it proved.",
            "Exit code: 0 if all agrees, 1 if not."
        },
        footerHeading = "%nExample%n",
        footer = "  flotilla job verify nightly")
public final class JobVerify implements Callable<Integer> {
    private final Shell shell;

    @Parameters(paramLabel = "JOB", description = "The job's id, or a unique prefix.")
    String job;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    JobVerify(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        try (AdminClient client = shell.open()) {
            ObjectNode reply = client.askLong("job.verify", Replies.object().put("job", job));
            if (json) shell.json(reply);
            else shell.print(text(reply));
            return reply.path("verified").asBoolean() ? Exit.DONE.code() : Exit.FAILED.code();
        }
    }

    public static List<String> text(ObjectNode reply) {
        List<String> lines = new ArrayList<>();
        lines.add(reply.path("verified").asBoolean() ? "verified" : "NOT verified");
        JsonNode value = reply.path("value");
        lines.add("value    " + (value.isNumber() ? Words.value(value.decimalValue()) : "none"));
        lines.add("results  " + Words.count(reply.path("results").asLong()));
        if (reply.path("wrong").isEmpty())
            lines.add("log      " + reply.path("says").asText());
        for (JsonNode wrong : reply.path("wrong")) lines.add("wrong    " + wrong.asText());
        if (reply.path("next").isTextual())
            lines.add("next     " + reply.path("next").asText());
        return lines;
    }
}
