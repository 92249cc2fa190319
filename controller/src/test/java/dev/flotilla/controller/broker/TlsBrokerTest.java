package dev.flotilla.controller.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.MqttCarrier;
import dev.flotilla.carrier.MqttSettings;
import dev.flotilla.carrier.Topics;
import dev.flotilla.controller.broker.Authority.Role;
import dev.flotilla.controller.enrol.CertificateAuthority;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.FleetName;
import dev.flotilla.security.Identity;
import dev.flotilla.security.Tls;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who the embedded broker lets in over TLS, and whom a device takes for its broker. */
@Timeout(120)
class TlsBrokerTest {
    private static final FleetName FLEET = new FleetName("woods");
    private static final Topics TOPICS = new Topics(FLEET);
    private static final DeviceId OAK = new DeviceId("oak");
    private static final DeviceId ELM = new DeviceId("elm");
    private static final int WELCOME = 0;
    private static final int NOT_AUTHORISED = 0x87;
    private static final int TOO_OFTEN = 0x9F;
    private static final Instant NEXT_YEAR = Instant.now().plus(Duration.ofDays(365));

    @TempDir
    static Path folder;

    private static CertificateAuthority authority;
    private static EmbeddedBroker broker;
    private final List<Carrier> open = new ArrayList<>();

    /** Every device of the authority, with its certificate alone; over TLS a token joins, and a password is for loopback. */
    private static final class Fleet implements Authority {
        @Override
        public Optional<Role> authenticate(String user, byte[] password, String clientId) {
            boolean right = List.of("controller", "oak").contains(user)
                    && new String(password, StandardCharsets.UTF_8).equals("pw");
            if (!right) return Optional.empty();
            return Optional.of(user.equals("oak") ? new Role.Device(OAK) : new Role.Controller());
        }

        @Override
        public Optional<Role> certified(X509Certificate certificate, String clientId) {
            return Identity.role(certificate).equals("device")
                    ? Optional.of(new Role.Device(new DeviceId(Identity.name(certificate))))
                    : Optional.empty();
        }

        @Override
        public Optional<Role> joining(String token, byte[] secret, String clientId) {
            boolean right = token.equals("0123456789abcdef")
                    && new String(secret, StandardCharsets.UTF_8).equals("secret")
                    && clientId.startsWith("join-");
            return right ? Optional.of(new Role.Joiner()) : Optional.empty();
        }
    }

    @BeforeAll
    static void start() throws IOException {
        authority = CertificateAuthority.at(folder.resolve("ca"), FLEET);
        Identity identity = authority.broker(new TreeSet<>(List.of("127.0.0.1", "localhost")));
        broker = EmbeddedBroker.start(new BrokerSettings(
                FLEET,
                0,
                Optional.of(new BrokerSettings.Tls("127.0.0.1", 0, identity)),
                folder.resolve("broker"),
                new Fleet()));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @AfterEach
    void closeAll() {
        open.forEach(carrier -> carrier.close(Optional.empty()));
    }

    private static Identity device(CertificateAuthority by, String name, Instant until) {
        KeyPair key = Identity.freshKey();
        return new Identity(key.getPrivate(), by.device(new DeviceId(name), key.getPublic(), until));
    }

    private static Identity oak() {
        return device(authority, "oak", NEXT_YEAR);
    }

    private static SSLContext as(Identity identity) {
        return Tls.trusting(List.of(authority.certificate()), Optional.of(identity));
    }

    private Carrier carrier(
            SSLContext tls, int port, String clientId, Optional<String> user, List<String> topics, Ears ears) {
        return carrier(tls, port, clientId, user, "secret", topics, ears);
    }

    private Carrier carrier(
            SSLContext tls,
            int port,
            String clientId,
            Optional<String> user,
            String password,
            List<String> topics,
            Ears ears) {
        MqttCarrier carrier = new MqttCarrier(
                new MqttSettings(
                        URI.create("mqtts://127.0.0.1:" + port),
                        Optional.of(tls),
                        clientId,
                        user,
                        user.map(u -> password.toCharArray()),
                        Duration.ofSeconds(30),
                        topics,
                        Optional.empty(),
                        Optional.empty(),
                        "test-" + clientId),
                ears);
        open.add(carrier);
        carrier.start();
        return carrier;
    }

    private Carrier carrier(SSLContext tls, String clientId, List<String> topics, Ears ears) {
        return carrier(tls, broker.tlsPort().orElseThrow(), clientId, Optional.empty(), topics, ears);
    }

    private Carrier controller(Ears ears) throws InterruptedException {
        MqttCarrier carrier = new MqttCarrier(
                new MqttSettings(
                        URI.create("mqtt://127.0.0.1:" + broker.port()),
                        Optional.empty(),
                        "controller",
                        Optional.of("controller"),
                        Optional.of("pw".toCharArray()),
                        Duration.ofSeconds(30),
                        List.of(TOPICS.all("report"), TOPICS.all("join")),
                        Optional.empty(),
                        Optional.empty(),
                        "test-controller"),
                ears);
        open.add(carrier);
        carrier.start();
        ears.hear("up");
        return carrier;
    }

    @Test
    void aDeviceIsLetInByItsCertificateAloneAndIsHeard() throws Exception {
        Ears controller = new Ears();
        controller(controller);
        Ears ears = new Ears();
        Carrier oak = carrier(as(oak()), "oak", List.of(TOPICS.order(OAK)), ears);
        ears.hear("up");
        assertTrue(oak.publish(Carrier.Message.of(TOPICS.report(OAK), new byte[100_000])));
        assertEquals(100_000, controller.message().payload().length);
    }

    @Test
    void anotherClientIdAndAnothersTopicsAreRefused() throws Exception {
        Ears ears = new Ears();
        carrier(as(oak()), "elm", List.of(), ears);
        ears.hear("refused: ");
        for (String topic : List.of(TOPICS.order(ELM), TOPICS.all("report"), TOPICS.all("join"), "#")) {
            Ears curious = new Ears();
            carrier(as(oak()), "oak", List.of(topic), curious);
            assertTrue(curious.hearAtLast("refused: ").contains(topic), topic);
        }
    }

    @Test
    void withoutACertificateAPasswordOpensNothingAndATokenOpensItsOwnTopicsAlone() throws Exception {
        SSLContext stranger = Tls.trusting(List.of(authority.certificate()), Optional.empty());
        int port = broker.tlsPort().orElseThrow();
        for (String user : List.of("controller", "oak", "fedcba9876543210")) {
            Ears ears = new Ears();
            carrier(stranger, port, user, Optional.of(user), "pw", List.of(), ears);
            ears.hear("refused: ");
        }
        Ears controller = new Ears();
        controller(controller);
        Ears ears = new Ears();
        Optional<String> token = Optional.of("0123456789abcdef");
        Carrier joiner = carrier(stranger, port, "join-1", token, List.of(TOPICS.joinAnswered("join-1")), ears);
        ears.hear("up");
        assertTrue(joiner.publish(Carrier.Message.of(TOPICS.joinAsked("join-1"), new byte[] {1})));
        assertEquals(Optional.of("join-1"), TOPICS.joiner(controller.message().topic()));
        Ears curious = new Ears();
        carrier(stranger, port, "join-2", token, List.of(TOPICS.joinAnswered("join-1")), curious);
        curious.hear("refused: ");
    }

    @Test
    void aCertificateOfAnotherAuthorityAndAnExpiredOneAreRefusedAndTheReasonIsTold() throws Exception {
        CertificateAuthority other = CertificateAuthority.at(folder.resolve("other"), FLEET);
        Ears ears = new Ears();
        carrier(as(device(other, "oak", NEXT_YEAR)), "oak", List.of(), ears);
        String refused = ears.hear("down: ");
        assertTrue(refused.contains("refuses this certificate"), refused);
        Ears late = new Ears();
        carrier(as(device(authority, "oak", Instant.now().minusSeconds(60))), "oak", List.of(), late);
        String why = late.hear("down: ");
        assertTrue(why.contains("expired") || why.contains("refuses this certificate"), why);
    }

    @Test
    void aDeviceTakesNeitherAnotherAuthoritysBrokerNorAnotherDeviceForItsBroker() throws Exception {
        CertificateAuthority other = CertificateAuthority.at(folder.resolve("other"), FLEET);
        for (Identity impostor :
                List.of(other.broker(new TreeSet<>(List.of("127.0.0.1"))), device(authority, "elm", NEXT_YEAR))) {
            try (SSLServerSocket listening = listening(impostor)) {
                Thread accepting = new Thread(() -> accept(listening));
                accepting.setDaemon(true);
                accepting.start();
                Ears ears = new Ears();
                Carrier oak = carrier(as(oak()), listening.getLocalPort(), "oak", Optional.empty(), List.of(), ears);
                String why = ears.hear("down: ");
                assertTrue(why.contains("is not who it should be"), why);
                assertFalse(oak.connected());
            }
        }
    }

    @Test
    void aJoinerBelievesTheAuthorityThatItsTokenNamesAndNoOther() throws Exception {
        Ears ears = new Ears();
        Optional<String> token = Optional.of("0123456789abcdef");
        int port = broker.tlsPort().orElseThrow();
        carrier(Tls.pinned(authority.keyHash()), port, "join-3", token, List.of(), ears);
        ears.hear("up");
        CertificateAuthority other = CertificateAuthority.at(folder.resolve("other"), FLEET);
        Ears wary = new Ears();
        carrier(Tls.pinned(other.keyHash()), port, "join-4", token, List.of(), wary);
        assertTrue(wary.hear("down: ").contains("it is not the controller that the token names"));
    }

    /** From an address of its own, so that the other tests are not among those who guess. */
    @Test
    void whoGuessesFiveTimesIsNotHeardForAMinuteAndOthersAre() throws Exception {
        for (int guess = 1; guess <= 5; guess++) assertEquals(NOT_AUTHORISED, guess("127.0.0.9", "wrong-" + guess));
        assertEquals(TOO_OFTEN, guess("127.0.0.9", "secret"), "not even with the right one");
        assertEquals(WELCOME, guess("127.0.0.10", "secret"));
    }

    /** @return the reason of the CONNACK */
    private static int guess(String from, String secret) throws Exception {
        try (SSLSocket line =
                (SSLSocket) Tls.pinned(authority.keyHash()).getSocketFactory().createSocket()) {
            line.bind(new InetSocketAddress(from, 0));
            line.connect(new InetSocketAddress("127.0.0.1", broker.tlsPort().orElseThrow()));
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(body);
            out.writeUTF("MQTT");
            out.write(new byte[] {5, (byte) 0b1100_0010, 0, 10, 0});
            out.writeUTF("join-x");
            out.writeUTF("0123456789abcdef");
            out.writeUTF(secret);
            line.getOutputStream().write(new byte[] {0x10, (byte) body.size()});
            line.getOutputStream().write(body.toByteArray());
            byte[] answer = line.getInputStream().readNBytes(4);
            assertEquals(0x20, answer[0]);
            return answer[3] & 0xFF;
        }
    }

    @Test
    void aSessionThatIsEndedIsOver() throws Exception {
        Ears ears = new Ears();
        carrier(as(oak()), "oak", List.of(), ears);
        ears.hear("up");
        broker.end("oak");
        ears.hear("down: ");
    }

    private static SSLServerSocket listening(Identity as) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(as.store("x".toCharArray()), "x".toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, new SecureRandom());
        return (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
    }

    private static void accept(SSLServerSocket listening) {
        while (!listening.isClosed()) {
            try (SSLSocket client = (SSLSocket) listening.accept()) {
                client.startHandshake();
            } catch (IOException e) {
                // the client hung up, which is what is tested
            }
        }
    }
}
