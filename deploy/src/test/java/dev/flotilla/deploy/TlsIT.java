package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.security.DeviceFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fleet whose devices come by TLS: a job is done, both sides are killed and go on, and a stranger's controller is not believed. */
class TlsIT {
    @Test
    void devicesComeByTheirCertificatesAndGoOnAfterAKill(@TempDir Path folder) throws IOException {
        try (TestFleet fleet = new TestFleet(folder)) {
            int port = TestFleet.freePort();
            fleet.controller(
                    "--port",
                    String.valueOf(TestFleet.freePort()),
                    "--listen",
                    "127.0.0.1:" + port,
                    "--host",
                    "localhost");
            assertTrue(fleet.said("controller").contains("devices by mqtts://localhost:" + port));
            fleet.agent("oak").agent("elm");
            DeviceFile oak = DeviceFile.read(folder.resolve("oak.json"));
            assertEquals(URI.create("mqtts://localhost:" + port), oak.broker());
            assertFalse(fleet.said("controller").contains(oak.linkKey().text()));
            fleet.ready("oak", "elm");
            sums(fleet, "first");
            fleet.kill("oak");
            fleet.kill("controller");
            fleet.again("controller");
            fleet.awaitController();
            fleet.hangUp();
            fleet.ready("oak", "elm");
            sums(fleet, "second");
        }
    }

    /** Where the controller's own data was taken away, there is another authority: to the devices it is a stranger. */
    @Test
    void aControllerWithAnotherAuthorityIsNotBelieved(@TempDir Path folder) throws IOException {
        try (TestFleet fleet = new TestFleet(folder)) {
            int port = TestFleet.freePort();
            String[] words = {"--port", String.valueOf(TestFleet.freePort()), "--listen", "127.0.0.1:" + port};
            fleet.controller(words).agent("oak");
            fleet.ready("oak");
            fleet.signal("controller", "TERM");
            fleet.exit("controller");
            Files.delete(fleet.data().resolve("ca.pem"));
            Files.delete(fleet.data().resolve("ca.key"));
            fleet.again("controller");
            fleet.awaitController();
            Command.await("oak says why", () -> fleet.said("oak").contains("the broker is not who it should be"));
        }
    }

    private static void sums(TestFleet fleet, String id) {
        fleet.ask(
                "job.submit",
                "{\"id\": \"" + id + "\", \"input\": {\"range\": \"0..1000000\"}, \"shard\": {\"count\": 4},"
                        + " \"program\": {\"builtin\": \"sum\"}}");
        assertEquals("499999500000", fleet.end(id).path("value").asText());
    }
}
