package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the agent ships is weighed: a jar more, or much more in one, is a decision (docs/dependencies.md), not an accident. */
class WeightIT {
    private static final long MOST_BYTES = 4_800_000;

    @Test
    void theAgentShipsTheseJarsAndNoMoreBytesThanItMay() throws IOException {
        List<String> names = new ArrayList<>();
        long bytes = 0;
        try (Stream<Path> jars = Files.list(Installed.AGENT.resolve("lib").resolve("agent"))) {
            for (Path jar : jars.sorted().toList()) {
                names.add(jar.getFileName().toString().replaceFirst("-[0-9][0-9.]*\\.jar$", ""));
                bytes += Files.size(jar);
            }
        }
        assertEquals(
                List.of(
                        "fastcsv",
                        "flotilla-agent",
                        "flotilla-profiles",
                        "flotilla-shared",
                        "jackson-core",
                        "jackson-dataformat-cbor",
                        "org.eclipse.paho.mqttv5.client",
                        "picocli",
                        "slf4j-api",
                        "slf4j-simple",
                        "sqlite-jdbc"),
                names);
        assertTrue(bytes <= MOST_BYTES, bytes + " bytes of jars are more than " + MOST_BYTES);
    }
}
