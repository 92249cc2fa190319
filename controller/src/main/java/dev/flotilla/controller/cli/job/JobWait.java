package dev.flotilla.controller.cli.job;

import dev.flotilla.controller.cli.shell.AdminClient;
import dev.flotilla.controller.cli.shell.Shell;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla job wait}. */
@Command(
        name = "wait",
        description = "Wait for a job's end and print its answer. Ctrl-C ends the wait, not the job.",
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla job wait nightly",
            "  flotilla job wait nightly --wait=2m          the answer so far after two minutes; the job goes on"
        })
public final class JobWait implements Callable<Integer> {
    private final Shell shell;

    @Parameters(paramLabel = "JOB", description = "The job's id, or a unique prefix.")
    String job;

    @Option(
            names = "--wait",
            paramLabel = "SPAN",
            description =
                    "At most so long; then the answer so far is printed (exit 8, or 7 if there is nothing to show).")
    String limit;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    JobWait(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        Wait wait = Wait.of(limit, true);
        try (AdminClient client = shell.open(job)) {
            return new Waiting(shell, client, job).toTheEnd(wait.limit(), json);
        }
    }
}
