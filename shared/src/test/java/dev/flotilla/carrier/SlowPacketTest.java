package dev.flotilla.carrier;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A slow line, and a broker that never ends a packet. */
@Timeout(60)
class SlowPacketTest {
    @Test
    void aPacketOfAThousandBytesMayTakeSecondsAndCountsAsHeardMeanwhile() throws Exception {
        assertTrue(later(1000, 1_500) > 0, "a line of 400 bytes a second would be cut for ever");
        assertTrue(later(5, 200) < 0, "a packet that does not come to its end counts as heard for ever");
    }

    /** How much later something was last heard, in ns, than that time after a packet of so many bytes was announced, whose bytes drip. */
    private static long later(int bytes, int afterMs) throws Exception {
        MqttSocket sockets = new MqttSocket(java.util.Optional.empty());
        try (ServerSocket broker = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                Socket mine = sockets.createSocket()) {
            mine.connect(broker.getLocalSocketAddress());
            InputStream in = mine.getInputStream();
            try (Socket theirs = broker.accept()) {
                OutputStream out = theirs.getOutputStream();
                out.write(new byte[] {0x30, (byte) (0x80 | bytes & 0x7F), (byte) (bytes >> 7)});
                in.readNBytes(3);
                long then = System.nanoTime() + afterMs * 1_000_000L;
                while (System.nanoTime() < then) LockSupport.parkNanos(then - System.nanoTime());
                out.write(0);
                in.readNBytes(1);
                return sockets.heard() - then;
            }
        }
    }
}
