package dev.flotilla.carrier;

import dev.flotilla.carrier.Carrier.Message;
import dev.flotilla.log.Log;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLException;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttClientException;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.MqttPingSender;
import org.eclipse.paho.mqttv5.client.internal.ClientComms;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/**
 * One connection: a Paho client, its socket, and why it ended. The supervisor's thread connects, stays and closes; any thread may publish or
 * end it; Paho's threads bring what arrives.
 *
 * <p>What Paho 1.2.5 does that is worked around here, found by reading and measuring it:
 * <ul>
 *   <li>It leaves Nagle's algorithm on and reads its socket byte by byte with a timeout of a second, which wakes the CPU for nothing and loses
 *       its place when the timeout falls within a header: {@link MqttSocket}.
 *   <li>Over the broker's receive maximum it throws, and a topic alias that was thus never sent is then used: permits keep it two below the
 *       maximum, one for the QoS 0 message that is being written.
 *   <li>Two threads that publish on one topic may swap the message that introduces an alias with the one that uses it: publishing is serialised.
 *   <li>Messages wait in memory without limit when the socket is stuck: bytes that wait are counted.
 *   <li>It checks outgoing packets against the limit for incoming ones: the broker's limit is kept here.
 *   <li>It needs a timer thread for pings: the supervisor does them.
 *   <li>Its connecting thread never ends if the connection does while it starts the others: {@link MqttSocket#settle}.
 *   <li>It sleeps at connect and disconnect for no reason: such sleeps are interrupted.
 * </ul>
 */
final class MqttWire implements AutoCloseable {
    private static final Duration TCP_CONNECT = Duration.ofSeconds(15);
    /** For CONNACK and for SUBACK. */
    private static final Duration ANSWER = Duration.ofSeconds(30);
    /** For the farewell's acknowledgement, and for the disconnect packet to leave. */
    private static final Duration GOODBYE = Duration.ofMillis(300);
    /** Bytes that may wait for the socket. */
    private static final long WAITING = 8L << 20;
    /** More than the header, packet id, property lengths and property ids of any message take. */
    private static final int OVERHEAD = 32;

    private static final int TAKEN_OVER = 0x8E;
    private static final int NOT_AUTHORISED = 0x87;

    private final MqttSettings settings;
    private final Carrier.Listener listener;
    private final MqttSocket socket;
    private final Pings pings = new Pings();
    private final MqttAsyncClient client;
    private final BlockingQueue<Step> steps = new LinkedBlockingQueue<>();
    private final AtomicLong waiting = new AtomicLong();
    private volatile Semaphore unacknowledged = new Semaphore(0);
    private volatile long packetMost;
    private volatile boolean complained;
    private Duration keepAlive;

    /** What the supervisor waits for: an answer of the broker, or the end. */
    private record Step(Optional<IMqttToken> answer, Optional<Over> over) {}

    /** Why a connection is over; the message is for people. */
    static final class Over extends Exception {
        enum Cause {
            LOST,
            REFUSED,
            TAKEN_OVER,
            CLOSED
        }

        private final Cause cause;

        Over(Cause cause, String why) {
            super(why, null, false, false);
            this.cause = cause;
        }

        Cause cause() {
            return cause;
        }
    }

    MqttWire(String server, MqttSettings settings, Carrier.Listener listener) throws Over {
        this.settings = settings;
        this.listener = listener;
        keepAlive = settings.keepAlive();
        socket = new MqttSocket(settings.tls());
        try {
            client = new MqttAsyncClient(server, settings.clientId(), new MemoryPersistence(), pings, null);
        } catch (MqttException e) {
            throw lost(e);
        }
        client.setCallback(new Ears());
    }

    /** Returns when the broker has granted connection and subscriptions. */
    void connect() throws Over {
        try {
            beGranted();
        } catch (Over over) {
            Optional<SSLException> refusal = over.cause() == Over.Cause.LOST ? socket.refusal() : Optional.empty();
            throw refusal.isPresent() ? new Over(Over.Cause.LOST, tls(refusal.get())) : over;
        }
    }

    private void beGranted() throws Over {
        MqttProperties granted;
        try {
            client.connect(options(), null, answer());
            granted = connack().getResponseProperties();
        } catch (MqttException e) {
            throw lost(e);
        }
        Integer receiveMost = granted.getReceiveMaximum();
        unacknowledged = new Semaphore(Math.max(1, (receiveMost == null ? 65_535 : receiveMost) - 2));
        packetMost = granted.getMaximumPacketSize() == null ? Long.MAX_VALUE : granted.getMaximumPacketSize();
        if (granted.getServerKeepAlive() != null) keepAlive = Duration.ofSeconds(granted.getServerKeepAlive());
        if (!settings.subscriptions().isEmpty()) subscribe();
    }

    private IMqttToken connack() throws Over {
        long wait = TimeUnit.MILLISECONDS.toNanos(1);
        long until = System.nanoTime() + ANSWER.toNanos();
        while (socket.wake() && System.nanoTime() < until) {
            Optional<IMqttToken> answer = poll(wait);
            if (answer.isPresent()) return answer.get();
            wait = Math.min(2 * wait, TimeUnit.MILLISECONDS.toNanos(socket.connected() ? 4 : 64));
        }
        return next(Duration.ofNanos(until - System.nanoTime()), "the broker does not answer");
    }

    private MqttConnectionOptions options() {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setAutomaticReconnect(false);
        options.setCleanStart(true);
        options.setSessionExpiryInterval(0L);
        options.setConnectionTimeout((int) TCP_CONNECT.toSeconds());
        options.setKeepAliveInterval((int) keepAlive.toSeconds());
        options.setSocketFactory(socket);
        settings.user().ifPresent(options::setUserName);
        settings.password().ifPresent(password -> options.setPassword(utf8(password)));
        settings.will().ifPresent(will -> options.setWill(will.topic(), paho(will)));
        return options;
    }

    private static byte[] utf8(char[] password) {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(CharBuffer.wrap(password));
        return Arrays.copyOf(bytes.array(), bytes.limit());
    }

    /** With QoS 0: a broker keeps what waits for a slow reader within a limit in bytes then, and nothing rests on more. */
    private void subscribe() throws Over {
        IMqttToken granted;
        try {
            MqttSubscription[] filters = settings.subscriptions().stream()
                    .map(f -> new MqttSubscription(f, 0))
                    .toArray(MqttSubscription[]::new);
            client.subscribe(filters, null, answer(), new MqttProperties());
            granted = next(ANSWER, "the broker does not answer a subscription");
        } catch (MqttException e) {
            throw lost(e);
        }
        int[] codes = granted.getReasonCodes();
        for (int i = 0; i < codes.length; i++) {
            if (codes[i] >= 0x80) {
                throw new Over(
                        Over.Cause.REFUSED,
                        "the broker refuses the subscription to "
                                + settings.subscriptions().get(i) + ": " + reason(codes[i]));
            }
        }
    }

    /** Pings and watches; never returns. */
    void stay() throws Over {
        long most = keepAlive.toNanos() / 2 * 3;
        while (true) {
            long now = System.nanoTime();
            long left = most - (now - socket.heard());
            if (left <= 0)
                throw new Over(
                        Over.Cause.LOST,
                        "the broker was not heard for " + Duration.ofNanos(most).toSeconds() + " s");
            long ping = pings.due - now;
            if (ping <= 0) {
                pings.schedule(keepAlive.toMillis()); // in case that Paho does not
                try {
                    client.checkPing(null, null);
                } catch (MqttException e) {
                    throw lost(e);
                }
            } else {
                poll(Math.min(left, ping));
            }
        }
    }

    /** An answer within that time, or the end. */
    private IMqttToken next(Duration most, String orElse) throws Over {
        return poll(most.toNanos()).orElseThrow(() -> new Over(Over.Cause.LOST, orElse));
    }

    private Optional<IMqttToken> poll(long nanos) throws Over {
        try {
            Step step = steps.poll(nanos, TimeUnit.NANOSECONDS);
            if (step == null) return Optional.empty();
            if (step.over().isPresent()) throw step.over().get();
            return step.answer();
        } catch (InterruptedException e) {
            throw new Over(Over.Cause.CLOSED, "interrupted");
        }
    }

    /** Ends it, from any thread; what comes later than the first end has no effect. */
    void end(Over over) {
        steps.add(new Step(Optional.empty(), Optional.of(over)));
    }

    /** False if it was dropped; never blocks. */
    boolean publish(Message message) {
        return publish(message, () -> {});
    }

    private boolean publish(Message message, Runnable done) {
        long size = size(message);
        if (size > packetMost) return false; // the broker would end the connection over it, each time
        if (waiting.addAndGet(size) > WAITING) {
            waiting.addAndGet(-size);
            return false;
        }
        if (message.qos() > 0 && !unacknowledged.tryAcquire()) {
            waiting.addAndGet(-size);
            return false;
        }
        Runnable settled = () -> {
            waiting.addAndGet(-size);
            if (message.qos() > 0) unacknowledged.release();
        };
        try {
            synchronized (this) {
                client.publish(message.topic(), paho(message), null, new MqttActionListener() {
                    @Override
                    public void onSuccess(IMqttToken token) {
                        settled.run();
                        if (message.qos() > 0) complain(message, token.getReasonCodes());
                        done.run();
                    }

                    @Override
                    public void onFailure(IMqttToken token, Throwable failure) {
                        settled.run(); // the connection is over, and the callback says so
                    }
                });
            }
            return true;
        } catch (MqttException e) {
            settled.run();
            if (e.getReasonCode() == MqttClientException.REASON_CODE_MAX_INFLIGHT)
                end(lost(e)); // its aliases are wrong from here on
            return false;
        } catch (IllegalArgumentException e) {
            settled.run(); // a topic that is none, say the reply topic of a stranger's request
            return false;
        }
    }

    /** Some brokers swallow what is forbidden: then this is the only sign. Once a connection. */
    private void complain(Message message, int[] codes) {
        if (complained || codes == null || codes.length == 0 || codes[0] < 0x80) return;
        complained = true;
        listener.refused("the broker does not take " + message.topic() + ": " + reason(codes[0]));
    }

    private static long size(Message message) {
        return OVERHEAD
                + message.payload().length
                + 3L * message.topic().length()
                + message.replyTo().map(String::length).orElse(0) * 3L
                + message.correlation().map(c -> c.length).orElse(0);
    }

    private static MqttMessage paho(Message message) {
        MqttProperties properties = new MqttProperties();
        message.replyTo().ifPresent(properties::setResponseTopic);
        message.correlation().ifPresent(properties::setCorrelationData);
        return new MqttMessage(message.payload(), message.qos(), message.retained(), properties);
    }

    /** The farewell, then a disconnect, so that the broker forgets the will. Within two thirds of a second. */
    void goodbye(Optional<Message> farewell) {
        try {
            steps.clear();
            if (farewell.isPresent()
                    && publish(farewell.get(), () -> steps.add(new Step(Optional.empty(), Optional.empty())))) {
                poll(GOODBYE.toNanos()); // a disconnect overtakes messages that wait
            }
            Thread.currentThread().interrupt(); // it sleeps for 100 ms for no reason, but not when interrupted
            IMqttToken left = client.disconnect(0, null, null, 0, new MqttProperties());
            Thread.interrupted();
            left.waitForCompletion(GOODBYE.toMillis());
        } catch (MqttException | Over e) {
            Thread.interrupted(); // it is down already
        }
    }

    /** Makes the socket useless at once, from any thread. */
    void cut() {
        socket.close();
    }

    @Override
    public void close() {
        cut();
        socket.settle();
        try {
            client.disconnectForcibly(0, 0, false);
        } catch (MqttException e) {
            // it was down already
        }
    }

    private MqttActionListener answer() {
        return new MqttActionListener() {
            @Override
            public void onSuccess(IMqttToken token) {
                steps.add(new Step(Optional.of(token), Optional.empty()));
            }

            @Override
            public void onFailure(IMqttToken token, Throwable failure) {
                int code = failure instanceof MqttException e ? e.getReasonCode() : 0;
                end(
                        refuses(code)
                                ? new Over(
                                        Over.Cause.REFUSED,
                                        "the broker refuses " + settings.clientId() + ": " + reason(code))
                                : lost(failure));
            }
        };
    }

    private static boolean refuses(int code) {
        return switch (code) {
            case 0x84, 0x85, 0x86, NOT_AUTHORISED, 0x8A, 0x8C -> true;
            default -> false;
        };
    }

    private static Over lost(Throwable failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        if (cause instanceof UnknownHostException)
            return new Over(Over.Cause.LOST, "no host is called " + cause.getMessage());
        if (cause instanceof SSLException e) return new Over(Over.Cause.LOST, tls(e));
        if (cause instanceof java.io.EOFException) return new Over(Over.Cause.LOST, "the broker closed the connection");
        return new Over(Over.Cause.LOST, cause.getMessage() == null ? cause.toString() : cause.getMessage());
    }

    /** What Java says of TLS is for programmers; three cases are for people. */
    private static String tls(SSLException failure) {
        String said = String.valueOf(failure.getMessage());
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) root = root.getCause();
        if (said.contains("certificate_expired")) return "TLS: the broker refuses this certificate: it has expired";
        if (said.matches("(?s).*(bad_certificate|certificate_unknown|certificate_required|access_denied|unknown_ca).*"))
            return "TLS: the broker refuses this certificate";
        if (said.contains("plaintext connection")) return "TLS: what listens there does not speak TLS";
        if (root instanceof GeneralSecurityException)
            return "TLS: the broker is not who it should be: " + root.getMessage();
        return "TLS: " + said;
    }

    private static String reason(int code) {
        return switch (code) {
            case 0x84 -> "it does not speak MQTT 5";
            case 0x85 -> "client id not valid";
            case 0x86 -> "bad user name or password";
            case NOT_AUTHORISED -> "not authorised";
            case 0x88, 0x89 -> "busy";
            case 0x8A -> "banned";
            case 0x8B -> "shutting down";
            case 0x8D -> "it did not hear us within the keep-alive";
            case TAKEN_OVER -> "session taken over";
            case 0x95 -> "packet too large";
            case 0x97, 0x9F -> "too often: wait a minute";
            case 0x98 -> "it ended the session";
            default -> "MQTT reason 0x" + Integer.toHexString(code);
        };
    }

    /** What the broker says unasked; on Paho's threads. */
    private final class Ears implements MqttCallback {
        @Override
        public void messageArrived(String topic, MqttMessage message) {
            MqttProperties properties = message.getProperties();
            Message heard = new Message(
                    topic,
                    message.getPayload(),
                    message.getQos(),
                    message.isRetained(),
                    Optional.ofNullable(properties.getResponseTopic()),
                    Optional.ofNullable(properties.getCorrelationData()));
            try {
                listener.received(heard);
            } catch (RuntimeException e) { // Paho would swallow it
                Log.error("mqtt.message-not-handled", "topic", topic, "why", e);
            }
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {
            if (response.getException() != null) end(lost(response.getException()));
            else if (response.getReturnCode() == TAKEN_OVER) end(new Over(Over.Cause.TAKEN_OVER, reason(TAKEN_OVER)));
            else if (response.getReturnCode() == NOT_AUTHORISED)
                end(new Over(
                        Over.Cause.REFUSED, "the broker ended the connection: a publication that it does not allow"));
            else end(new Over(Over.Cause.LOST, "the broker ended the connection: " + reason(response.getReturnCode())));
        }

        @Override
        public void mqttErrorOccurred(MqttException exception) {
            end(lost(exception));
        }

        @Override
        public void deliveryComplete(IMqttToken token) {}

        @Override
        public void connectComplete(boolean reconnect, String serverURI) {}

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {}
    }

    /** Notes when Paho wants to look at its pings; the supervisor does it. */
    private static final class Pings implements MqttPingSender {
        private volatile long due = System.nanoTime() + Duration.ofDays(1).toNanos();
        private ClientComms comms;

        @Override
        public void init(ClientComms comms) {
            this.comms = comms;
        }

        @Override
        public void start() {
            schedule(comms.getKeepAlive());
        }

        @Override
        public void stop() {}

        @Override
        public void schedule(long delayInMilliseconds) {
            due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayInMilliseconds);
        }
    }
}
