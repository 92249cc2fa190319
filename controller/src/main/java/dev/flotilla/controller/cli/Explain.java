package dev.flotilla.controller.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.AdminClient;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla explain}. */
@Command(
        name = "explain",
        description =
                "Say what happened to a job, a task, an attempt or a device, why, and what to do next; from the recovery log.",
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla explain nightly",
            "  flotilla explain nightly/17",
            "  flotilla explain nightly/17#2",
            "  flotilla explain oak"
        })
public final class Explain implements Callable<Integer> {
    private final Shell shell;

    @Parameters(
            paramLabel = "ID",
            description = "A job, job/index, job/index#n, or a device; a unique prefix is enough.")
    String id;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    Explain(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        try (AdminClient client = shell.open()) {
            ObjectNode reply = client.askLong("explain", Replies.object().put("id", id));
            if (json) shell.json(reply);
            else shell.print(text(reply));
            return 0;
        }
    }

    static List<String> text(ObjectNode reply) {
        List<String> lines = new ArrayList<>();
        lines.add("what:  " + reply.path("what").asText());
        boolean first = true;
        for (var why : reply.path("why")) {
            lines.add((first ? "why:   " : "       ") + why.asText());
            first = false;
        }
        lines.add("next:  " + reply.path("next").asText());
        return lines;
    }
}
