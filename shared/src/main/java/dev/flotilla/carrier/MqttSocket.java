package dev.flotilla.carrier;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.SocketFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

/**
 * Makes the socket of one connection, reads it through a buffer, and closes it. It knows when something was last heard.
 *
 * <p>It also watches the frames of MQTT in what it reads. Paho sets aside as many bytes as a packet's header announces before it looks at any
 * limit, up to 256 MiB, and waits for them for ever: a packet that is too large ends the connection here, and one that comes too slowly does
 * not count as heard.
 */
final class MqttSocket extends SocketFactory {
    /** The largest packet in bytes: envelopes have at most 128 KiB, replies to clients 1 MiB. */
    private static final long LARGEST = 2L << 20;
    /** Bytes a second that a packet comes at least with, on the slowest radio too. */
    private static final long SLOWEST = 100;

    private static final Duration REFUSAL = Duration.ofMillis(300);

    private volatile long heard = System.nanoTime();
    /** When the packet that is being read should be whole; the largest value between packets. */
    private volatile long due = Long.MAX_VALUE;

    private final Optional<SSLContext> tls;
    /** What TLS has to say of the end of the connection; the other threads only see that it is closed. */
    private final CompletableFuture<SSLException> refusal = new CompletableFuture<>();

    private Socket socket;
    private Thread connecting;
    private boolean closed;

    MqttSocket(Optional<SSLContext> tls) {
        this.tls = tls;
    }

    @Override
    public synchronized Socket createSocket() throws IOException {
        if (closed) throw new SocketException("closed");
        socket = new Line(tls) {
            @Override
            public InputStream getInputStream() throws IOException {
                return new BufferedInputStream(new Heard(super.getInputStream()), 16 * 1024);
            }
        };
        connecting = Thread.currentThread();
        return socket;
    }

    /**
     * Paho's connecting thread starts three others and sleeps for 100 ms after each one that does not run at once: this ends such a sleep, and
     * a command line tool answers a third of a second sooner.
     *
     * @return true if it may have to be called again
     */
    synchronized boolean wake() {
        if (connecting == null || !socket.isConnected()) return true;
        if (connecting.getState() == Thread.State.TIMED_WAITING) connecting.interrupt();
        return connecting.isAlive();
    }

    synchronized boolean connected() {
        return socket != null && socket.isConnected();
    }

    /** When the last byte came, by {@link System#nanoTime}; of a packet that takes too long, when it should have been whole. */
    long heard() {
        long last = heard;
        long mostly = due;
        return mostly != Long.MAX_VALUE && mostly - last < 0 ? mostly : last;
    }

    /** What TLS says of the end of a connection that has just ended, if it says anything; waits a moment for it. */
    Optional<SSLException> refusal() {
        if (tls.isEmpty()) return Optional.empty();
        try {
            return Optional.of(refusal.get(REFUSAL.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException | ExecutionException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /** Closes what was made, and makes no more: a try that was given up may still be looking up a name. */
    synchronized void close() {
        closed = true;
        if (socket == null) return;
        try {
            socket.close();
        } catch (IOException e) {
            // then it is no use any more either
        }
    }

    /**
     * Waits until Paho's connecting thread has ended, half a second at most. Whoever ends the connection while that thread starts the others
     * makes it wait for ever for one that has ended: a thread would be lost at each try.
     */
    void settle() {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(500);
        try {
            while (starting() && System.nanoTime() < until) {
                wake();
                TimeUnit.MILLISECONDS.sleep(1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean starting() {
        return connecting != null && connecting.isAlive();
    }

    private final class Heard extends FilterInputStream {
        /** 0: at a packet's first byte; 1 to 4: at that byte of its length; 5: within it. */
        private int place;

        private long left;

        private Heard(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int got = -1;
            try {
                got = super.read(into, offset, length);
            } catch (SSLException e) {
                refusal.complete(e);
                throw e;
            } finally {
                if (got < 0) settle(); // before Paho hears of the end
            }
            heard = System.nanoTime();
            try {
                if (got > 0) follow(into, offset, got);
            } catch (IOException e) {
                settle();
                throw e;
            }
            return got;
        }

        private void follow(byte[] bytes, int from, int count) throws IOException {
            int at = from;
            int end = from + count;
            while (at < end) {
                if (place == 5) {
                    long some = Math.min(left, end - at);
                    at += (int) some;
                    left -= some;
                } else {
                    int b = bytes[at++];
                    if (place > 0) left |= (long) (b & 0x7F) << 7 * (place - 1);
                    if (place == 0) left = 0;
                    else if (b >= 0) {
                        place = 4;
                        if (left > LARGEST) throw new IOException("a packet of " + left + " bytes is announced");
                        due = heard + TimeUnit.SECONDS.toNanos(1) * left / SLOWEST;
                    } else if (place == 4) throw new IOException("a packet's length is none");
                    place++;
                }
                if (place == 5 && left == 0) {
                    place = 0;
                    due = Long.MAX_VALUE;
                }
            }
        }

        /** Paho asks before each message, only to say what it is doing; it costs a system call, and fails on a closed socket. */
        @Override
        public int available() {
            return 0;
        }
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw unconnectedOnly();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw unconnectedOnly();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw unconnectedOnly();
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
        throw unconnectedOnly();
    }

    /** Paho takes an unconnected socket and connects it; another way in would lack TCP_NODELAY. */
    private static UnsupportedOperationException unconnectedOnly() {
        return new UnsupportedOperationException("only unconnected sockets are made here");
    }
}
