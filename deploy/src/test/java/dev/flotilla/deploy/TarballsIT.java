package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is unpacked installs itself, and runs. That a fleet of it works is {@link FleetProcessesIT}. */
class TarballsIT {
    @Test
    void eachInstallsItsProgramAndAUnitThatStartsIt(@TempDir Path root) throws IOException {
        install(root, Installed.AGENT, "--prefix", "/srv/agent");
        install(root, Installed.CONTROLLER);

        assertEquals(
                Path.of("/srv/agent/bin/flotilla-agent"),
                Files.readSymbolicLink(root.resolve("usr/local/bin/flotilla-agent")));
        String unit = Files.readString(root.resolve("etc/systemd/system/flotilla-agent.service"));
        assertTrue(unit.contains("\nExecStart=/srv/agent/bin/flotilla-agent run --device-file "), unit);
        assertTrue(unit.contains("\nRestartPreventExitStatus=2 9\n") && unit.contains("\nNoNewPrivileges=yes\n"), unit);
        assertEquals(
                "flotilla-agent",
                Command.run(Map.of(), List.of(root + "/srv/agent/bin/flotilla-agent", "--version"))
                        .answer()
                        .split(" ")[0]);
        assertEquals(
                "flotilla",
                Command.run(Map.of(), List.of(root + "/opt/flotilla-controller/bin/flotilla", "--version"))
                        .answer()
                        .split(" ")[0]);
        assertFalse(Files.exists(root.resolve("var")), "nothing but the program is put anywhere");
    }

    @Test
    void aNewVersionLeavesNoJarOfTheOldOne(@TempDir Path root) throws IOException {
        install(root, Installed.AGENT);
        Path old = Files.createFile(root.resolve("opt/flotilla-agent/lib/agent/flotilla-agent-0.0.1.jar"));

        install(root, Installed.AGENT);

        assertFalse(Files.exists(old));
    }

    private static void install(Path root, Path product, String... words) {
        List<String> command =
                new java.util.ArrayList<>(List.of(product.resolve("install.sh").toString()));
        command.addAll(List.of(words));
        Command.run(Map.of("DESTDIR", root.toString()), command).succeeded();
    }
}
