package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.controller.broker.CarrierContract;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The carrier's contract over Mosquitto, with users and rights. */
class MosquittoCarrierIT extends CarrierContract {
    private static Mosquitto mosquitto;

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException {
        mosquitto = new Mosquitto(folder, FLEET, List.of("controller", "admin", "oak", "elm"));
    }

    @AfterAll
    static void stop() {
        if (mosquitto != null) mosquitto.close();
    }

    @Override
    protected URI broker() {
        return mosquitto.address();
    }

    @Override
    protected Optional<Login> login(String clientId) {
        String user = clientId.replace("admin-1", "admin");
        return Optional.of(new Login(user, "pw-" + user));
    }

    @Test
    void anonymousClientsAreRefused() {
        Command client = Command.run(
                Map.of("XDG_CONFIG_HOME", "/nowhere"),
                List.of(
                        "mosquitto_pub",
                        "-V",
                        "5",
                        "-p",
                        String.valueOf(broker().getPort()),
                        "-t",
                        TOPICS.controller(),
                        "-m",
                        "x"));
        assertTrue(client.exit() != 0 && client.err().contains("Not authorized"), client::toString);
    }
}
