package dev.flotilla.deploy.hivemq;

import com.hivemq.embedded.EmbeddedHiveMQ;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * HiveMQ CE as its own image starts it: port 1883, every client allowed, and the line that Testcontainers waits for. State is in
 * memory, since the natives of its file storage are left out of the image.
 */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
        long start = System.nanoTime();
        Path home = Path.of("/opt/hivemq");
        EmbeddedHiveMQ broker = EmbeddedHiveMQ.builder()
                .withConfigurationFolder(Files.createDirectories(home.resolve("conf")))
                .withDataFolder(Files.createDirectories(home.resolve("data")))
                .withExtensionsFolder(Files.createDirectories(home.resolve("extensions")))
                .withoutLoggingBootstrap()
                .build();
        broker.start().join();
        System.out.println("Started HiveMQ in " + (System.nanoTime() - start) / 1_000_000 + "ms");
    }
}
