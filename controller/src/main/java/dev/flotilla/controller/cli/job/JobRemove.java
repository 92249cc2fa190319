package dev.flotilla.controller.cli.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla job remove}. */
@Command(
        name = "remove",
        description = {
            "Forget a job that has ended: its answer, its part of the log, its input file.",
            "Its id stays taken. The file of the log does not shrink; its room is used again."
        },
        footerHeading = "%nExample%n",
        footer = "  flotilla job remove nightly")
public final class JobRemove implements Callable<Integer> {
    private final Shell shell;

    @Parameters(paramLabel = "JOB", description = "The job's id, or a unique prefix.")
    String job;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    JobRemove(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        ObjectNode reply = shell.ask("job.remove", Replies.object().put("job", job));
        if (json) shell.json(reply);
        else shell.terminal().say("removed " + reply.path("removed").asText());
        return 0;
    }
}
