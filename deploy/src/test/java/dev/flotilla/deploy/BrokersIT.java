package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.model.FleetName;
import dev.flotilla.security.OwnerOnly;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fleet on brokers of the user's own. */
class BrokersIT {
    private static final String SUM = "499999500000";

    @Test
    void aRestartOfMosquittoInTheMiddleOfAJobIsANonEvent(@TempDir Path folder) throws IOException {
        try (Mosquitto mosquitto = new Mosquitto(folder, new FleetName("it"), List.of("controller", "oak", "elm"));
                TestFleet fleet = new TestFleet(folder)) {
            String broker = mosquitto.address().toString();
            fleet.controller(
                    "--broker",
                    broker,
                    "--broker-user",
                    "controller",
                    "--broker-password-file",
                    password(folder, "controller"));
            for (String id : List.of("oak", "elm")) fleet.agent(id, "--broker-password-file", password(folder, id));
            fleet.ready("oak", "elm");
            submit(fleet, 400);
            Command.await("a tenth of the job is counted", () -> fleet.counted("sum") >= 40);

            mosquitto.close();
            mosquitto.start();

            ObjectNode result = fleet.end("sum");
            assertEquals(SUM, result.path("value").asText(), result::toString);
            assertEquals(400, result.at("/coverage/shards_counted").asLong(), result::toString);
            fleet.flotilla("job", "verify", "sum").succeeded();
        }
    }

    @Test
    void aFleetWorksOverHiveMqsContainer(@TempDir Path folder) throws IOException {
        URI broker = HiveMq.start();
        try (TestFleet fleet = new TestFleet(folder)) {
            fleet.controller("--broker", broker.toString()).agent("oak").agent("elm");
            fleet.ready("oak", "elm");
            submit(fleet, 100);
            ObjectNode result = fleet.end("sum");
            assertEquals(SUM, result.path("value").asText(), result::toString);
            assertEquals(100, result.at("/coverage/shards_counted").asLong(), result::toString);
        }
    }

    private static void submit(TestFleet fleet, int shards) {
        fleet.ask(
                "job.submit",
                "{\"id\": \"sum\", \"input\": {\"range\": \"0..1000000\"}, \"shard\": {\"count\": " + shards
                        + "}, \"program\": {\"builtin\": \"sum\", \"delay\": \"20ms\"}}");
    }

    private static String password(Path folder, String user) throws IOException {
        Path file = folder.resolve(user + ".pw");
        OwnerOnly.write(file, ("pw-" + user).getBytes(StandardCharsets.UTF_8));
        return file.toString();
    }
}
