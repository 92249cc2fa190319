package dev.flotilla.controller.broker;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.Carrier.Message;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The contract over a broker that tells a client why it is cut off, as MQTT 5 has it. Mosquitto 2.0.11 does not. */
public abstract class TellingCarrierContract extends CarrierContract {
    @Test
    void aSessionThatIsTakenOverIsToldAndStaysDown() throws Exception {
        Ears first = new Ears();
        Carrier old = up(settings(broker(), "controller", List.of(TOPICS.all("report"))), first);

        Ears second = new Ears();
        Carrier fresh = up(settings(broker(), "controller", List.of(TOPICS.all("report"))), second);
        first.hear("taken over");

        assertFalse(old.connected());
        assertFalse(old.publish(Message.of(TOPICS.order(OAK), bytes("old"))));
        assertNever(() -> !fresh.connected(), Duration.ofMillis(1_500)); // longer than the first wait of a retry
        assertTrue(second.nothingLeft());
    }
}
