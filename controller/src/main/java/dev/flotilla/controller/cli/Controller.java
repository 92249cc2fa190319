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
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla controller}. */
@Command(
        name = "controller",
        subcommands = {ControllerBackup.class, ControllerRestore.class},
        description = {
            "Run the controller of a fleet until Ctrl-C or SIGTERM; a journal in --data keeps every job.",
            "Its embedded broker listens on 127.0.0.1 alone. For devices elsewhere give --listen: there it speaks TLS, and",
            "lets in who has a certificate of this fleet; or --broker, a broker of your own."
        },
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla controller",
            "  flotilla controller --data /var/lib/flotilla --fleet farm --port 1883",
            "  flotilla controller --listen 8883 --host farm.example.org        devices come by TLS",
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

    @Option(
            names = "--listen",
            paramLabel = "[ADDRESS:]PORT",
            description =
                    "Take devices from other machines there, by TLS [nowhere]; without an address on all of IPv4.")
    String listen;

    @Option(
            names = "--host",
            paramLabel = "HOST",
            description = "The name or address by which devices reach this machine [its first address].")
    String host;

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
        ControllerApp app = ControllerApp.start(
                new ControllerSettings(dir, fleet(dir), port == null ? 1883 : port, listen(), external()));
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
                        + (external().isPresent() ? "" : ", loopback only")
                        + app.devices().map(uri -> ", devices by " + uri).orElse("") + ", data in " + dir);
        shell.terminal()
                .say("next:  flotilla device create oak" + (data == null ? "" : " --data " + dir)
                        + "          makes the file that an agent needs");
        int exit = app.awaitEnd();
        Stop.itself(app::close);
        return exit;
    }

    private Optional<ControllerSettings.Listen> listen() {
        if (listen == null) {
            if (host == null) return Optional.empty();
            throw new UserError(
                    Exit.USAGE,
                    "--host goes with --listen",
                    "without it devices elsewhere do not reach this controller",
                    "flotilla controller --listen 8883 --host " + host);
        }
        if (broker != null)
            throw new UserError(
                    Exit.USAGE,
                    "--listen and --broker exclude each other",
                    "--listen is of the embedded broker",
                    "leave one out");
        Matcher parts = Pattern.compile("(?:(.+):)?([0-9]{1,5})").matcher(listen);
        if (!parts.matches() || Integer.parseInt(parts.group(2)) > 65_535)
            throw new UserError(
                    Exit.USAGE,
                    "--listen cannot be used",
                    "it is written PORT or ADDRESS:PORT, not " + listen,
                    "flotilla controller --listen 8883");
        if (host != null && !host.matches("[A-Za-z0-9.:-]{1,253}"))
            throw new UserError(
                    Exit.USAGE,
                    "--host cannot be used",
                    "it is a name or an address, without scheme and port",
                    "flotilla controller --listen 8883 --host farm.example.org");
        String address = parts.group(1) == null ? "0.0.0.0" : parts.group(1);
        return Optional.of(new ControllerSettings.Listen(
                address, Integer.parseInt(parts.group(2)), host == null ? reachedBy(address) : host));
    }

    /** That address, or if it stands for all of them the first one that others can see. */
    private static String reachedBy(String address) {
        if (!address.equals("0.0.0.0")) return address;
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(each ->
                            each instanceof Inet4Address && !each.isLoopbackAddress() && !each.isLinkLocalAddress())
                    .map(InetAddress::getHostAddress)
                    .findFirst()
                    .orElse("127.0.0.1");
        } catch (SocketException e) {
            throw new UserError(
                    Exit.FAILED,
                    "this machine's addresses are not known",
                    String.valueOf(e.getMessage()),
                    "flotilla controller --listen ADDRESS:PORT --host HOST");
        }
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
