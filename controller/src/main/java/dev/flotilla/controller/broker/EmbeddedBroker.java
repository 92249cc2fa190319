package dev.flotilla.controller.broker;

import com.hivemq.configuration.service.InternalConfigurations;
import com.hivemq.embedded.EmbeddedExtension;
import com.hivemq.embedded.EmbeddedHiveMQ;
import com.hivemq.extension.sdk.api.client.parameter.ListenerType;
import dev.flotilla.carrier.Topics;
import dev.flotilla.model.Exit;
import dev.flotilla.model.UserError;
import dev.flotilla.security.OwnerOnly;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.OptionalInt;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/**
 * HiveMQ CE within this process: on 127.0.0.1, and with TLS where it is told to; nothing on disk but its own key, each client authenticated,
 * denied what its role does not need. {@link #start} returns when it takes clients and has proved that it refuses an anonymous one and a wrong password.
 *
 * <p><b>JVM flags.</b> None is needed. For the launcher of a process that starts one:
 * <ul>
 *   <li>{@code -XX:TieredStopAtLevel=1 -XX:+UseSerialGC}, and an AppCDS archive made at the first start ({@code -XX:ArchiveClassesAtExit}, then
 *       {@code -XX:SharedArchiveFile}; jars, not directories, on the class path): the start takes 1 s instead of 2 to 4.
 *   <li>From Java 24 on, {@code --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow}, or JNA and Guava bring warnings to the
 *       terminal. Java 17 refuses to start with the second one.
 *   <li>What HiveMQ reads from system properties is set here, before its first class is loaded. {@code -Xmx64m} is enough for the broker alone.
 * </ul>
 *
 * <p>HiveMQ sets the JVM's handler of uncaught exceptions, and keeps settings in static fields that are set here: brokers in one JVM share them.
 */
public final class EmbeddedBroker implements AutoCloseable {
    /**
     * The largest packet in bytes. Envelopes and requests are at most 128 KiB, which their readers check, so that a larger one gets an answer
     * and not a cut; a reply, say a long list of jobs, may be larger.
     */
    static final int PACKET = 1024 * 1024;

    private static final String LOOPBACK = "127.0.0.1";

    static {
        // Both must be set before the first class of HiveMQ is loaded. Guice compiles classes at start for a speed that
        // is not needed here.
        propose("guice_bytecode_gen_option", "DISABLED");
        propose("org.slf4j.simpleLogger.log.com.hivemq", "warn");
    }

    private final EmbeddedHiveMQ broker;
    private final Gate gate;
    private final int port;
    private final OptionalInt tlsPort;

    /** @throws UserError if the port is in use, the directory cannot be written, or the broker would let in anybody; then nothing is left running */
    public static EmbeddedBroker start(BrokerSettings settings) {
        checkFree(settings);
        Gate gate = new Gate(settings.authority(), new Topics(settings.fleet()));
        EmbeddedHiveMQ broker = build(settings, gate);
        try {
            InternalConfigurations.AUTH_DENY_UNAUTHENTICATED_CONNECTIONS.set(
                    true); // built embedded, it allows all by default
            InternalConfigurations.PERSISTENCE_SHUTDOWN_GRACE_PERIOD_MSEC.set(
                    0); // there is nothing to wait for at the end
            broker.start().join();
            if (!gate.stands()) throw insecure("its authentication did not start");
            EmbeddedBroker started =
                    new EmbeddedBroker(broker, gate, settings.tls().isPresent());
            Probe.refused(LOOPBACK, started.port());
            return started;
        } catch (CompletionException e) {
            stop(broker);
            checkFree(settings); // taken since
            throw new UserError(
                    Exit.FAILED,
                    "the embedded broker did not start",
                    String.valueOf(e.getCause()),
                    "the log above says more; docs/operations.md");
        } catch (Probe.LetIn e) {
            stop(broker);
            throw insecure(e.getMessage());
        }
    }

    private EmbeddedBroker(EmbeddedHiveMQ broker, Gate gate, boolean tls) {
        this.broker = broker;
        this.gate = gate;
        port = gate.port(ListenerType.TCP_LISTENER);
        tlsPort = tls ? OptionalInt.of(gate.port(ListenerType.TLS_TCP_LISTENER)) : OptionalInt.empty();
    }

    /** Where it listens, on 127.0.0.1. */
    public int port() {
        return port;
    }

    /** Where it listens with TLS. */
    public OptionalInt tlsPort() {
        return tlsPort;
    }

    /** Ends the session of that client at once, if it has one; whether it may come again is the authority's word. */
    public void end(String clientId) {
        gate.end(clientId);
    }

    /** Cuts all clients and stops; takes about two seconds. A process that ends may as well just end. */
    @Override
    public void close() {
        stop(broker);
    }

    private static void stop(EmbeddedHiveMQ broker) {
        try {
            broker.close();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the embedded broker did not stop", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static EmbeddedHiveMQ build(BrokerSettings settings, Gate gate) {
        Path data = settings.data();
        try {
            Path conf = Files.createDirectories(data.resolve("conf"));
            String tls =
                    settings.tls().isEmpty() ? "" : tlsListener(settings.tls().get(), conf);
            OwnerOnly.write(
                    conf.resolve("config.xml"), config(settings.port(), tls).getBytes(StandardCharsets.UTF_8));
            return EmbeddedHiveMQ.builder()
                    .withConfigurationFolder(conf)
                    .withDataFolder(Files.createDirectories(data.resolve("data")))
                    .withExtensionsFolder(Files.createDirectories(data.resolve("extensions")))
                    .withEmbeddedExtension(EmbeddedExtension.builder()
                            .withId("flotilla")
                            .withName("flotilla")
                            .withVersion("1")
                            .withExtensionMain(gate)
                            .build())
                    .withoutLoggingBootstrap()
                    .build();
        } catch (IOException e) {
            throw new UserError(
                    Exit.USAGE,
                    "the embedded broker cannot use " + data,
                    e.toString(),
                    "flotilla controller --data DIR          with a directory that you may write");
        }
    }

    /**
     * Sessions end with their connection and nothing is stored. The receive maximum is above what one process sends at once. What waits for a
     * client is bounded: 5 MiB of QoS 0, which is all that Flotilla's own processes subscribe to, and for other clients so many replies. HiveMQ
     * drops what is above, though it has acknowledged it.
     */
    private static String config(int port, String tls) {
        return """
                <hivemq>
                  <listeners>
                    <tcp-listener><port>%d</port><bind-address>%s</bind-address></tcp-listener>
                    %s
                  </listeners>
                  <mqtt>
                    <queued-messages><max-queue-size>100</max-queue-size></queued-messages>
                    <quality-of-service><max-qos>1</max-qos></quality-of-service>
                    <session-expiry><max-interval>0</max-interval></session-expiry>
                    <shared-subscriptions><enabled>false</enabled></shared-subscriptions>
                    <packets><max-packet-size>%d</max-packet-size></packets>
                    <receive-maximum><server-receive-maximum>1000</server-receive-maximum></receive-maximum>
                  </mqtt>
                  <security>
                    <allow-empty-client-id><enabled>false</enabled></allow-empty-client-id>
                  </security>
                  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
                  <persistence><mode>in-memory</mode></persistence>
                </hivemq>
                """.formatted(port, LOOPBACK, tls, PACKET);
    }

    /**
     * Who shows no certificate may still have a token. The stores are files because HiveMQ reads files; their passwords stand in the file beside
     * them, which the owner alone can read, as the stores.
     */
    private static String tlsListener(BrokerSettings.Tls tls, Path conf) throws IOException {
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        String password = HexFormat.of().formatHex(random);
        Path mine = conf.resolve("broker.p12");
        Path authority = conf.resolve("clients.p12");
        try {
            write(mine, tls.identity().store(password.toCharArray()), password);
            KeyStore clients = KeyStore.getInstance("PKCS12");
            clients.load(null, null);
            clients.setCertificateEntry("ca", tls.identity().authority());
            write(authority, clients, password);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot keep keys", e);
        }
        return """
                <tls-tcp-listener>
                      <port>%d</port>
                      <bind-address>%s</bind-address>
                      <tls>
                        <protocols><protocol>TLSv1.3</protocol><protocol>TLSv1.2</protocol></protocols>
                        <client-authentication-mode>OPTIONAL</client-authentication-mode>
                        <keystore>
                          <path>%s</path><password>%s</password><private-key-password>%s</private-key-password>
                        </keystore>
                        <truststore><path>%s</path><password>%s</password></truststore>
                      </tls>
                    </tls-tcp-listener>""".formatted(tls.port(), tls.address(), xml(mine), password, password, xml(authority), password);
    }

    private static void write(Path file, KeyStore store, String password) throws IOException, GeneralSecurityException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        store.store(bytes, password.toCharArray());
        OwnerOnly.write(file, bytes.toByteArray());
    }

    private static String xml(Path path) {
        return path.toAbsolutePath().toString().replace("&", "&amp;").replace("<", "&lt;");
    }

    /** @throws UserError if nobody could listen on that port of loopback now */
    public static void checkFree(int port) {
        checkFree(LOOPBACK, port, "--port");
    }

    /** @throws UserError if nobody could listen there now */
    public static void checkFree(String address, int port) {
        checkFree(address, port, "--listen");
    }

    private static void checkFree(BrokerSettings settings) {
        checkFree(settings.port());
        settings.tls().ifPresent(tls -> checkFree(tls.address(), tls.port()));
    }

    private static void checkFree(String address, int port, String option) {
        try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getByName(address))) {
            return; // closed again: HiveMQ binds for itself
        } catch (BindException e) {
            boolean taken = e.getMessage().contains("in use");
            throw new UserError(
                    Exit.USAGE,
                    "port " + port + (taken ? " is in use" : " cannot be used"),
                    taken
                            ? "another program listens on " + address + ":" + port + ", perhaps another controller"
                            : address + ": " + e.getMessage(),
                    another(option, address));
        } catch (IOException | IllegalArgumentException e) {
            throw new UserError(
                    Exit.USAGE,
                    "port " + port + " cannot be used",
                    address + ": " + e.getMessage(),
                    another(option, address));
        }
    }

    private static String another(String option, String address) {
        return "flotilla controller " + option + (option.equals("--port") ? " 0" : " " + address + ":0")
                + "          takes a free port";
    }

    private static UserError insecure(String why) {
        return new UserError(
                Exit.FAILED,
                "the embedded broker was stopped: it would let in anybody",
                why,
                "flotilla controller --broker mqtt://HOST:PORT          with a broker of your own; and please report this");
    }

    private static void propose(String property, String value) {
        if (System.getProperty(property) == null) System.setProperty(property, value);
    }
}
