package dev.flotilla.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The tarballs of this build, unpacked once a test JVM, of which two may run: what a user has after {@code tar xzf}. */
final class Installed {
    static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();
    static final Path DATA = CHECKOUT.resolve("examples").resolve("data");
    static final Path AGENT = unpacked("flotilla-agent");
    static final Path CONTROLLER = unpacked("flotilla-controller");

    private Installed() {}

    static String flotilla() {
        return CONTROLLER.resolve("bin").resolve("flotilla").toString();
    }

    static String flotillaAgent() {
        return AGENT.resolve("bin").resolve("flotilla-agent").toString();
    }

    private static Path unpacked(String product) {
        Path target = Path.of("target").toAbsolutePath();
        try (Stream<Path> files = Files.list(target)) {
            Path tarball = files.filter(file -> file.getFileName().toString().matches(product + "-[0-9].*\\.tar\\.gz"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no tarball of " + product + " in " + target));
            Path into = target.resolve(System.getProperty("flotilla.installed", "installed"));
            Files.createDirectories(into);
            Path folder = into.resolve(tarball.getFileName().toString().replace(".tar.gz", ""));
            Command.run(Map.of(), List.of("rm", "-rf", folder.toString())).succeeded();
            Command.run(Map.of(), List.of("tar", "xzf", tarball.toString(), "-C", into.toString()))
                    .succeeded();
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
