package dev.flotilla.deploy;

import java.net.URI;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.hivemq.HiveMQContainer;
import org.testcontainers.utility.DockerImageName;

/** HiveMQ CE in its container, one for all tests of a run; it goes with the JVM. */
final class HiveMq {
    private static final DockerImageName IMAGE = DockerImageName.parse("hivemq/hivemq-ce:2025.5");
    private static HiveMQContainer container;

    private HiveMq() {}

    /** Starts it, if it is not there yet. @return where it listens */
    static synchronized URI start() {
        if (container == null) {
            Ci.needs(
                    DockerClientFactory.instance().isDockerAvailable(),
                    "no Docker engine answers, so HiveMQ's container was not tried");
            HiveMQContainer made = new HiveMQContainer(IMAGE);
            made.start();
            container = made;
            // Where Testcontainers' reaper is switched off, nobody else ends it.
            Runtime.getRuntime().addShutdownHook(new Thread(made::stop, "hivemq"));
        }
        return URI.create("mqtt://" + container.getHost() + ":" + container.getMqttPort());
    }
}
