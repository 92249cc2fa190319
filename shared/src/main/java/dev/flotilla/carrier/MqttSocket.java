package dev.flotilla.carrier;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import javax.net.SocketFactory;

/**
 * The socket of one connection. It sends small packets at once, reads through a buffer, and waits for as long as it must: it is closed from
 * here, not found idle by a timeout. It knows when something was last heard.
 */
final class MqttSocket extends SocketFactory {
    private volatile long heard = System.nanoTime();
    private Socket socket;
    private boolean closed;

    @Override
    public synchronized Socket createSocket() throws IOException {
        if (closed) throw new SocketException("closed");
        socket = new Socket() {
            @Override
            public void setSoTimeout(int timeout) {}

            @Override
            public InputStream getInputStream() throws IOException {
                return new BufferedInputStream(new Heard(super.getInputStream()), 16 * 1024);
            }
        };
        socket.setTcpNoDelay(true);
        return socket;
    }

    /** When the last byte came, by {@link System#nanoTime}. */
    long heard() {
        return heard;
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

    private final class Heard extends FilterInputStream {
        private Heard(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int got = super.read(into, offset, length);
            heard = System.nanoTime();
            return got;
        }
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
        throw new UnsupportedOperationException();
    }
}
