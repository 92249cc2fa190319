package dev.flotilla.controller.cli;

import dev.flotilla.controller.app.Backup;
import dev.flotilla.controller.cli.local.FleetFile;
import dev.flotilla.controller.cli.local.Folders;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.model.Exit;
import dev.flotilla.model.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla controller backup}. */
@Command(
        name = "backup",
        description = {
            "Copy a controller's data into one file, also while it runs: journal, root secret, fleet's name, and the",
            "files that running jobs need. Not in it: the password file of a broker of your own, files of ended jobs.",
            "It holds the root secret, from which every key of the fleet comes (mode 0600): keep it as you keep that."
        },
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla controller backup /mnt/usb                       a file named after fleet and time",
            "  flotilla controller backup farm.backup --data /var/lib/flotilla"
        })
public final class ControllerBackup implements Callable<Integer> {
    private final Shell shell;

    @Parameters(paramLabel = "FILE|DIR", description = "A file that does not exist, or a directory.")
    Path to;

    @Option(names = "--data", paramLabel = "DIR", description = "Its directory [~/.local/share/flotilla/controller].")
    Path data;

    ControllerBackup(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws IOException {
        Path dir = data == null ? Folders.controllerData(shell.terminal()) : data;
        if (!Files.exists(FleetFile.in(dir)))
            throw new UserError(
                    Exit.NOT_FOUND,
                    "no controller's data is in " + dir,
                    "there is no fleet.json; a controller makes it at its first start",
                    "flotilla controller backup FILE --data DIR");
        FleetFile fleet = FleetFile.read(dir);
        String time = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString().replaceAll("[-:]", "");
        Path file = Files.isDirectory(to) ? to.resolve(fleet.fleet() + "-" + time + ".backup") : to;
        Backup.Result made = Backup.write(dir, fleet.fleet(), file);
        shell.terminal().out().println(file);
        shell.terminal()
                .say(made.bytes() + " bytes, last batch " + made.lastBatch() + ", chain verified; "
                        + made.standing().jobsRunning() + " jobs running. It holds the root secret.");
        return Exit.DONE.code();
    }
}
