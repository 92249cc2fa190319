package dev.flotilla.controller.cli;

import dev.flotilla.controller.app.ControllerApp;
import dev.flotilla.controller.cli.context.ContextCommand;
import dev.flotilla.controller.cli.device.DeviceCommand;
import dev.flotilla.controller.cli.job.JobCommand;
import dev.flotilla.controller.cli.job.Run;
import dev.flotilla.controller.cli.journal.JournalCommand;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.cli.token.TokenCommand;
import dev.flotilla.model.Exit;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code flotilla}. */
@Command(
        name = "flotilla",
        description =
                "Data-parallel work on a fleet of small, unreliable Linux devices, over MQTT, each result counted once.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            Demo.class,
            Dev.class,
            Run.class,
            JobCommand.class,
            DeviceCommand.class,
            TokenCommand.class,
            Explain.class,
            Controller.class,
            Agent.class,
            JournalCommand.class,
            ContextCommand.class
        },
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla demo                                    a fleet of four, one answer, nothing left",
            "  flotilla dev --agents 4                          a fleet to try things on, until Ctrl-C",
            "  flotilla run sum --range 0..1000000 --shards 4   from another terminal",
            "  flotilla job list ; flotilla device list ; flotilla explain ID",
            "",
            "Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 not authorised, 5 no controller,",
            "6 cannot place, 7 wait ended with nothing to show, 8 partial, 9 (controller) taken over,",
            "130 interrupted."
        })
public final class Flotilla implements Callable<Integer> {
    private final Shell shell;

    @Spec
    CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help.")
    boolean help;

    @Option(names = "--version", description = "Show the version.")
    boolean version;

    Flotilla(Shell shell) {
        this.shell = shell;
    }

    @Option(
            names = "--context",
            paramLabel = "NAME",
            scope = ScopeType.INHERIT,
            description = "Which controller is meant [FLOTILLA_CONTEXT, or the current one].")
    void context(String name) {
        shell.named(name);
    }

    @Override
    public Integer call() {
        if (version) {
            shell.terminal()
                    .out()
                    .println("flotilla " + ControllerApp.VERSION + " (Java "
                            + Runtime.version().feature() + ")");
            return Exit.DONE.code();
        }
        spec.commandLine().usage(spec.commandLine().getErr());
        return Exit.USAGE.code();
    }
}
