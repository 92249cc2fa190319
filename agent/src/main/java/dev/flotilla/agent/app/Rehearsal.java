package dev.flotilla.agent.app;

import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Exit;
import dev.flotilla.model.FleetName;
import dev.flotilla.security.DeviceFile;
import dev.flotilla.security.RootSecret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * {@code flotilla-agent rehearse DIR}: an agent of no fleet that starts, looks for a broker where none is, and stops. The package has it run once,
 * so that the JVM archives the classes that every start loads.
 */
@Command(name = "rehearse", hidden = true, description = "Starts an agent of no fleet in DIR, and stops it.")
final class Rehearsal implements Callable<Integer> {
    /** Long enough for a first try to connect on a slow device. */
    private static final long SECONDS = 3;

    @Mixin
    private Choice choice;

    @Parameters(paramLabel = "DIR", description = "An empty directory.")
    private Path data;

    @Override
    public Integer call() throws IOException, InterruptedException {
        DeviceFile nobody = DeviceFile.of(
                RootSecret.at(data.resolve("root")),
                new FleetName("rehearsal"),
                new DeviceId("nobody"),
                URI.create("mqtt://127.0.0.1:9"));
        nobody.write(data.resolve("device.json"));
        DeviceFile read = DeviceFile.read(data.resolve("device.json"));
        try (AgentApp app = AgentApp.start(new AgentSettings(read, data.resolve("data"), choice.chosen()))) {
            TimeUnit.SECONDS.sleep(SECONDS);
        }
        return Exit.DONE.code();
    }
}
