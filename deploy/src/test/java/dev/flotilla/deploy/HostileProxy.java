package dev.flotilla.deploy;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A line to a broker that knows the frames of MQTT and does harm to them: holds packets back, says them twice, swaps them, cuts connections in
 * the middle of one, lets them die without a sign, flips bits. Loopback only; what it does follows from a seed and from what passes.
 */
final class HostileProxy implements AutoCloseable {
    /**
     * How often, of all packets: from 0 to 1.
     *
     * @param delay     the longest time a packet is held back; those behind it wait too
     * @param repeats   a publication of QoS 0 is passed on twice
     * @param swaps     a publication of QoS 0 lets the next packet go first, if one comes within 100 ms
     * @param cuts      half of the packet passes, then both ends are reset
     * @param freezes   for three seconds nothing passes in this connection, and nothing is closed; then both ends are reset
     * @param flips     one bit of the payload of a publication is another
     * @param flipsAny  one bit of a publication is another, its kind or its topic's number, not its length or its topic's name: a
     *     broker may take such a one for a breach of rights, and an agent that is refused waits for a minute or two
     */
    record Mood(int delay, double repeats, double swaps, double cuts, double freezes, double flips, double flipsAny) {
        static final Mood GOOD = new Mood(0, 0, 0, 0, 0, 0, 0);
    }

    private static final int PUBLISH = 3;
    /** Connections of one mood that end by its harm: each makes an agent wait longer before the next. */
    private static final int ENDS = 4;

    private final URI broker;
    private final ServerSocket server;
    private final List<Socket> open = new ArrayList<>();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong harm = new AtomicLong();
    private final AtomicLong flipped = new AtomicLong();
    private final AtomicInteger ends = new AtomicInteger();
    private volatile Mood mood = Mood.GOOD;
    private volatile Random random = new Random(0);

    HostileProxy(URI broker) throws IOException {
        this.broker = broker;
        server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        daemon(this::accept);
    }

    URI address() {
        return URI.create("mqtt://127.0.0.1:" + server.getLocalPort());
    }

    void mood(Mood next, long seed) {
        random = new Random(seed);
        ends.set(0);
        mood = next;
    }

    /** All is well from now on. */
    void mend() {
        mood = Mood.GOOD;
    }

    /** Bytes that either end has sent so far; what the proxy repeats does not count. */
    long bytes() {
        return bytes.get();
    }

    /** How often it did harm so far. */
    long harm() {
        return harm.get();
    }

    /** Envelopes to the broker so far in whose payload a bit was flipped; a few of them may have died with their connection. */
    long flipped() {
        return flipped.get();
    }

    /** Resets every connection. */
    synchronized void reset() {
        for (Socket socket : open) end(socket);
        open.clear();
    }

    @Override
    public void close() throws IOException {
        server.close();
        reset();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket near = server.accept();
                Socket far;
                try {
                    far = new Socket(broker.getHost(), broker.getPort());
                } catch (IOException theBrokerIsAway) {
                    end(near);
                    continue;
                }
                near.setTcpNoDelay(true);
                far.setTcpNoDelay(true);
                synchronized (this) {
                    open.removeIf(Socket::isClosed);
                    open.add(near);
                    open.add(far);
                }
                daemon(() -> new Way(near, far, true).pass());
                daemon(() -> new Way(far, near, false).pass());
            } catch (IOException e) {
                if (!server.isClosed()) throw new IllegalStateException(e);
            }
        }
    }

    /** One direction of one connection. */
    private final class Way {
        private final Socket from;
        private final Socket to;
        private final boolean up;
        private final ArrayDeque<byte[]> later = new ArrayDeque<>();

        Way(Socket from, Socket to, boolean up) {
            this.from = from;
            this.to = to;
            this.up = up;
        }

        void pass() {
            try {
                DataInputStream in = new DataInputStream(from.getInputStream());
                OutputStream out = to.getOutputStream();
                while (true) {
                    if (!later.isEmpty() && !comes(in)) release(out);
                    pass(frame(in), out);
                }
            } catch (EOFException | SocketException e) {
                end(from);
                end(to);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private byte[] frame(DataInputStream in) throws IOException {
            byte[] head = new byte[5];
            head[0] = in.readByte();
            int at = 0;
            long length = 0;
            do {
                head[++at] = in.readByte();
                length |= (long) (head[at] & 0x7F) << 7 * (at - 1);
            } while (head[at] < 0 && at < 4);
            byte[] frame = new byte[(int) (at + 1 + length)];
            System.arraycopy(head, 0, frame, 0, at + 1);
            in.readFully(frame, at + 1, (int) length);
            bytes.addAndGet(frame.length);
            return frame;
        }

        private void pass(byte[] frame, OutputStream out) throws IOException, InterruptedException {
            Mood now = mood;
            if (now.delay() > 0) TimeUnit.MILLISECONDS.sleep(random.nextInt(now.delay()));
            if (ends(now.cuts())) {
                out.write(frame, 0, frame.length / 2);
                out.flush();
                throw new EOFException("cut");
            }
            if (ends(now.freezes())) {
                TimeUnit.SECONDS.sleep(3);
                throw new EOFException("frozen");
            }
            boolean publishes = (frame[0] >> 4 & 0xF) == PUBLISH;
            boolean mayBeLost = (frame[0] & 6) == 0;
            if (publishes && happens(now.flips())) {
                flip(frame, frame.length - 1 - random.nextInt(payload(frame)));
                if (up && mayBeLost) flipped.incrementAndGet();
            }
            if (publishes && nameless(frame) && ends(now.flipsAny())) {
                int at = topicAt(frame) + 1 + random.nextInt(frame.length - topicAt(frame) - 1);
                flip(frame, random.nextInt(4) == 0 ? 0 : at);
            }
            boolean mayMove = publishes && mayBeLost && !namesAlias(frame);
            if (mayMove && later.isEmpty() && happens(now.swaps())) {
                later.add(frame);
                return;
            }
            out.write(frame);
            if (mayMove && happens(now.repeats())) out.write(frame);
            release(out);
        }

        /** True if another packet comes soon; what was held back does not wait for longer. */
        private static boolean comes(DataInputStream in) throws IOException, InterruptedException {
            for (int i = 0; i < 20 && in.available() == 0; i++) TimeUnit.MILLISECONDS.sleep(5);
            return in.available() > 0;
        }

        private void release(OutputStream out) throws IOException {
            while (!later.isEmpty()) out.write(later.remove());
        }
    }

    private boolean ends(double often) {
        return ends.get() < ENDS && happens(often) && ends.incrementAndGet() <= ENDS;
    }

    private boolean happens(double often) {
        boolean happens = often > 0 && random.nextDouble() < often;
        if (happens) harm.incrementAndGet();
        return happens;
    }

    private void flip(byte[] frame, int at) {
        frame[at] ^= (byte) (1 << random.nextInt(8));
    }

    /** About the size of a publication's payload: what stands behind its topic. */
    private static int payload(byte[] frame) {
        int topic = topicAt(frame);
        int length = (frame[topic] & 0xFF) << 8 | frame[topic + 1] & 0xFF;
        return Math.max(1, frame.length - topic - 2 - length - 8);
    }

    private static int topicAt(byte[] frame) {
        int at = 1;
        while (frame[at] < 0) at++;
        return at + 1;
    }

    /** A publication that gives its topic a number: those behind it have the number alone. */
    private static boolean namesAlias(byte[] frame) {
        int topic = topicAt(frame);
        int length = (frame[topic] & 0xFF) << 8 | frame[topic + 1] & 0xFF;
        return length > 0 && frame[topic + 2 + length] != 0;
    }

    private static boolean nameless(byte[] frame) {
        int topic = topicAt(frame);
        return frame[topic] == 0 && frame[topic + 1] == 0;
    }

    private static void end(Socket socket) {
        try {
            if (!socket.isClosed()) socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // then it is closed already
        }
    }

    private static void daemon(Runnable run) {
        Thread thread = new Thread(run, "hostile-proxy");
        thread.setDaemon(true);
        thread.start();
    }
}
