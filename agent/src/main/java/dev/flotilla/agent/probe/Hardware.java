package dev.flotilla.agent.probe;

import dev.flotilla.model.Quoted;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a profile is chosen by.
 *
 * @param model      of the board, as its device tree says it; empty where there is none
 * @param arch       arm64, x86_64, armv7l, or whatever else Java calls it
 * @param memTotal   memory in bytes
 * @param container  it is a container, of Docker, Podman or systemd
 */
public record Hardware(String model, String arch, long memTotal, boolean container) {
    /** This machine. @param root where /proc is found: {@code /}, or a copy in tests */
    public static Hardware at(Path root) throws IOException {
        Path model = root.resolve("proc/device-tree/model");
        String name = Files.exists(model) ? new String(Files.readAllBytes(model), StandardCharsets.UTF_8) : "";
        return new Hardware(
                name.replace("\0", ""),
                arch(System.getProperty("os.arch")),
                MemInfo.at(root).total(),
                Files.exists(root.resolve(".dockerenv"))
                        || Files.exists(root.resolve("run/.containerenv"))
                        || Files.exists(root.resolve("run/systemd/container")));
    }

    private static String arch(String java) {
        return switch (java) {
            case "aarch64" -> "arm64";
            case "amd64" -> "x86_64";
            case "arm" -> "armv7l";
            default -> java;
        };
    }

    /** One line for people. */
    public String words() {
        return arch + ", " + (memTotal >> 20) + " MiB, "
                + (model.isEmpty() ? "no device-tree model" : Quoted.plain(model, 120))
                + (container ? ", a container" : "");
    }
}
