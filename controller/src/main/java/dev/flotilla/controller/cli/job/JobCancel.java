package dev.flotilla.controller.cli.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.AdminClient;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla job cancel}. */
@Command(
        name = "cancel",
        description = "End a job now: what was counted stays its answer, the rest is not run.",
        footerHeading = "%nExample%n",
        footer = "  flotilla job cancel nightly")
public final class JobCancel implements Callable<Integer> {
    private final Shell shell;

    @Parameters(paramLabel = "JOB", description = "The job's id, or a unique prefix.")
    String job;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    JobCancel(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        try (AdminClient client = shell.open()) {
            ObjectNode result = client.ask("job.cancel", Replies.object().put("job", job));
            String state = result.path("state").asText();
            if (!state.equals("cancelled")) shell.terminal().say("nothing to cancel: the job had ended, " + state);
            Waiting.print(shell, client, result, json);
            return 0;
        }
    }
}
