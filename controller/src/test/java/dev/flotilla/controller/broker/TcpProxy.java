package dev.flotilla.controller.broker;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A line to a broker that can be cut, kept cut, and frozen. Loopback only. */
public final class TcpProxy implements AutoCloseable {
    private final URI target;
    private final ServerSocket server;
    private final List<Socket> open = new ArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();
    private boolean cut;
    private volatile boolean frozen;

    public TcpProxy(URI target) throws IOException {
        this.target = target;
        server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        daemon(this::accept);
    }

    public URI address() {
        return URI.create("mqtt://127.0.0.1:" + server.getLocalPort());
    }

    /** Connections that reached the broker so far. */
    public int connections() {
        return connections.get();
    }

    /** Ends every connection with a reset, as a broker does that dies, and each new one too until {@link #mend}. */
    public synchronized void cut() throws IOException {
        cut = true;
        for (Socket socket : open) reset(socket);
        open.clear();
    }

    public synchronized void mend() {
        cut = false;
    }

    /** Nothing passes any more, and nothing is closed. */
    public void freeze() {
        frozen = true;
    }

    @Override
    public void close() throws IOException {
        server.close();
        cut();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket near = server.accept();
                join(near);
            } catch (IOException e) {
                if (!server.isClosed()) throw new IllegalStateException(e);
            }
        }
    }

    private synchronized void join(Socket near) throws IOException {
        if (cut) {
            reset(near);
            return;
        }
        Socket far = new Socket(target.getHost(), target.getPort());
        near.setTcpNoDelay(true);
        far.setTcpNoDelay(true);
        open.add(near);
        open.add(far);
        connections.incrementAndGet();
        daemon(() -> pump(near, far));
        daemon(() -> pump(far, near));
    }

    private void pump(Socket from, Socket to) {
        byte[] buffer = new byte[64 * 1024];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            int n;
            while ((n = in.read(buffer)) >= 0) {
                if (!frozen) out.write(buffer, 0, n);
            }
        } catch (IOException e) {
            // the other direction, or cut, has closed it
        }
    }

    private static void reset(Socket socket) throws IOException {
        if (!socket.isClosed()) socket.setSoLinger(true, 0);
        socket.close();
    }

    private static void daemon(Runnable run) {
        Thread thread = new Thread(run, "tcp-proxy");
        thread.setDaemon(true);
        thread.start();
    }
}
