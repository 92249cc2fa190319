package dev.flotilla.controller.cli.journal;

import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.core.ControllerMachine;
import dev.flotilla.journal.JournalDump;
import dev.flotilla.model.Exit;
import dev.flotilla.model.FleetName;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code flotilla journal dump}. */
@Command(
        name = "dump",
        description = {
            "Print a controller's recovery log as NDJSON: a line for each snapshot, each batch with its events, and each damage.",
            "The controller may run meanwhile. It goes on behind damage; only one that is whole gives exit code 0, else 1."
        },
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla journal dump ~/.local/share/flotilla/controller | tail -n 1",
            "  flotilla journal dump DIR | jq -c '.events[]? | select(.job == \"nightly\")'",
            "  flotilla journal dump DIR | jq -c '.seq as $seq | .events[]? | select(.event == \"Counted\") | [$seq, .device, .counts[].index]'",
            "  flotilla journal dump DIR | jq -c 'select(.damage)'"
        })
public final class JournalDumpCommand implements Callable<Integer> {
    private final Shell shell;

    @Parameters(paramLabel = "PATH", description = "A journal.db, or the data directory that holds it.")
    Path path;

    JournalDumpCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        // the fleet's name decides nothing of what a batch says
        ControllerMachine machine = new ControllerMachine(new FleetName("any"));
        boolean whole =
                JournalDump.write(path, machine::decode, shell.terminal().out(), shell.terminal()::say);
        return whole ? Exit.DONE.code() : Exit.FAILED.code();
    }
}
