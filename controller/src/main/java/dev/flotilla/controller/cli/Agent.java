package dev.flotilla.controller.cli;

import dev.flotilla.model.Exit;
import dev.flotilla.model.UserError;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code flotilla agent}: stands in the list of commands; the launcher itself starts the agent's own program. */
@Command(
        name = "agent",
        description = "Run an agent on this machine; flotilla agent --help is the agent's own.",
        footerHeading = "%nExample%n",
        footer = "  flotilla agent --device-file oak.device.json --data oak")
public final class Agent implements Callable<Integer> {
    @Parameters(hidden = true)
    List<String> ignored = List.of();

    @Override
    public Integer call() {
        throw new UserError(
                Exit.FAILED,
                "the agent is a program of its own",
                "the launcher flotilla starts it when agent is its first word",
                "flotilla agent --help");
    }
}
