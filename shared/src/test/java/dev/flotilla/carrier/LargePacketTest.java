package dev.flotilla.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A broker, or a line on which bits flip, that announces a packet larger than the memory. */
@Timeout(30)
class LargePacketTest {
    private final LinkedBlockingQueue<String> news = new LinkedBlockingQueue<>();

    @Test
    void aPacketOfAQuarterOfAGibibyteIsNotWaitedFor() throws Exception {
        try (ServerSocket broker = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                MqttCarrier carrier = carrier(broker.getLocalPort())) {
            carrier.start();
            try (Socket socket = broker.accept()) {
                InputStream in = socket.getInputStream();
                in.read(new byte[1024]);
                OutputStream out = socket.getOutputStream();
                out.write(new byte[] {0x20, 3, 0, 0, 0}); // connected
                assertEquals("up", news.poll(20, TimeUnit.SECONDS));
                out.write(new byte[] {0x30, -1, -1, -1, 0x7F, 0, 1});
                assertEquals("down: a packet of 268435455 bytes is announced", news.poll(20, TimeUnit.SECONDS));
            }
        }
    }

    private MqttCarrier carrier(int port) {
        MqttSettings settings = new MqttSettings(
                URI.create("mqtt://127.0.0.1:" + port),
                Optional.empty(),
                "oak",
                Optional.empty(),
                Optional.empty(),
                Duration.ofSeconds(60),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                "test");
        return new MqttCarrier(settings, new Carrier.Listener() {
            @Override
            public void up() {
                news.add("up");
            }

            @Override
            public void down(String why) {
                news.add("down: " + why);
            }

            @Override
            public void received(Carrier.Message message) {
                news.add("received");
            }

            @Override
            public void takenOver() {
                news.add("taken over");
            }

            @Override
            public void refused(String why) {
                news.add("refused: " + why);
            }
        });
    }
}
