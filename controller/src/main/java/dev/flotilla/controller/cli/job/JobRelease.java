package dev.flotilla.controller.cli.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.cli.ui.Words;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla job release}. */
@Command(
        name = "release",
        description = {
            "Decide about tasks of one-time jobs that are held because nobody knows whether they ran.",
            "Say --again if running once more does no harm, --give-up if it does."
        },
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla job release nightly --again          every held task of the job",
            "  flotilla job release nightly/17 --give-up      one task"
        })
public final class JobRelease implements Callable<Integer> {
    private final Shell shell;

    @Parameters(paramLabel = "JOB[/INDEX]", description = "The job, or one of its tasks.")
    String job;

    @ArgGroup(multiplicity = "1")
    Decision decision;

    /** One of the two. */
    static final class Decision {
        @Option(names = "--again", required = true, description = "Run them once more.")
        boolean again;

        @Option(names = "--give-up", required = true, description = "Do not run them; the job ends without them.")
        boolean giveUp;
    }

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    JobRelease(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        ObjectNode reply =
                shell.ask("job.release", Replies.object().put("job", job).put("again", decision.again));
        if (json) shell.json(reply);
        else {
            long n = reply.path("released").asLong();
            shell.terminal()
                    .out()
                    .println(
                            n == 0
                                    ? "no task was held"
                                    : Words.count(n, "task") + (decision.again ? " will run again" : " given up"));
        }
        return 0;
    }
}
