package dev.flotilla.carrier;

import dev.flotilla.carrier.MqttWire.Over;
import dev.flotilla.core.Dice;
import dev.flotilla.log.Log;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A carrier over MQTT 5. One thread of its own, the supervisor, owns the connection: it makes a fresh client for each try, subscribes, watches
 * that the broker is heard, and tries again with jitter until it is closed. Nothing is kept over a connection: clean start, no session, no
 * store. All its threads are daemons.
 *
 * <p>After {@link #close} or a takeover it is used up.
 */
public final class MqttCarrier implements Carrier {
    /** Of the second that {@link #close} may take. */
    private static final Duration GOODBYE = Duration.ofMillis(900);

    /** Held here because the log manager forgets loggers, and their levels with them. Paho logs what the listener is told anyway. */
    private static final Logger PAHO = Logger.getLogger("org.eclipse.paho.mqttv5");

    static {
        PAHO.setLevel(Level.OFF);
    }

    private final MqttSettings settings;
    private final String server;
    private final Listener listener;
    private final Thread supervisor;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile Optional<Message> farewell = Optional.empty();
    /** The connection that is being made or used; null between two tries. */
    private volatile MqttWire wire;

    private volatile boolean up;

    /** @throws IllegalArgumentException with a sentence for people, if the broker's address or the keep-alive is no good */
    public MqttCarrier(MqttSettings settings, Listener listener) {
        this.settings = settings;
        this.server = server(settings);
        if (settings.keepAlive().toSeconds() < 1 || settings.keepAlive().toSeconds() > 65_535) {
            throw new IllegalArgumentException("keep-alive must be 1 s to 65535 s, not " + settings.keepAlive());
        }
        this.listener = listener;
        supervisor = new Thread(this::supervise, settings.threadName() + "-supervisor");
        supervisor.setDaemon(true);
    }

    private static String server(MqttSettings settings) {
        URI broker = settings.broker();
        boolean tls = "mqtts".equalsIgnoreCase(broker.getScheme());
        if (!tls && !"mqtt".equalsIgnoreCase(broker.getScheme()) || broker.getHost() == null) {
            throw new IllegalArgumentException(
                    "a broker's address is mqtt://host:port or mqtts://host:port, not " + broker);
        }
        if (tls != settings.tls().isPresent())
            throw new IllegalArgumentException(
                    tls
                            ? "mqtts needs a certificate authority to believe"
                            : "certificates go with mqtts, not with " + broker);
        int usual = tls ? 8883 : 1883;
        return "tcp://" + broker.getHost() + ":"
                + (broker.getPort() < 0 ? usual : broker.getPort()); // TLS is our Line's
    }

    /** Begins to connect; returns at once. */
    public void start() {
        supervisor.start();
    }

    @Override
    public boolean publish(Message message) {
        MqttWire now = wire;
        return up && now != null && now.publish(message);
    }

    @Override
    public boolean connected() {
        return up;
    }

    @Override
    public void close(Optional<Message> farewell) {
        this.farewell = farewell;
        closed.countDown();
        MqttWire now = wire;
        if (now != null) now.end(new Over(Over.Cause.CLOSED, "closed"));
        if (Thread.currentThread() == supervisor) return;
        try {
            supervisor.join(GOODBYE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (now != null) now.cut();
    }

    private void supervise() {
        Backoff backoff = new Backoff();
        Dice dice = new Dice(ThreadLocalRandom.current().nextLong());
        String told = "";
        while (!isClosed()) {
            long since = System.nanoTime();
            Over over = oneConnection();
            boolean wasUp = up;
            up = false;
            wire = null;
            switch (over.cause()) {
                case CLOSED -> {
                    return;
                }
                case TAKEN_OVER -> {
                    tell(listener::takenOver);
                    return;
                }
                case REFUSED -> tell(() -> listener.refused(over.getMessage()));
                case LOST -> {
                    if (wasUp || !told.equals(over.getMessage())) tell(() -> listener.down(over.getMessage()));
                }
            }
            told = over.getMessage();
            Duration lived = wasUp ? Duration.ofNanos(System.nanoTime() - since) : Duration.ZERO;
            boolean refused = over.cause() == Over.Cause.REFUSED;
            Duration wait = refused ? backoff.refused(lived, dice) : backoff.lost(lived, dice);
            if (closedWithin(wait)) return;
        }
    }

    /** Connects, subscribes, stays, and says why it is over. */
    private Over oneConnection() {
        try (MqttWire mine = new MqttWire(server, settings, listener)) {
            return live(mine);
        } catch (Over over) {
            return over;
        } catch (RuntimeException e) { // a bug, ours or Paho's, must not end the supervisor
            Log.error("mqtt.failed", "why", e);
            return new Over(Over.Cause.LOST, e.toString());
        }
    }

    private static void tell(Runnable news) {
        try {
            news.run();
        } catch (RuntimeException e) {
            Log.error("mqtt.news-not-handled", "why", e);
        }
    }

    private Over live(MqttWire mine) {
        wire = mine;
        try {
            if (isClosed()) throw new Over(Over.Cause.CLOSED, "closed");
            mine.connect();
            up = true;
            settings.birth().ifPresent(mine::publish); // first: what the listener says on its topic is newer
            listener.up();
            mine.stay();
            throw new AssertionError("stays for ever");
        } catch (Over over) {
            if (over.cause() == Over.Cause.CLOSED && up) mine.goodbye(farewell);
            return over;
        }
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    private boolean closedWithin(Duration wait) {
        try {
            return closed.await(wait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return true; // nobody but a shutdown interrupts this thread
        }
    }
}
