package dev.flotilla.controller.cli.job;

import dev.flotilla.controller.cli.shell.AdminClient;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla job result}. */
@Command(
        name = "result",
        description = {
            "Print a job's answer as it stands: the value on stdout, what it covers on stderr.",
            "Exit code: 0 done, 8 partial or still running, 7 running with nothing to show, 1 failed or cancelled."
        },
        footerHeading = "%nExamples%n",
        footer = {"  flotilla job result nightly", "  flotilla job result nightly --json | jq .coverage"})
public final class JobResult implements Callable<Integer> {
    private final Shell shell;

    @Parameters(paramLabel = "JOB", description = "The job's id, or a unique prefix.")
    String job;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    JobResult(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        try (AdminClient client = shell.open()) {
            return Waiting.print(
                    shell, client, client.ask("job.result", Replies.object().put("job", job)), json);
        }
    }
}
