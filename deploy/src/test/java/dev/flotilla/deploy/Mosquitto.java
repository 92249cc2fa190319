package dev.flotilla.deploy;

import dev.flotilla.model.FleetName;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Mosquitto as an operator would set it up for one fleet (docs/operations.md): users with passwords, each with rights to its own topics.
 * A user's password is its name behind {@code pw-}.
 */
final class Mosquitto implements AutoCloseable {
    private final Path config;
    private final URI address;
    private final List<String> before;
    private Process process;

    Mosquitto(Path folder, FleetName fleet, List<String> users) throws IOException {
        this(folder, fleet, users, URI.create("mqtt://127.0.0.1:" + TestFleet.freePort()), List.of());
    }

    /** One that listens there; its command stands behind those words. */
    Mosquitto(Path folder, FleetName fleet, List<String> users, URI address, List<String> before) throws IOException {
        this.address = address;
        this.before = before;
        Ci.needs(
                installed("mosquitto") && installed("mosquitto_passwd"),
                "Mosquitto is not installed (Debian: mosquitto)");
        Path passwords = folder.resolve("passwords");
        StringBuilder lines = new StringBuilder();
        for (String user : users) lines.append(user).append(":pw-").append(user).append('\n');
        Files.writeString(passwords, lines);
        Files.setPosixFilePermissions(passwords, PosixFilePermissions.fromString("rw-------"));
        Command.run(PATH, List.of("sh", "-c", "mosquitto_passwd -U " + passwords))
                .succeeded();
        Path rights = folder.resolve("rights");
        Files.writeString(rights, """
                user controller
                topic readwrite flotilla/1/FLEET/#
                user admin
                topic write flotilla/1/FLEET/admin/+
                topic read flotilla/1/FLEET/event/#
                pattern read flotilla/1/FLEET/client/%u/+/reply
                pattern read flotilla/1/FLEET/controller
                pattern read flotilla/1/FLEET/device/%u/order
                pattern write flotilla/1/FLEET/device/%u/report
                pattern write flotilla/1/FLEET/device/%u/presence
                """.replace("FLEET", fleet.value()));
        config = folder.resolve("mosquitto.conf");
        Files.writeString(config, """
                listener PORT HOST
                allow_anonymous false
                password_file PASSWORDS
                acl_file RIGHTS
                set_tcp_nodelay true
                user USER
                """.replace("PORT", String.valueOf(address.getPort()))
                .replace("HOST", address.getHost())
                .replace("PASSWORDS", passwords.toString())
                .replace("RIGHTS", rights.toString())
                .replace("USER", System.getProperty("user.name")));
        start();
    }

    /** Debian has it where only root's PATH looks. */
    private static final Map<String, String> PATH =
            Map.of("PATH", System.getenv("PATH") + ":/usr/sbin:/usr/local/sbin");

    static boolean installed(String program) {
        return Command.run(PATH, List.of("sh", "-c", "command -v " + program)).exit() == 0;
    }

    URI address() {
        return address;
    }

    /** Starts it, again on the same port, and waits until it listens. */
    void start() throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of("sh", "-c", "exec mosquitto -c " + config));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(config.resolveSibling("mosquitto.log").toFile());
        builder.environment().putAll(PATH);
        process = builder.start();
        Command.await("Mosquitto listens", this::listens);
    }

    private boolean listens() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address.getHost(), address.getPort()), 500);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    /** SIGKILL. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public void close() {
        if (process == null) return;
        process.destroy();
        process.onExit().join();
    }
}
