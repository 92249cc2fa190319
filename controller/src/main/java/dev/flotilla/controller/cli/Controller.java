package dev.flotilla.controller.cli;

import dev.flotilla.controller.app.ControllerApp;
import dev.flotilla.controller.app.ControllerSettings;
import dev.flotilla.controller.app.ExternalBroker;
import dev.flotilla.controller.cli.local.FleetFile;
import dev.flotilla.controller.cli.local.Folders;
import dev.flotilla.controller.cli.local.Stop;
import dev.flotilla.controller.cli.shell.Context;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.model.Exit;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.UserError;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla controller}. */
@Command(
        name = "controller",
        subcommands = {ControllerBackup.class, ControllerRestore.class},
        description = {
            "Run the controller of a fleet until Ctrl-C or SIGTERM; a journal in --data keeps every job.",
            "Its embedded broker listens on 127.0.0.1 alone; for devices elsewhere give --broker, a broker of your own."
        },
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla controller",
            "  flotilla controller --data /var/lib/flotilla --fleet farm --port 1883",
            "  flotilla controller backup /mnt/usb ; flotilla controller restore FILE",
            "  flotilla controller --broker mqtt://10.0.0.2:1883 --broker-user controller --broker-password-file broker.pw"
        })
public final class Controller implements Callable<Integer> {
    private static final String DEFAULT_FLEET = "fleet";
    private final Shell shell;

    @Option(names = "--data", paramLabel = "DIR", description = "Its directory [~/.local/share/flotilla/controller].")
    Path data;

    @Option(names = "--fleet", paramLabel = "NAME", description = "The fleet's name, given once and kept [fleet].")
    String fleet;

    @Option(names = "--port", paramLabel = "N", description = "Of the embedded broker; 0 takes a free one [1883].")
    Integer port;

    @Option(names = "--broker", paramLabel = "URL", description = "A broker of your own: mqtt://host:port.")
    URI broker;

    @Option(names = "--broker-user", paramLabel = "USER", description = "The controller's user there.")
    String brokerUser;

    @Option(
            names = "--broker-password-file",
            paramLabel = "FILE",
            description = "Holds that user's password; mode 0600.")
    Path brokerPasswordFile;

    @Option(names = "--until-stdin-closes", hidden = true)
    boolean untilStdinCloses;

    Controller(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws InterruptedException {
        Path dir = data == null ? Folders.controllerData(shell.terminal()) : data;
        ControllerApp app =
                ControllerApp.start(new ControllerSettings(dir, fleet(dir), port == null ? 1883 : port, external()));
        Stop.onSignal(Exit.DONE, app::close);
        if (untilStdinCloses) Stop.whenStdinCloses();
        try {
            shell.contexts()
                    .write(
                            app.fleet().value(),
                            new Context(app.fleet(), app.broker(), app.adminUser(), app.adminPassword()));
        } catch (IOException e) {
            app.close();
            throw new UserError(
                    Exit.FAILED,
                    "the context file was not written",
                    e.toString(),
                    "FLOTILLA_CONFIG=DIR names a folder that you may write");
        }
        shell.terminal()
                .out()
                .println("controller of fleet " + app.fleet() + ": broker " + app.broker()
                        + (external().isPresent() ? "" : ", loopback only") + ", data in " + dir);
        shell.terminal()
                .say("next:  flotilla device create oak" + (data == null ? "" : " --data " + dir)
                        + "          makes the file that an agent needs");
        int exit = app.awaitEnd();
        Stop.itself(app::close);
        return exit;
    }

    private FleetName fleet(Path dir) {
        FleetName asked;
        try {
            asked = new FleetName(fleet == null ? DEFAULT_FLEET : fleet);
        } catch (IllegalArgumentException e) {
            throw new UserError(
                    Exit.USAGE, "--fleet cannot be used", e.getMessage(), "flotilla controller --fleet farm");
        }
        if (!Files.exists(FleetFile.in(dir))) return asked;
        FleetName kept = FleetFile.read(dir).fleet();
        if (fleet == null || kept.equals(asked)) return kept;
        throw new UserError(
                Exit.USAGE,
                dir + " holds the data of fleet " + kept,
                "--fleet says " + asked + "; a fleet's name never changes",
                "flotilla controller --fleet " + asked + " --data DIR          with another directory");
    }

    private Optional<ExternalBroker> external() {
        if (broker == null) {
            if (brokerUser == null && brokerPasswordFile == null) return Optional.empty();
            throw new UserError(
                    Exit.USAGE,
                    "--broker-user and --broker-password-file go with --broker",
                    "the embedded broker makes its own users",
                    "flotilla controller --broker mqtt://HOST:PORT ...");
        }
        if (port != null)
            throw new UserError(
                    Exit.USAGE,
                    "--port and --broker exclude each other",
                    "--port is of the embedded broker",
                    "leave one out");
        if (!"mqtt".equals(broker.getScheme()) || broker.getHost() == null || broker.getUserInfo() != null) {
            throw new UserError(
                    Exit.USAGE,
                    "--broker cannot be used",
                    "it is written mqtt://host:port, without user or password: others can read arguments",
                    "flotilla controller --broker mqtt://10.0.0.2:1883");
        }
        return Optional.of(
                new ExternalBroker(broker, Optional.ofNullable(brokerUser), Optional.ofNullable(brokerPasswordFile)));
    }
}
