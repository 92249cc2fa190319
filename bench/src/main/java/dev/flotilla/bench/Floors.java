package dev.flotilla.bench;

import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.MqttCarrier;
import dev.flotilla.carrier.MqttSettings;
import dev.flotilla.carrier.Topics;
import dev.flotilla.controller.broker.Authority;
import dev.flotilla.controller.broker.BrokerSettings;
import dev.flotilla.controller.broker.EmbeddedBroker;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.FleetName;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;

/** What the parts below Flotilla can do without it, on this machine, in this run. */
final class Floors {
    private static final Duration FOR = Duration.ofSeconds(3);
    private static final int GROUP = 1024;
    private static final int ROW = 36;
    private static final int ROUND_TRIPS = 3000;

    private Floors() {}

    /** Rows a second of raw SQLite: 36 bytes each, 1,024 a transaction, write-ahead log, every transaction synced. */
    static double sqliteRows(Path folder) throws SQLException {
        return GROUP * commits(folder.resolve("rows.db"), GROUP);
    }

    /** Transactions of one row a second of raw SQLite, every one synced. */
    static double sqliteCommits(Path folder) throws SQLException {
        return commits(folder.resolve("commits.db"), 1);
    }

    private static double commits(Path file, int rows) throws SQLException {
        byte[] body = new byte[ROW];
        try (Connection db = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            try (Statement set = db.createStatement()) {
                for (String pragma :
                        List.of("page_size=4096", "journal_mode=WAL", "synchronous=FULL", "locking_mode=EXCLUSIVE"))
                    set.execute("PRAGMA " + pragma);
                set.execute("CREATE TABLE journal(seq INTEGER PRIMARY KEY, body BLOB)");
            }
            db.setAutoCommit(false);
            try (PreparedStatement insert = db.prepareStatement("INSERT INTO journal(body) VALUES (?)")) {
                long commits = 0;
                long start = System.nanoTime();
                long end = start + FOR.toNanos();
                while (System.nanoTime() < end) {
                    for (int i = 0; i < rows; i++) {
                        insert.setBytes(1, body);
                        insert.executeUpdate();
                    }
                    db.commit();
                    commits++;
                }
                return commits / ((System.nanoTime() - start) / 1e9);
            }
        }
    }

    /** Nanoseconds from a publication to its echo, through a broker of the same build and settings: device to controller and back, QoS 0; sorted. */
    static long[] roundTrips(Path folder) throws IOException, InterruptedException {
        FleetName fleet = new FleetName("floor");
        DeviceId device = new DeviceId("echo");
        Topics topics = new Topics(fleet);
        Authority open = (user, password, clientId) -> Optional.of(
                user.equals("controller") ? new Authority.Role.Controller() : new Authority.Role.Device(device));
        SynchronousQueue<Integer> heard = new SynchronousQueue<>();
        try (EmbeddedBroker broker =
                EmbeddedBroker.start(new BrokerSettings(fleet, 0, Optional.empty(), folder.resolve("broker"), open))) {
            URI uri = URI.create("mqtt://127.0.0.1:" + broker.port());
            MqttCarrier[] far = new MqttCarrier[1];
            try (MqttCarrier echo = carrier(
                            uri,
                            "controller",
                            topics.report(device),
                            m -> far[0].publish(Carrier.Message.of(topics.order(device), m.payload())));
                    MqttCarrier near = carrier(uri, device.value(), topics.order(device), m -> {
                        try {
                            heard.offer(m.payload().length, 1, TimeUnit.SECONDS);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    })) {
                far[0] = echo;
                long[] nanos = new long[ROUND_TRIPS];
                for (int i = -ROUND_TRIPS; i < ROUND_TRIPS; i++) {
                    long start = System.nanoTime();
                    near.publish(Carrier.Message.of(topics.report(device), new byte[100]));
                    if (heard.poll(5, TimeUnit.SECONDS) == null) throw new IOException("no echo from the broker");
                    if (i >= 0) nanos[i] = System.nanoTime() - start;
                }
                Arrays.sort(nanos);
                return nanos;
            }
        }
    }

    private static MqttCarrier carrier(
            URI broker, String client, String subscription, java.util.function.Consumer<Carrier.Message> then)
            throws InterruptedException, IOException {
        CountDownLatch up = new CountDownLatch(1);
        MqttCarrier carrier = new MqttCarrier(
                new MqttSettings(
                        broker,
                        Optional.empty(),
                        client,
                        Optional.of(client),
                        Optional.of("floor".toCharArray()),
                        Duration.ofSeconds(30),
                        List.of(subscription),
                        Optional.empty(),
                        Optional.empty(),
                        client),
                new Carrier.Listener() {
                    @Override
                    public void up() {
                        up.countDown();
                    }

                    @Override
                    public void down(String why) {
                        System.err.println("bench: floor link down: " + why);
                    }

                    @Override
                    public void received(Carrier.Message message) {
                        then.accept(message);
                    }

                    @Override
                    public void takenOver() {
                        System.err.println("bench: floor taken over");
                    }

                    @Override
                    public void refused(String why) {
                        System.err.println("bench: floor refused: " + why);
                    }
                });
        carrier.start();
        if (!up.await(30, TimeUnit.SECONDS)) throw new IOException("no connection to the floor's broker");
        return carrier;
    }
}
