package dev.flotilla.controller.cli.device;

import dev.flotilla.controller.app.FleetAuthority;
import dev.flotilla.controller.cli.local.FleetFile;
import dev.flotilla.controller.cli.local.Folders;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.enrol.CertificateAuthority;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Exit;
import dev.flotilla.model.UserError;
import dev.flotilla.security.DeviceFile;
import dev.flotilla.security.Identity;
import dev.flotilla.security.OwnerOnly;
import dev.flotilla.security.RootSecret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla device create}: beside the controller's data, since the device's keys come from the fleet's root secret. */
@Command(
        name = "create",
        description = {
            "Write the file that makes an agent a device of this fleet: fleet, broker, credentials, keys.",
            "It holds secrets (mode 0600); bring it to the device and nowhere else. Runs where the controller's data is.",
            "A device that has joined with a token, or was removed, is let in by another token alone: token create --replaces."
        },
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla device create oak                                writes oak.device.json",
            "  flotilla agent --device-file oak.device.json --data oak   starts the agent",
            "  flotilla device create elm --data /var/lib/flotilla -o elm.json",
            "  flotilla device create fir --broker-user fir --broker-password-file fir.pw          a broker of your own"
        })
public final class DeviceCreate implements Callable<Integer> {
    /** Nothing renews a certificate that came in a file. */
    private static final Duration LIFE = Duration.ofDays(3650);

    private final Shell shell;

    @Parameters(paramLabel = "ID", description = "The device's id: a-z, 0-9 and -, at most 64.")
    String id;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Where to write it [ID.device.json].")
    Path output;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "The controller's data [~/.local/share/flotilla/controller].")
    Path data;

    @Option(
            names = "--broker",
            paramLabel = "URL",
            description =
                    "As the device sees it: mqtts://host:port with a certificate, mqtt://host:port with a password"
                            + " [where the controller takes devices].")
    URI broker;

    @Option(
            names = "--broker-user",
            paramLabel = "USER",
            description = "The device's user at a broker of your own [its id].")
    String brokerUser;

    @Option(
            names = "--broker-password-file",
            paramLabel = "FILE",
            description = "The device's password at a broker of your own [derived from the fleet's secret].")
    Path brokerPasswordFile;

    DeviceCreate(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws IOException {
        DeviceId device;
        try {
            device = new DeviceId(id);
        } catch (IllegalArgumentException e) {
            throw new UserError(
                    Exit.USAGE, "no device can be called that", e.getMessage(), "flotilla device create oak");
        }
        if (FleetAuthority.isReserved(id)) {
            throw new UserError(
                    Exit.USAGE,
                    "no device can be called " + id,
                    "ids that are admin, controller or join, or begin with one of these and -, belong to the controller, its clients and who joins",
                    "flotilla device create oak");
        }
        Path from = data == null ? Folders.controllerData(shell.terminal()) : data;
        Path secret = from.resolve("root.secret");
        if (!Files.exists(secret) || !Files.exists(FleetFile.in(from))) {
            throw new UserError(
                    Exit.NOT_FOUND,
                    "no controller's data is in " + from,
                    "there is no root.secret or fleet.json; a controller makes them at its first start",
                    "flotilla device create " + id + " --data DIR");
        }
        FleetFile fleet = FleetFile.read(from);
        URI address = broker != null ? broker : fleet.devices().orElse(fleet.broker());
        DeviceFile made = "mqtts".equals(address.getScheme())
                ? certified(from, fleet, device, address)
                : withPassword(DeviceFile.of(RootSecret.at(secret), fleet.fleet(), device, address));
        Path file = output == null ? Path.of(id + ".device.json") : output;
        made.write(file);
        shell.terminal().out().println(file);
        shell.terminal().say("next:  flotilla agent --device-file " + file + " --data " + id);
        return 0;
    }

    /** The key is made here and goes with the file; whoever has the file is the device. */
    private DeviceFile certified(Path from, FleetFile fleet, DeviceId device, URI address) throws IOException {
        if (brokerUser != null || brokerPasswordFile != null)
            throw new UserError(
                    Exit.USAGE,
                    "--broker-user and --broker-password-file go with mqtt://",
                    "over mqtts a device shows its certificate",
                    "flotilla device create " + id + " --broker mqtt://HOST:PORT ...");
        KeyPair key = Identity.freshKey();
        Identity identity = new Identity(
                key.getPrivate(),
                CertificateAuthority.at(from, fleet.fleet())
                        .device(device, key.getPublic(), Instant.now().plus(LIFE)));
        return DeviceFile.of(RootSecret.at(from.resolve("root.secret")), fleet.fleet(), device, address, identity);
    }

    private DeviceFile withPassword(DeviceFile made) throws IOException {
        String password = made.password();
        if (brokerPasswordFile != null) {
            OwnerOnly.check(brokerPasswordFile);
            password = Files.readString(brokerPasswordFile).strip();
        }
        return new DeviceFile(
                made.fleet(),
                made.device(),
                made.broker(),
                brokerUser == null ? made.user() : brokerUser,
                password,
                made.linkKey(),
                made.labels(),
                Optional.empty());
    }
}
