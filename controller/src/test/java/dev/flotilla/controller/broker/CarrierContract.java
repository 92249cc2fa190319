package dev.flotilla.controller.broker;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.Carrier.Message;
import dev.flotilla.carrier.MqttCarrier;
import dev.flotilla.carrier.MqttSettings;
import dev.flotilla.carrier.Topics;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.FleetName;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What a carrier and a broker between them do, whichever broker it is. Its clients are {@code controller}, the devices {@code oak} and {@code elm},
 * and {@code admin-1} of the user admin, in the fleet {@link #FLEET}; a broker that knows who may do what must let them do what PROTOCOL
 * section 2 says.
 */
public abstract class CarrierContract {
    protected static final FleetName FLEET = new FleetName("contract");
    protected static final Topics TOPICS = new Topics(FLEET);
    protected static final DeviceId OAK = new DeviceId("oak");
    protected static final DeviceId ELM = new DeviceId("elm");
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(30);

    private final List<AutoCloseable> open = new ArrayList<>();

    /** Where the broker listens. */
    protected abstract URI broker();

    /** What that client shows; empty if the broker lets in anybody. */
    protected abstract Optional<Login> login(String clientId);

    /** Shown to the broker. */
    public record Login(String user, String password) {}

    @AfterEach
    void closeAll() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) open.get(i).close();
    }

    @Test
    void aRequestIsAnsweredWithItsCorrelation() throws Exception {
        Ears controllerEars = new Ears();
        Carrier controller = up(settings(broker(), "controller", List.of(TOPICS.all("admin"))), controllerEars);
        Ears adminEars = new Ears();
        String replies = TOPICS.reply("admin", "admin-1");
        Carrier admin = up(settings(broker(), "admin-1", List.of(replies)), adminEars);
        byte[] correlation = {0, 1, (byte) 0xff};

        assertTrue(admin.publish(new Message(
                TOPICS.admin("job.list"), bytes("{}"), 1, false, Optional.of(replies), Optional.of(correlation))));
        Message request = controllerEars.message();
        assertEquals(Optional.of("job.list"), TOPICS.verb(request.topic()));
        assertEquals(0, request.qos(), "what waits for a subscription with QoS 1 is not bounded in bytes");
        assertTrue(controller.publish(new Message(
                request.replyTo().orElseThrow(),
                bytes("{\"ok\":true}"),
                1,
                false,
                Optional.empty(),
                request.correlation())));
        Message reply = adminEars.message();

        assertArrayEquals(correlation, reply.correlation().orElseThrow());
        assertEquals("{\"ok\":true}", new String(reply.payload(), StandardCharsets.UTF_8));
    }

    @Test
    void whoComesLaterReadsTheRetainedPresence() throws Exception {
        Ears ears = new Ears();
        up(
                with(settings(broker(), "oak", List.of()), Optional.empty(), Optional.of(presence(OAK, "online"))),
                new Ears());
        up(settings(broker(), "controller", List.of(TOPICS.presence(OAK))), ears);

        Message presence = ears.message();

        assertEquals("online", new String(presence.payload(), StandardCharsets.UTF_8));
        assertEquals(TOPICS.presence(OAK), presence.topic());
    }

    @Test
    void aSocketThatIsCutPublishesTheLastWillAndACleanCloseTheFarewell() throws Exception {
        TcpProxy line = line();
        Ears ears = new Ears();
        up(settings(broker(), "controller", List.of(TOPICS.presence(ELM))), ears);
        Ears elmEars = new Ears();
        Carrier elm = up(
                with(
                        settings(line.address(), "elm", List.of()),
                        Optional.of(presence(ELM, "lost")),
                        Optional.of(presence(ELM, "online"))),
                elmEars);
        assertEquals("online", textAfter(ears, "lost", "gone"));

        line.cut();
        assertEquals("lost", ears.text());
        line.mend();
        assertEquals("online", ears.text(), "a birth after each connect");
        elm.close(Optional.of(presence(ELM, "gone")));
        assertEquals("gone", ears.text());

        Ears later = new Ears();
        up(settings(broker(), "controller", List.of(TOPICS.presence(ELM))), later);
        assertEquals("gone", later.text(), "the will was not published after the farewell");
    }

    @Test
    void afterACutItConnectsAndSubscribesAgainAndMeanwhileDropsWhatIsPublished() throws Exception {
        TcpProxy line = line();
        Ears oakEars = new Ears();
        Carrier oak = up(settings(line.address(), "oak", List.of(TOPICS.order(OAK))), oakEars);
        Carrier controller = up(settings(broker(), "controller", List.of()), new Ears());

        line.cut();
        oakEars.hear("down: ");
        assertFalse(oak.connected());
        assertFalse(oak.publish(Message.of(TOPICS.report(OAK), bytes("lost"))));
        line.mend();
        oakEars.hearAtLast("up");

        assertTrue(oak.connected());
        assertTrue(controller.publish(Message.of(TOPICS.order(OAK), bytes("again"))));
        assertEquals("again", oakEars.text());
    }

    @Test
    void aBrokerThatIsSilentForOneAndAHalfKeepAlivesIsLeft() throws Exception {
        TcpProxy line = line();
        Ears ears = new Ears();
        MqttSettings settings = settings(line.address(), "oak", List.of(TOPICS.order(OAK)));
        up(keepAlive(settings, Duration.ofSeconds(1)), ears);

        long since = System.nanoTime();
        line.freeze();
        ears.hear("down: ");

        Duration took = Duration.ofNanos(System.nanoTime() - since);
        assertTrue(took.compareTo(Duration.ofSeconds(5)) < 0, "it took " + took);
    }

    @Test
    void anIdleConnectionIsKeptAliveByPings() throws Exception {
        TcpProxy line = line();
        Ears ears = new Ears();
        Carrier oak = up(keepAlive(settings(line.address(), "oak", List.of()), Duration.ofSeconds(2)), ears);

        assertNever(
                () -> !oak.connected() || line.connections() > 1,
                Duration.ofSeconds(5)); // a broker cuts it after 3 s of silence
        assertTrue(ears.nothingLeft());
    }

    @Test
    void manySmallMessagesOfTwoThreadsArriveEachInItsOrder() throws Exception {
        int each = 3_000;
        Semaphore window = new Semaphore(400); // beyond about 1,000 that wait, a broker may drop
        List<Integer> heard = new ArrayList<>();
        Carrier.Listener counts = new Carrier.Listener() {
            @Override
            public void up() {}

            @Override
            public void down(String why) {}

            @Override
            public void takenOver() {}

            @Override
            public void refused(String why) {}

            @Override
            public void received(Message message) {
                synchronized (heard) {
                    heard.add(ByteBuffer.wrap(message.payload()).getInt());
                }
                window.release();
            }
        };
        MqttCarrier controller = carrier(settings(broker(), "controller", List.of(TOPICS.all("report"))), counts);
        await("controller is up", controller::connected);
        Carrier oak = up(settings(broker(), "oak", List.of()), new Ears());
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 2; t++) {
            int first = t * each;
            Thread thread = new Thread(() -> {
                for (int i = first; i < first + each; i++) {
                    window.acquireUninterruptibly();
                    byte[] number = ByteBuffer.allocate(200).putInt(i).array();
                    while (!oak.publish(Message.of(TOPICS.report(OAK), number))) Thread.onSpinWait();
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) thread.join(20_000);
        await("all have come", () -> window.availablePermits() == 400);

        synchronized (heard) {
            assertEquals(2 * each, heard.size());
            assertEquals(
                    heard.stream().filter(i -> i < each).sorted().toList(),
                    heard.stream().filter(i -> i < each).toList());
            assertEquals(
                    heard.stream().filter(i -> i >= each).sorted().toList(),
                    heard.stream().filter(i -> i >= each).toList());
        }
        assertTrue(oak.connected());
    }

    @Test
    void moreUnacknowledgedMessagesThanTheBrokerTakesAreDroppedHereAndTheConnectionStays() throws Exception {
        TcpProxy line = line();
        Ears ears = new Ears();
        Carrier oak = up(settings(line.address(), "oak", List.of()), ears);
        Message report = new Message(TOPICS.presence(OAK), new byte[50], 1, false, Optional.empty(), Optional.empty());

        for (int i = 0; i < 5_000; i++) oak.publish(report);
        await("acknowledged, so that one more is taken", () -> oak.publish(report));

        assertTrue(oak.connected());
        assertTrue(ears.nothingLeft());
        assertEquals(1, line.connections());
    }

    @Test
    void closingTakesLessThanASecondAndLeavesNoThreadWhateverTheBrokerDoes() throws Exception {
        TcpProxy line = line();
        Carrier frozen = up(settings(line.address(), "oak", List.of(TOPICS.order(OAK))), new Ears());
        line.freeze();
        closesInTime(frozen, Optional.of(presence(OAK, "offline")));

        int nobody;
        try (ServerSocket free = new ServerSocket(0)) {
            nobody = free.getLocalPort();
        }
        Ears ears = new Ears();
        MqttCarrier down = carrier(settings(URI.create("mqtt://127.0.0.1:" + nobody), "oak", List.of()), ears);
        ears.hear("down: ");
        closesInTime(down, Optional.of(presence(OAK, "offline")));

        try (ServerSocket mute = new ServerSocket(0)) {
            MqttCarrier waits = carrier(
                    settings(URI.create("mqtt://127.0.0.1:" + mute.getLocalPort()), "oak", List.of()), new Ears());
            mute.accept();
            closesInTime(waits, Optional.empty());
        }
        closesInTime(up(settings(broker(), "oak", List.of()), new Ears()), Optional.of(presence(OAK, "offline")));
        await("its threads have ended", () -> threadsOf("oak").isEmpty());
    }

    @Test
    void connectionsThatEndWhileTheyAreMadeCostNoThread() throws Exception {
        for (int i = 0; i < 60; i++) {
            try (ServerSocket mute = new ServerSocket(0)) {
                URI address = URI.create("mqtt://127.0.0.1:" + mute.getLocalPort());
                MqttCarrier carrier = carrier(settings(address, "elm", List.of()), new Ears());
                Socket peer = mute.accept();
                if (i % 2 == 0) peer.close(); // else this side ends it
                carrier.close();
                peer.close();
            }
        }
        await("their threads have ended", () -> threadsOf("elm").isEmpty());
    }

    @Test
    void anAddressOfAnotherSchemeIsRefusedWithASentence() {
        for (String address : List.of("http://127.0.0.1:1883", "mqtt:1883", "//127.0.0.1:1883")) {
            MqttSettings settings = settings(URI.create(address), "oak", List.of());
            var failure = assertThrows(IllegalArgumentException.class, () -> new MqttCarrier(settings, new Ears()));
            assertTrue(failure.getMessage().contains("mqtt://host:port"), failure.getMessage());
        }
    }

    private static void closesInTime(Carrier carrier, Optional<Message> farewell) {
        long since = System.nanoTime();
        carrier.close(farewell);
        Duration took = Duration.ofNanos(System.nanoTime() - since);
        assertTrue(
                took.compareTo(Duration.ofMillis(1_500)) < 0,
                "it took " + took); // a second, and what a busy machine adds
        assertFalse(carrier.connected());
        assertFalse(carrier.publish(Message.of(TOPICS.report(OAK), new byte[1])));
    }

    private static List<String> threadsOf(String clientId) {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.endsWith(": " + clientId) || name.startsWith("test-" + clientId))
                .toList();
    }

    /** The next text that is none of these: what an earlier test left retained. */
    private static String textAfter(Ears ears, String... stale) throws InterruptedException {
        String text = ears.text();
        while (List.of(stale).contains(text)) text = ears.text();
        return text;
    }

    protected final TcpProxy line() throws IOException {
        TcpProxy line = new TcpProxy(broker());
        open.add(line);
        return line;
    }

    /** A carrier that is up. */
    protected final Carrier up(MqttSettings settings, Ears ears) throws InterruptedException {
        Carrier carrier = carrier(settings, ears);
        ears.hear("up");
        return carrier;
    }

    /** A carrier that begins to connect; closed after the test. */
    protected final MqttCarrier carrier(MqttSettings settings, Carrier.Listener listener) {
        MqttCarrier carrier = new MqttCarrier(settings, listener);
        open.add(carrier);
        carrier.start();
        return carrier;
    }

    protected final MqttSettings settings(URI broker, String clientId, List<String> subscriptions) {
        Optional<Login> login = login(clientId);
        return new MqttSettings(
                broker,
                Optional.empty(),
                clientId,
                login.map(Login::user),
                login.map(l -> l.password().toCharArray()),
                KEEP_ALIVE,
                subscriptions,
                Optional.empty(),
                Optional.empty(),
                "test-" + clientId);
    }

    protected static MqttSettings with(MqttSettings s, Optional<Message> will, Optional<Message> birth) {
        return new MqttSettings(
                s.broker(),
                Optional.empty(),
                s.clientId(),
                s.user(),
                s.password(),
                s.keepAlive(),
                s.subscriptions(),
                will,
                birth,
                s.threadName());
    }

    private static MqttSettings keepAlive(MqttSettings s, Duration keepAlive) {
        return new MqttSettings(
                s.broker(),
                Optional.empty(),
                s.clientId(),
                s.user(),
                s.password(),
                keepAlive,
                s.subscriptions(),
                s.will(),
                s.birth(),
                s.threadName());
    }

    protected static MqttSettings password(MqttSettings s, String password) {
        return new MqttSettings(
                s.broker(),
                Optional.empty(),
                s.clientId(),
                s.user(),
                Optional.of(password.toCharArray()),
                s.keepAlive(),
                s.subscriptions(),
                s.will(),
                s.birth(),
                s.threadName());
    }

    protected static Message presence(DeviceId device, String state) {
        return Message.retained(TOPICS.presence(device), bytes(state));
    }

    protected static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    protected static void await(String what, BooleanSupplier fact) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!fact.getAsBoolean()) {
            assertTrue(System.nanoTime() < until, "waited for 20 s in vain: " + what);
            Thread.onSpinWait();
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    /** For what must not happen: no shorter wait could show it. */
    protected static void assertNever(BooleanSupplier fact, Duration within) throws InterruptedException {
        long until = System.nanoTime() + within.toNanos();
        while (System.nanoTime() < until) {
            assertFalse(fact.getAsBoolean());
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }
}
