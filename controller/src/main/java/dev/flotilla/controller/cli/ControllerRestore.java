package dev.flotilla.controller.cli;

import dev.flotilla.controller.app.Backup;
import dev.flotilla.controller.cli.local.Folders;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.model.Exit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla controller restore}. */
@Command(
        name = "restore",
        description = {
            "Put a backup in place of a lost controller. Open tasks of one-time jobs are held until job release: they may",
            "have run since the backup. At its start the controller waits 30 s for its devices, and counts the results",
            "that they kept. A directory with a journal is refused: move it aside first."
        },
        footerHeading = "%nExamples%n",
        footer = {
            "  mv /var/lib/flotilla /var/lib/flotilla.before",
            "  flotilla controller restore farm.backup --data /var/lib/flotilla",
            "  flotilla controller --data /var/lib/flotilla"
        })
public final class ControllerRestore implements Callable<Integer> {
    private final Shell shell;

    @Parameters(paramLabel = "FILE", description = "What controller backup wrote.")
    Path file;

    @Option(names = "--data", paramLabel = "DIR", description = "Its directory [~/.local/share/flotilla/controller].")
    Path data;

    ControllerRestore(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws IOException {
        Path dir = data == null ? Folders.controllerData(shell.terminal()) : data;
        Backup.Result done = Backup.restore(file, dir);
        shell.terminal()
                .out()
                .println("restored " + dir + ": last batch " + done.lastBatch() + ", chain verified, "
                        + done.standing().jobsRunning() + " jobs running");
        done.standing()
                .held()
                .forEach((job, n) -> shell.terminal()
                        .out()
                        .println("held:  " + n + " tasks of " + job + " need your decision: flotilla job release "
                                + job));
        String devices = String.join(", ", done.standing().devices());
        shell.terminal()
                .say("At its start it waits 30 s for "
                        + (devices.isEmpty() ? "devices" : devices)
                        + ", counts what they kept, and then places what is left.");
        shell.terminal()
                .say("next:  flotilla controller --data " + dir
                        + "          flotilla device list shows who has not come back: awaited");
        return Exit.DONE.code();
    }
}
