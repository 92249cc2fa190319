package dev.flotilla.controller.app;

import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.MqttCarrier;
import dev.flotilla.carrier.MqttSettings;
import dev.flotilla.carrier.Topics;
import dev.flotilla.codec.EnvelopeCodec;
import dev.flotilla.codec.Malformed;
import dev.flotilla.codec.PresenceCodec;
import dev.flotilla.controller.admin.AdminService;
import dev.flotilla.controller.admin.History;
import dev.flotilla.controller.broker.BrokerSettings;
import dev.flotilla.controller.broker.EmbeddedBroker;
import dev.flotilla.controller.core.ControllerMachine;
import dev.flotilla.controller.core.Effect;
import dev.flotilla.controller.core.Event;
import dev.flotilla.controller.core.Input;
import dev.flotilla.controller.core.View;
import dev.flotilla.controller.enrol.CertificateAuthority;
import dev.flotilla.controller.enrol.Enrolment;
import dev.flotilla.journal.Journal;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.journal.JournalSettings;
import dev.flotilla.journal.SqliteJournal;
import dev.flotilla.link.Envelope;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Presence;
import dev.flotilla.link.Report;
import dev.flotilla.link.RowGroup;
import dev.flotilla.log.Log;
import dev.flotilla.loop.Loop;
import dev.flotilla.loop.LoopSettings;
import dev.flotilla.loop.Watchdog;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Exit;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.Limits;
import dev.flotilla.model.UserError;
import dev.flotilla.security.LinkKey;
import dev.flotilla.security.OwnerOnly;
import dev.flotilla.security.RootSecret;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A running controller: one per data directory. {@link #start} returns once the broker takes clients and the journal is replayed. */
public final class ControllerApp implements AutoCloseable {
    public static final String VERSION = "0.1.0";
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(30);
    /** About what an input and a row of a report take in memory, in bytes. */
    private static final int INPUT = 500;

    private static final int ROW = 200;
    /** By then a session that was let in before has begun. */
    private static final Duration LATE = Duration.ofSeconds(2);

    /** The source of what carries no device's tag. */
    private static final String STRANGERS = "?";

    private final Path data;
    private final FleetName fleet;
    private final RootSecret root;
    private final Topics topics;
    private final URI broker;
    private final Optional<EmbeddedBroker> embedded;
    private final Optional<URI> devices;
    private final Journal journal;
    private final Loop<Input, Event, Effect> loop;
    private final Thread loopThread;
    private final Watchdog watchdog;
    private final AdminService admin;
    private final ControllerHands hands;
    private final MqttCarrier carrier;
    private final String adminUser;
    private final String adminPassword;
    private final Standings standings;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicInteger exit = new AtomicInteger();

    /** @throws UserError if it cannot start, with the remedy; then nothing is left running */
    public static ControllerApp start(ControllerSettings settings) {
        return new ControllerApp(settings);
    }

    private ControllerApp(ControllerSettings settings) {
        fleet = settings.fleet();
        topics = new Topics(fleet);
        data = settings.data();
        if (settings.external().isEmpty()) EmbeddedBroker.checkFree(settings.port()); // before anything is written
        settings.listen().ifPresent(listen -> EmbeddedBroker.checkFree(listen.address(), listen.port()));
        root = secrets(data);
        standings = new Standings(fleet, root);
        ControllerMachine machine = new ControllerMachine(fleet);
        journal = openJournal(data);
        EmbeddedBroker started = null;
        try {
            String controllerPassword = fresh();
            if (settings.external().isEmpty()) {
                started = EmbeddedBroker.start(new BrokerSettings(
                        fleet,
                        settings.port(),
                        tls(settings),
                        data.resolve("broker"),
                        new FleetAuthority(fleet, root, controllerPassword, standings)));
            }
            embedded = Optional.ofNullable(started);
            broker = settings.external()
                    .map(ExternalBroker::broker)
                    .orElseGet(() -> URI.create(
                            "mqtt://127.0.0.1:" + embedded.orElseThrow().port()));
            Optional<String> user =
                    settings.external().map(ExternalBroker::user).orElse(Optional.of(FleetAuthority.CONTROLLER));
            Optional<String> password = settings.external().isPresent()
                    ? externalPassword(settings.external().get())
                    : Optional.of(controllerPassword);
            adminUser = settings.external().isPresent() ? user.orElse("") : FleetAuthority.ADMIN;
            adminPassword = settings.external().isPresent()
                    ? password.orElse("")
                    : root.clientPassword(fleet, FleetAuthority.ADMIN);
            devices = settings.listen().map(listen -> devices(listen, embedded.orElseThrow()));
            OwnerOnly.write(
                    data.resolve("fleet.json"),
                    ("{\"fleet\":\"" + fleet + "\",\"broker\":\"" + broker + "\""
                                    + devices.map(uri -> ",\"devices\":\"" + uri + "\"")
                                            .orElse("") + "}\n")
                            .getBytes(StandardCharsets.UTF_8));
            ArtifactStore artifacts = ArtifactStore.at(data.resolve("artifacts"));
            Path work = emptied(data.resolve("work"));
            Path file = data.resolve("journal.db");
            History history = new History(machine, () -> SqliteJournal.readOnly(file), artifacts);
            Optional<Enrolment> enrolment = devices.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Enrolment(fleet, root, CertificateAuthority.at(data, fleet), devices.get()));
            admin = new AdminService(
                    topics, VERSION, this::offer, this::trouble, this::told, artifacts, work, history, enrolment);
            hands = new ControllerHands(fleet, standings, artifacts, admin, this::offer, this::begin, this::ended);
            loop = new Loop<>(
                    machine,
                    hands,
                    journal,
                    LoopSettings.controller(),
                    new SecureRandom().nextLong(),
                    System::nanoTime,
                    new Watch());
            carrier = new MqttCarrier(mqtt(user, password), new Ears());
            hands.speakThrough(carrier);
            admin.speakThrough(carrier);
        } catch (IOException | JournalFailed | RuntimeException e) {
            if (started != null) started.close();
            journal.close();
            throw e instanceof UserError u ? u : notStarted(data, e);
        }
        loopThread = new Thread(this::loop, "loop");
        begin();
        loopThread.start();
        carrier.start();
        watchdog = new Watchdog(System.getenv(), Watchdog.COMMAND, () -> loop);
    }

    private static RootSecret secrets(Path data) {
        try {
            Files.createDirectories(data);
            // its mount alone does not tell: a unit may make all of a disk read-only but for this directory
            if (Files.getFileStore(data).isReadOnly() && !Files.isWritable(data))
                throw new UserError(
                        Exit.FAILED,
                        "the controller did not start on " + data,
                        "its disk is read-only",
                        "mend the disk under " + data + " and mount it to be written, then start the controller again");
            if (!Files.isWritable(data)) throw new IOException(data + " is not writable");
            return RootSecret.at(data.resolve("root.secret"));
        } catch (IOException e) {
            throw new UserError(
                    Exit.USAGE,
                    "the controller cannot use " + data,
                    e.toString(),
                    "flotilla controller --data DIR          with a directory that you may write");
        }
    }

    /** A new key for the broker at each start: whoever copies the broker's folder has nothing for long. */
    private Optional<BrokerSettings.Tls> tls(ControllerSettings settings) throws IOException {
        if (settings.listen().isEmpty()) return Optional.empty();
        ControllerSettings.Listen listen = settings.listen().get();
        TreeSet<String> hosts = new TreeSet<>(List.of("localhost", "127.0.0.1", listen.host()));
        return Optional.of(new BrokerSettings.Tls(
                listen.address(),
                listen.port(),
                CertificateAuthority.at(data, fleet).broker(hosts)));
    }

    private static URI devices(ControllerSettings.Listen listen, EmbeddedBroker broker) {
        String host = listen.host().contains(":") ? "[" + listen.host() + "]" : listen.host();
        return URI.create("mqtts://" + host + ":" + broker.tlsPort().orElseThrow());
    }

    private static Journal openJournal(Path data) {
        try {
            return SqliteJournal.open(data.resolve("journal.db"), JournalSettings.controller());
        } catch (JournalFailed e) {
            throw notStarted(data, e);
        }
    }

    /** That folder with nothing in it: what a killed controller was making is of no use. */
    private static Path emptied(Path folder) throws IOException {
        Files.createDirectories(folder);
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder)) {
            for (Path file : left) Files.delete(file);
        }
        return folder;
    }

    private static UserError notStarted(Path data, Exception e) {
        String next = "the log above says more; docs/operations.md";
        if (e instanceof JournalFailed failed) {
            next = switch (failed.kind()) {
                case NEWER -> "start it with the version that wrote " + data + ", or a newer one";
                case CORRUPT -> restore(data);
                case LOCKED -> "another controller runs on " + data + ": stop it, or use another --data";
                case STORAGE -> "free space or mend the disk under " + data;
            };
        }
        return new UserError(
                Exit.FAILED,
                "the controller did not start on " + data,
                e.getMessage() == null ? e.toString() : e.getMessage(),
                next);
    }

    private static String restore(Path data) {
        return "flotilla controller restore BACKUP --data " + data + "          puts a backup in its place";
    }

    private static Optional<String> externalPassword(ExternalBroker external) throws IOException {
        if (external.passwordFile().isEmpty()) return Optional.empty();
        OwnerOnly.check(external.passwordFile().get());
        return Optional.of(Files.readString(external.passwordFile().get()).strip());
    }

    private MqttSettings mqtt(Optional<String> user, Optional<String> password) {
        return new MqttSettings(
                broker,
                Optional.empty(),
                "controller-" + fleet,
                user,
                password.map(String::toCharArray),
                KEEP_ALIVE,
                List.of(topics.all("report"), topics.all("presence"), topics.all("admin"), topics.all("join")),
                Optional.of(gone()),
                Optional.of(Carrier.Message.retained(topics.controller(), PresenceCodec.controller(fresh(), VERSION))),
                "mqtt");
    }

    /** What the broker keeps of a controller that is not there. */
    private Carrier.Message gone() {
        return Carrier.Message.retained(topics.controller(), PresenceCodec.noController());
    }

    private static String fresh() {
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    private void begin() {
        loop.offer(new Input.Begun(loop.held()));
    }

    private void loop() {
        try {
            loop.run();
        } catch (RuntimeException | Error e) {
            Log.error("loop.died", "why", e.toString());
            end(Exit.FAILED);
            throw e;
        }
    }

    private void offer(Input input) {
        loop.offer(input);
    }

    /** From a device: beyond its share it is lost, and the device says it again. */
    private void offer(Input input, DeviceId device, long bytes) {
        loop.offer(input, device.value(), INPUT + bytes);
    }

    /** From somebody who may not be that device. */
    private void strange(DeviceId device, String what) {
        loop.offer(new Input.Ignored(device, what), STRANGERS, INPUT);
    }

    /** A device is not let in any more, or by another key: its session ends, also one that the broker had let in and not yet begun. */
    private void ended(DeviceId device) {
        if (embedded.isEmpty()) return;
        embedded.get().end(device.value());
        CompletableFuture.delayedExecutor(LATE.toMillis(), TimeUnit.MILLISECONDS)
                .execute(() -> embedded.get().end(device.value()));
    }

    private Loop.Trouble trouble() {
        return loop.trouble();
    }

    private long told() {
        return hands.told();
    }

    private void end(Exit with) {
        exit.set(with.code());
        ended.countDown();
    }

    /** Where agents and clients on this machine find the broker, or all of them one of the user's own. */
    public URI broker() {
        return broker;
    }

    /** Where devices elsewhere find it. */
    public Optional<URI> devices() {
        return devices;
    }

    public FleetName fleet() {
        return fleet;
    }

    public RootSecret root() {
        return root;
    }

    /** The user that admin clients connect as. */
    public String adminUser() {
        return adminUser;
    }

    /** A secret. */
    public String adminPassword() {
        return adminPassword;
    }

    /** Waits until the controller cannot go on. @return the exit code */
    public int awaitEnd() throws InterruptedException {
        ended.await();
        return exit.get();
    }

    /** Says goodbye, commits what is pending, and stops the broker. */
    @Override
    public void close() {
        watchdog.close();
        carrier.close(Optional.of(gone()));
        admin.close();
        loop.stop();
        try {
            loopThread.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        journal.close();
        embedded.ifPresent(EmbeddedBroker::close);
        ended.countDown();
    }

    /** What the carrier hears becomes an input; called by its threads. */
    private final class Ears implements Carrier.Listener {
        @Override
        public void up() {
            Log.info("mqtt.up", "broker", broker);
        }

        @Override
        public void down(String why) {
            Log.warn("mqtt.down", "why", why);
        }

        @Override
        public void refused(String why) {
            Log.error("mqtt.refused", "why", why);
        }

        @Override
        public void takenOver() {
            Log.error("mqtt.taken-over", "why", "another controller of this fleet is active");
            end(Exit.TAKEN_OVER);
        }

        @Override
        public void received(Carrier.Message message) {
            Optional<DeviceId> reporter = topics.device(message.topic(), "report");
            if (reporter.isPresent()) {
                envelope(reporter.get(), message.payload());
                return;
            }
            Optional<DeviceId> present = topics.device(message.topic(), "presence");
            if (present.isPresent()) {
                Presence presence = PresenceCodec.decode(message.payload());
                loop.offer(new Input.PresenceSeen(present.get(), presence), STRANGERS, INPUT);
                return;
            }
            Optional<String> joiner = topics.joiner(message.topic());
            if (joiner.isPresent()) admin.joinAsked(joiner.get(), message.payload());
            else topics.verb(message.topic()).ifPresent(verb -> admin.received(verb, message));
        }

        private static long rows(List<RowGroup> groups) {
            return groups.stream().mapToLong(g -> g.rows().size()).sum();
        }

        private void envelope(DeviceId device, byte[] payload) {
            if (payload.length > Limits.ENVELOPE) {
                strange(device, "too large");
                return;
            }
            Optional<LinkKey> key = standings.key(device);
            if (key.isEmpty()) {
                strange(device, "removed or not approved");
                return;
            }
            Optional<byte[]> body = key.get().open(LinkKey.Direction.UP, fleet, device, payload);
            if (body.isEmpty()) {
                strange(device, "wrong tag");
                return;
            }
            standings.met(device);
            try {
                Envelope envelope = EnvelopeCodec.decode(body.get());
                if (envelope instanceof Report report) {
                    long rows = rows(report.rows())
                            + report.kept().map(kept -> rows(kept.rows())).orElse(0L);
                    offer(new Input.Reported(device, report, payload.length), device, payload.length + ROW * rows);
                } else if (envelope instanceof Hello hello) {
                    offer(new Input.Greeted(device, hello, hands.told()), device, payload.length);
                } else offer(new Input.Ignored(device, "not for a controller"), device, 0);
            } catch (Malformed e) {
                offer(new Input.Ignored(device, "malformed"), device, 0);
            }
        }
    }

    /** The loop's troubles go to the log. */
    private final class Watch implements Loop.Listener<Input> {
        @Override
        public void degraded(String why) {
            Log.error("journal.degraded", "why", why, "state", View.DEGRADED);
        }

        /** It stays up and answers what it can: a start would be refused. */
        @Override
        public void damaged(String why) {
            Log.error("journal.damaged", "why", why, "next", "stop this controller; " + restore(data));
        }

        @Override
        public void unread(Input input) {
            if (input instanceof Input.Asked asked) admin.unread(asked.request());
        }

        @Override
        public void healed() {
            Log.info("journal.healed");
            admin.forgotten(); // requests that came meanwhile and would have written were dropped
        }

        @Override
        public void culprit(Input input, RuntimeException failure) {
            Log.error("input.put-aside", "input", input.getClass().getSimpleName(), "why", failure.toString());
        }
    }
}
