package dev.flotilla.carrier;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * A TCP connection with TLS on it where it is wanted; for Paho a socket as any other. It sends small packets at once, and waits for as long as
 * it must.
 */
class Line extends Socket {
    private static final Duration HANDSHAKE = Duration.ofSeconds(30);

    private final Socket tcp = new Socket();
    private final Optional<SSLContext> tls;
    private volatile Socket top = tcp;
    private volatile boolean ready;

    Line(Optional<SSLContext> tls) {
        this.tls = tls;
    }

    @Override
    public void connect(SocketAddress to) throws IOException {
        connect(to, 0);
    }

    /** Returns when both ends have proved themselves, as far as TLS asks for it: a broker may refuse a certificate later. */
    @Override
    public void connect(SocketAddress to, int timeout) throws IOException {
        tcp.setTcpNoDelay(true);
        tcp.connect(to, timeout);
        if (tls.isPresent()) {
            InetSocketAddress at = (InetSocketAddress) to;
            SSLSocket over =
                    (SSLSocket) tls.get().getSocketFactory().createSocket(tcp, at.getHostString(), at.getPort(), true);
            tcp.setSoTimeout((int) HANDSHAKE.toMillis());
            over.startHandshake();
            tcp.setSoTimeout(0);
            top = over;
        }
        ready = true;
    }

    @Override
    public boolean isConnected() {
        return ready;
    }

    @Override
    public boolean isClosed() {
        return tcp.isClosed();
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return top.getInputStream();
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        return top.getOutputStream();
    }

    /** It is closed when a connection is over, not found idle. */
    @Override
    public void setSoTimeout(int timeout) {}

    /** TLS cannot close one way. */
    @Override
    public void shutdownInput() {}

    /** At once, whatever another thread does with it: TLS would first say goodbye, and wait for room. */
    @Override
    public void close() throws IOException {
        tcp.close();
    }
}
