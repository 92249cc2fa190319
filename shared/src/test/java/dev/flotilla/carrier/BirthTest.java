package dev.flotilla.carrier;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.codec.PresenceCodec;
import dev.flotilla.link.Presence;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Both are retained on one topic, so the broker keeps the second. */
@Timeout(30)
class BirthTest {
    private MqttCarrier carrier;

    @Test
    void whatTheListenerSaysWhenItIsUpComesAfterTheBirth() throws Exception {
        try (ServerSocket broker = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            carrier = new MqttCarrier(
                    new MqttSettings(
                            URI.create("mqtt://127.0.0.1:" + broker.getLocalPort()),
                            Optional.empty(),
                            "oak",
                            Optional.empty(),
                            Optional.empty(),
                            Duration.ofSeconds(60),
                            List.of(),
                            Optional.empty(),
                            Optional.of(state(Presence.ONLINE)),
                            "test"),
                    new Degraded());
            carrier.start();
            try (Socket socket = broker.accept()) {
                InputStream in = socket.getInputStream();
                in.read(new byte[1024]);
                socket.getOutputStream().write(new byte[] {0x20, 3, 0, 0, 0}); // connected
                StringBuilder said = new StringBuilder();
                while (said.indexOf("online") < 0 || said.indexOf("degraded") < 0) said.append((char) in.read());
                assertTrue(said.indexOf("online") < said.indexOf("degraded"));
            } finally {
                carrier.close(Optional.empty());
            }
        }
    }

    private static Carrier.Message state(Presence presence) {
        return Carrier.Message.retained("presence", PresenceCodec.encode(presence));
    }

    private final class Degraded implements Carrier.Listener {
        @Override
        public void up() {
            carrier.publish(state(Presence.DEGRADED));
        }

        @Override
        public void down(String why) {}

        @Override
        public void refused(String why) {}

        @Override
        public void takenOver() {}

        @Override
        public void received(Carrier.Message message) {}
    }
}
