package dev.flotilla.controller.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.Carrier.Message;
import dev.flotilla.carrier.MqttSettings;
import dev.flotilla.controller.broker.Authority.Role;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Exit;
import dev.flotilla.model.JobId;
import dev.flotilla.model.UserError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBrokerTest extends TellingCarrierContract {
    private static EmbeddedBroker broker;

    @BeforeAll
    static void start(@TempDir Path dir) {
        broker = EmbeddedBroker.start(
                new BrokerSettings(FLEET, 0, Optional.empty(), dir, EmbeddedBrokerTest::authenticate));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    /** Devices use their id as user; a password is the user's name behind {@code pw-}. */
    private static Optional<Role> authenticate(String user, byte[] password, String clientId) {
        if (!new String(password, StandardCharsets.UTF_8).equals("pw-" + user)) return Optional.empty();
        return Optional.of(
                switch (user) {
                    case "controller" -> new Role.Controller();
                    case "admin" -> new Role.Client(user);
                    default -> new Role.Device(new DeviceId(user));
                });
    }

    @Override
    protected URI broker() {
        return URI.create("mqtt://127.0.0.1:" + broker.port());
    }

    @Override
    protected Optional<Login> login(String clientId) {
        String user = clientId.startsWith("admin-") ? "admin" : clientId;
        return Optional.of(new Login(user, "pw-" + user));
    }

    @Test
    void aWrongPasswordAndADeniedSubscriptionAreToldAndNotTriedAgainSoon() throws Exception {
        TcpProxy line = line();
        Ears denied = new Ears();
        Carrier curious =
                carrier(settings(line.address(), "oak", List.of(TOPICS.order(OAK), TOPICS.order(ELM))), denied);
        String why = denied.hear("refused: ");
        assertTrue(why.contains(TOPICS.order(ELM)), why);
        assertFalse(curious.connected());

        Ears wrong = new Ears();
        MqttSettings right = settings(line.address(), "elm", List.of());
        carrier(password(right, "wrong"), wrong);
        why = wrong.hear("refused: ");
        assertFalse(why.contains("wrong"), "a password was told: " + why);

        int tried = line.connections();
        assertNever(() -> line.connections() > tried, Duration.ofMillis(1_500));
    }

    @Test
    void anAnonymousClientIsRefused() throws Exception {
        MqttSettings oak = settings(broker(), "oak", List.of());
        Ears ears = new Ears();
        carrier(
                new MqttSettings(
                        oak.broker(),
                        Optional.empty(),
                        "oak",
                        Optional.empty(),
                        Optional.empty(),
                        oak.keepAlive(),
                        List.of(),
                        Optional.empty(),
                        Optional.empty(),
                        "test-oak"),
                ears);
        ears.hear("refused: ");
    }

    @Test
    void aDeviceMustUseItsIdAsClientIdAndAClientIdMustNotBeAFilter() throws Exception {
        for (String clientId : List.of("elm", "oak2", "controller")) {
            Ears ears = new Ears();
            carrier(as("oak", clientId, List.of()), ears);
            ears.hear("refused: ");
        }
        for (String clientId : List.of("+", "#", "admin-1/../+")) {
            Ears ears = new Ears();
            carrier(as("admin", clientId, List.of()), ears);
            ears.hear("refused: ");
        }
    }

    @Test
    void nobodyMayReadWhatIsNotForHim() throws Exception {
        for (String filter : List.of(
                "#",
                "+/#",
                TOPICS.everything(),
                TOPICS.all("report"),
                TOPICS.report(OAK),
                TOPICS.order(ELM),
                "$share/x/" + TOPICS.order(OAK),
                "$SYS/#")) {
            Ears ears = new Ears();
            carrier(settings(broker(), "oak", List.of(filter)), ears);
            assertTrue(ears.hear("refused: ").contains(filter), filter);
        }
        for (String filter : List.of(
                TOPICS.order(OAK),
                TOPICS.reply("admin", "+"),
                TOPICS.reply("admin", "admin-2"),
                TOPICS.all("admin"),
                "#")) {
            Ears ears = new Ears();
            carrier(settings(broker(), "admin-1", List.of(filter)), ears);
            assertTrue(ears.hear("refused: ").contains(filter), filter);
        }
    }

    @Test
    void eachRoleMayReadWhatItNeeds() throws Exception {
        up(settings(broker(), "oak", List.of(TOPICS.order(OAK), TOPICS.controller())), new Ears());
        up(settings(broker(), "admin-1", List.of(TOPICS.reply("admin", "admin-1"), TOPICS.events())), new Ears());
        up(
                settings(
                        broker(),
                        "controller",
                        List.of(TOPICS.all("report"), TOPICS.all("presence"), TOPICS.all("admin"))),
                new Ears());
    }

    @Test
    void whatAClientMayNotWriteReachesNobodyAndIsNotTriedAgainSoon() throws Exception {
        TcpProxy line = line();
        Ears all = new Ears();
        Carrier controller = up(settings(broker(), "controller", List.of(TOPICS.everything())), all);
        List<Message> forbidden = List.of(
                Message.of(TOPICS.report(ELM), bytes("forged")),
                Message.of(TOPICS.order(OAK), bytes("forged")),
                Message.of(TOPICS.admin("job.cancel"), bytes("forged")),
                Message.retained(TOPICS.controller(), bytes("forged")),
                new Message(TOPICS.report(OAK), bytes("forged"), 0, true, Optional.empty(), Optional.empty()));
        for (Message message : forbidden) {
            Ears ears = new Ears();
            Carrier oak = up(settings(line.address(), "oak", List.of()), ears);
            assertTrue(oak.publish(message));
            ears.hearAtLast("refused: the broker ended the connection");
            oak.close();
        }
        int tried = line.connections();
        Ears ears = new Ears();
        Carrier oak = up(settings(line.address(), "oak", List.of()), ears);
        assertTrue(oak.publish(forbidden.get(0)));
        ears.hearAtLast("refused: ");
        assertNever(() -> line.connections() > tried + 1, Duration.ofMillis(1_500));

        assertTrue(controller.publish(Message.of(TOPICS.jobEvent(new JobId("end")), bytes("end"))));
        String text = all.text();
        while (!text.equals("end")) {
            assertFalse(text.equals("forged"));
            text = all.text();
        }
    }

    @Test
    void anAdminRequestOfItsGreatestSizePassesAndAPacketAboveTheLimitIsDroppedBeforeItIsSent() throws Exception {
        Ears controllerEars = new Ears();
        up(settings(broker(), "controller", List.of(TOPICS.all("admin"))), controllerEars);
        Ears ears = new Ears();
        String replies = TOPICS.reply("admin", "admin-1");
        Carrier admin = up(settings(broker(), "admin-1", List.of(replies)), ears);
        Optional<byte[]> correlation = Optional.of(new byte[64]);

        assertFalse(admin.publish(new Message(
                TOPICS.admin("artifact.put"),
                new byte[EmbeddedBroker.PACKET],
                1,
                false,
                Optional.of(replies),
                correlation)));
        assertTrue(admin.publish(new Message(
                TOPICS.admin("artifact.put"), new byte[128 * 1024], 1, false, Optional.of(replies), correlation)));

        assertEquals(128 * 1024, controllerEars.message().payload().length);
        assertTrue(admin.connected());
        assertTrue(ears.nothingLeft());
    }

    @Test
    void itListensOnLoopbackOnly() throws IOException {
        try (ServerSocket elsewhere = new ServerSocket(broker.port(), 1, InetAddress.getByName("127.0.0.2"))) {
            assertTrue(elsewhere.isBound(), "a broker on 0.0.0.0 would hold this address too");
        }
    }

    @Test
    void aPortInUseIsAnErrorThatSaysWhatToDo(@TempDir Path dir) {
        var failure = assertThrows(
                UserError.class,
                () -> EmbeddedBroker.start(new BrokerSettings(
                        FLEET, broker.port(), Optional.empty(), dir, (u, p, c) -> Optional.empty())));
        assertEquals(Exit.USAGE, failure.exit());
        assertEquals("port " + broker.port() + " is in use", failure.what());
        assertTrue(failure.next().contains("--port 0"), failure.next());
        assertFalse(Files.exists(dir.resolve("conf")), "nothing was made");
    }

    @Test
    void aBrokerThatLetsInAWrongPasswordIsStoppedAgain(@TempDir Path dir) {
        var failure = assertThrows(
                UserError.class,
                () -> EmbeddedBroker.start(new BrokerSettings(
                        FLEET, 0, Optional.empty(), dir, (user, password, id) -> Optional.of(new Role.Client(user)))));
        assertTrue(failure.why().contains("a wrong password was let in"), failure.lines());
    }

    @Test
    void aBrokerThatLetsInAnybodyOrSaysNothingFailsTheProof() throws Exception {
        byte[] welcome = {0x20, 3, 0, 0, 0};
        for (byte[] answer : List.of(welcome, new byte[0])) {
            try (ServerSocket open = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
                Thread host = new Thread(() -> {
                    try (Socket client = open.accept()) {
                        client.getInputStream().read(new byte[100]);
                        client.getOutputStream().write(answer);
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                });
                host.start();
                assertThrows(Probe.LetIn.class, () -> Probe.refused("127.0.0.1", open.getLocalPort()));
                host.join();
            }
        }
    }

    private MqttSettings as(String user, String clientId, List<String> subscriptions) {
        MqttSettings s = settings(broker(), "oak", subscriptions);
        return new MqttSettings(
                s.broker(),
                Optional.empty(),
                clientId,
                Optional.of(user),
                Optional.of(("pw-" + user).toCharArray()),
                s.keepAlive(),
                subscriptions,
                Optional.empty(),
                Optional.empty(),
                "test-as");
    }
}
