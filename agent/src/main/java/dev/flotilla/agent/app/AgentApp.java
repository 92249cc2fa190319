package dev.flotilla.agent.app;

import dev.flotilla.agent.core.AgentMachine;
import dev.flotilla.agent.core.Effect;
import dev.flotilla.agent.core.Event;
import dev.flotilla.agent.core.Input;
import dev.flotilla.agent.executor.BuiltinExecutor;
import dev.flotilla.agent.probe.Hardware;
import dev.flotilla.agent.probe.Probe;
import dev.flotilla.agent.probe.Profile;
import dev.flotilla.agent.probe.Speed;
import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.MqttCarrier;
import dev.flotilla.carrier.MqttSettings;
import dev.flotilla.carrier.Topics;
import dev.flotilla.codec.EnvelopeCodec;
import dev.flotilla.codec.Malformed;
import dev.flotilla.codec.PresenceCodec;
import dev.flotilla.core.Moment;
import dev.flotilla.journal.Journal;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.journal.JournalSettings;
import dev.flotilla.journal.SqliteJournal;
import dev.flotilla.link.Envelope;
import dev.flotilla.link.Greeting;
import dev.flotilla.link.Order;
import dev.flotilla.link.Presence;
import dev.flotilla.log.Log;
import dev.flotilla.loop.Loop;
import dev.flotilla.loop.LoopSettings;
import dev.flotilla.loop.Watchdog;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.Exit;
import dev.flotilla.model.Limits;
import dev.flotilla.model.UserError;
import dev.flotilla.security.DeviceFile;
import dev.flotilla.security.LinkKey;
import dev.flotilla.security.Tls;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A running agent: one per data directory. {@link #start} returns once the journal is replayed; the broker need not be there. */
public final class AgentApp implements AutoCloseable {
    public static final String VERSION = "0.1.0";

    private static final Path ROOT = Path.of("/");
    private static final Duration MEASURE_EVERY = Duration.ofSeconds(5);
    /** About what an input and an assignment take in memory, in bytes. */
    private static final int INPUT = 500;

    private static final int ASSIGNMENT = 200;
    /** Between one damaged journal and the next; it doubles. */
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

    private static final Duration LAST_PAUSE = Duration.ofMinutes(1);

    private final DeviceFile device;
    private final Topics topics;
    private final Path data;
    private final Profile profile;
    private final Probe probe;
    private final String machineBoot;
    private final AgentHands hands;
    private final MqttCarrier carrier;
    private final Thread loopThread;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicInteger exit = new AtomicInteger();
    private volatile Capacity capacity;
    private volatile boolean died;
    private final CountDownLatch closing = new CountDownLatch(1);
    /** Why the journal's file is not to be trusted any more. The loop's thread. */
    private Optional<String> damage = Optional.empty();
    /** When the agent last went on with a new journal, and how long it waits from there before it does so again. The loop's thread. */
    private Optional<Moment> anewAt = Optional.empty();

    private Duration pause = FIRST_PAUSE;

    private volatile Journal journal;
    private volatile Loop<Input, Event, Effect> loop;
    private final Watchdog watchdog;

    /** @throws UserError if it cannot start, with the remedy; then nothing is left running */
    public static AgentApp start(AgentSettings settings) {
        return new AgentApp(settings);
    }

    private AgentApp(AgentSettings settings) {
        device = settings.device();
        topics = new Topics(device.fleet());
        data = settings.data();
        profile = settings.chosen().profile();
        usable(data);
        try {
            Hardware hardware = settings.chosen().hardware();
            int slots = settings.chosen().slots();
            Log.info("profile.chosen", "profile", profile.name(), "machine", hardware.words(), "slots", slots);
            Speed speed = new Speed();
            probe = new Probe(ROOT, profile, hardware, slots, VERSION, device.labels(), speed, data);
            machineBoot = Probe.machineBoot(ROOT);
            capacity = probe.measure();
            ArtifactStore artifacts = ArtifactStore.at(data.resolve("artifacts"));
            BuiltinExecutor executor = new BuiltinExecutor(slots, artifacts, speed, this::offer);
            hands = new AgentHands(device, artifacts, executor, this::offer, () -> begin(true));
            carrier = new MqttCarrier(mqtt(), new Ears());
            hands.speakThrough(carrier);
            SqliteLibrary.unpack(data);
            openJournal(data.resolve("journal.db"));
        } catch (IOException | JournalFailed | IllegalArgumentException e) {
            throw notStarted(data, e);
        }
        loopThread = new Thread(this::loop, "loop");
        begin(tookCleanMark());
        loopThread.start();
        carrier.start();
        probe.start(MEASURE_EVERY, this::measured);
        watchdog = new Watchdog(System.getenv(), Watchdog.COMMAND, () -> loop);
        Log.info(
                "agent.started",
                "device",
                device.device(),
                "fleet",
                device.fleet(),
                "broker",
                device.broker(),
                "version",
                VERSION);
    }

    private static void usable(Path data) {
        try {
            Files.createDirectories(data);
            // its mount alone does not tell: a unit may make all of a disk read-only but for this directory
            if (Files.getFileStore(data).isReadOnly() && !Files.isWritable(data))
                throw new UserError(
                        Exit.FAILED,
                        "the agent did not start on " + data,
                        "its disk is read-only",
                        "mend the disk under " + data + " and mount it to be written, then start the agent again");
            if (!Files.isWritable(data)) throw new IOException(data + " is not writable");
        } catch (IOException e) {
            throw new UserError(
                    Exit.USAGE,
                    "the agent cannot use " + data,
                    e.toString(),
                    "flotilla-agent run --data DIR ...          with a directory that you may write");
        }
    }

    /** A damaged journal is set aside, not deleted, and a new one begun: then this agent has a new id and nothing to do (PROTOCOL section 7). */
    private void openJournal(Path file) throws JournalFailed {
        try {
            replay(file);
        } catch (JournalFailed e) {
            if (e.kind() != JournalFailed.Kind.CORRUPT) throw e;
            setAside(file, e.getMessage());
            replay(file);
        }
    }

    private static void setAside(Path file, String why) throws JournalFailed {
        Path aside = SqliteJournal.setAside(file);
        Log.error(
                "journal.set-aside",
                "why",
                why,
                "kept",
                aside,
                "lost",
                "what this device had accepted and not yet reported");
    }

    private void replay(Path file) throws JournalFailed {
        journal = SqliteJournal.open(file, JournalSettings.agent());
        try {
            LoopSettings usual = LoopSettings.agent(profile.linger());
            LoopSettings mine = new LoopSettings(usual.batchMax(), usual.linger(), profile.snapshotKib() << 10);
            loop = new Loop<>(
                    new AgentMachine(),
                    hands,
                    journal,
                    mine,
                    new SecureRandom().nextLong(),
                    System::nanoTime,
                    new Watch());
        } catch (JournalFailed | RuntimeException e) {
            journal.close();
            throw e;
        }
    }

    private static UserError notStarted(Path data, Exception e) {
        String next = "the log above says more; docs/operations.md";
        if (e instanceof JournalFailed failed) {
            next = switch (failed.kind()) {
                case NEWER -> "start it with the version that wrote " + data + ", or a newer one";
                case LOCKED -> "another agent runs on " + data + ": stop it, or use another --data";
                case STORAGE, CORRUPT -> "free space or mend the disk under " + data;
            };
        }
        return new UserError(
                Exit.FAILED,
                "the agent did not start on " + data,
                e.getMessage() == null ? e.toString() : e.getMessage(),
                next);
    }

    private MqttSettings mqtt() {
        return new MqttSettings(
                device.broker(),
                device.identity().map(own -> Tls.trusting(List.of(own.authority()), Optional.of(own))),
                device.device().value(),
                Optional.of(device.user()).filter(user -> !user.isEmpty()),
                Optional.of(device.password())
                        .filter(password -> !password.isEmpty())
                        .map(String::toCharArray),
                profile.keepAlive(),
                List.of(topics.order(device.device()), topics.controller()),
                Optional.of(presence(Presence.OFFLINE)),
                Optional.of(presence(Presence.ONLINE)),
                "mqtt");
    }

    private Carrier.Message presence(Presence presence) {
        return Carrier.Message.retained(topics.presence(device.device()), PresenceCodec.encode(presence));
    }

    private Path cleanMark() {
        return data.resolve("clean");
    }

    /** Whether the last stop was a clean one. The mark is gone from the disk before anything starts: a power cut must not find it. */
    private boolean tookCleanMark() {
        try {
            boolean clean = Files.deleteIfExists(cleanMark());
            sync(data);
            return clean;
        } catch (IOException e) {
            Log.warn("clean-mark.failed", "why", e);
            return false;
        }
    }

    private void leaveCleanMark() {
        try {
            Files.write(cleanMark(), new byte[0]);
            sync(data);
        } catch (IOException e) {
            Log.warn("clean-mark.failed", "why", e);
        }
    }

    private static void sync(Path directory) throws IOException {
        try (FileChannel dir = FileChannel.open(directory, StandardOpenOption.READ)) {
            dir.force(true);
        }
    }

    /** @param clean  nothing was killed: the last stop was clean, or only the core is new */
    private void begin(boolean clean) {
        offer(new Input.Begun(machineBoot, VERSION, capacity, clean, profile.beat()));
        if (carrier.connected()) offer(new Input.Connected());
    }

    private void measured(Capacity now) {
        capacity = now;
        offer(new Input.Measured(now));
    }

    private void offer(Input input) {
        loop.offer(input);
    }

    /** From the broker: beyond its share it is lost, and the controller says it again. */
    private void heard(Input input, long bytes) {
        loop.offer(input, "broker", INPUT + bytes);
    }

    private void loop() {
        try {
            loop.run();
            while (damage.isPresent()) {
                startAnew(damage.get());
                loop.run();
            }
        } catch (JournalFailed e) {
            died = true;
            Log.error(
                    "journal.not-set-aside",
                    "why",
                    e.getMessage(),
                    "next",
                    "free space or mend the disk under " + data);
            end(Exit.FAILED);
        } catch (RuntimeException | Error e) {
            Log.error("loop.died", "why", e);
            died = true;
            end(Exit.FAILED);
            throw e;
        }
    }

    /** The journal was found damaged while it was used: what runs is ended, and a new agent, with a new journal, goes on in its place. */
    private void startAnew(String why) throws JournalFailed {
        damage = Optional.empty();
        journal.close();
        pauseAfterTheLast();
        Path file = data.resolve("journal.db");
        setAside(file, why);
        replay(file);
        if (closing.getCount() == 0) loop.stop();
        hands.rebuilt();
        tellState();
    }

    /** A card that gives back nonsense must not be worn out with new journals. */
    private void pauseAfterTheLast() {
        if (anewAt.isPresent()) {
            Duration wait = anewAt.get().plus(pause).since(new Moment(System.nanoTime()));
            Duration twice = pause.multipliedBy(2);
            pause = twice.compareTo(LAST_PAUSE) < 0 ? twice : LAST_PAUSE;
            tellState();
            try {
                closing.await(wait.toNanos(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        anewAt = Optional.of(new Moment(System.nanoTime()));
    }

    /** What the broker keeps of this agent. One at a time, so that what was read last is said last. */
    private synchronized void tellState() {
        carrier.publish(presence(loop.trouble() == Loop.Trouble.NONE ? Presence.ONLINE : Presence.DEGRADED));
    }

    private void end(Exit with) {
        exit.set(with.code());
        ended.countDown();
    }

    /** Waits until the agent is closed or cannot go on. @return the exit code */
    public int awaitEnd() throws InterruptedException {
        ended.await();
        return exit.get();
    }

    /** Says goodbye, commits what is pending, and ends what runs: it starts again with the next start. Within two seconds. */
    @Override
    public void close() {
        watchdog.close();
        probe.close();
        carrier.close(Optional.of(presence(Presence.OFFLINE)));
        closing.countDown();
        loop.stop();
        try {
            loopThread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        hands.close();
        journal.close();
        if (!died && !loopThread.isAlive()) leaveCleanMark();
        Log.info("agent.stopped", "device", device.device());
        ended.countDown();
    }

    /** What the carrier hears becomes an input; called by its threads. */
    private final class Ears implements Carrier.Listener {
        @Override
        public void up() {
            Log.info("mqtt.up", "broker", device.broker());
            if (loop.trouble() != Loop.Trouble.NONE) tellState(); // the birth said online
            offer(new Input.Connected());
        }

        @Override
        public void down(String why) {
            Log.warn("mqtt.down", "why", why);
            offer(new Input.Disconnected());
        }

        @Override
        public void refused(String why) {
            Log.error("mqtt.refused", "why", why);
            offer(new Input.Disconnected());
        }

        @Override
        public void takenOver() {
            Log.error("mqtt.taken-over", "why", "another agent with this device's file is connected");
            end(Exit.TAKEN_OVER);
        }

        @Override
        public void received(Carrier.Message message) {
            if (message.topic().equals(topics.order(device.device()))) envelope(message.payload());
            else if (message.topic().equals(topics.controller())) controller(message.payload());
        }

        private void envelope(byte[] payload) {
            if (payload.length > Limits.ENVELOPE) {
                heard(new Input.Ignored("too large"), 0);
                return;
            }
            Optional<byte[]> body =
                    device.linkKey().open(LinkKey.Direction.DOWN, device.fleet(), device.device(), payload);
            if (body.isEmpty()) {
                heard(new Input.Ignored("wrong tag"), 0);
                return;
            }
            try {
                Envelope envelope = EnvelopeCodec.decode(body.get());
                if (envelope instanceof Order order) {
                    long listed = order.settled().size() + order.cancel().size();
                    for (Order.AssignGroup group : order.assign())
                        listed += group.assignments().size();
                    heard(new Input.Ordered(order, payload.length), payload.length + ASSIGNMENT * listed);
                } else if (envelope instanceof Greeting greeting) heard(new Input.Greeted(greeting), 0);
                else heard(new Input.Ignored("not for an agent"), 0);
            } catch (Malformed e) {
                heard(new Input.Ignored("malformed"), 0);
            }
        }

        /** Anyone who may write there could say it, so it is a hint and nothing more. */
        private void controller(byte[] payload) {
            if (payload.length > Limits.ENVELOPE) {
                heard(new Input.Ignored("too large"), 0);
                return;
            }
            try {
                String start = PresenceCodec.start(payload);
                if (start.length() <= 64) heard(new Input.ControllerSeen(start), 0);
            } catch (Malformed e) {
                heard(new Input.Ignored("malformed presence"), 0);
            }
        }
    }

    /** The loop's troubles go to the log. */
    private final class Watch implements Loop.Listener<Input> {
        @Override
        public void degraded(String why) {
            Log.error("journal.degraded", "why", why, "state", Presence.DEGRADED.word());
            tellState();
        }

        /** The loop ends; {@link #startAnew} follows. */
        @Override
        public void damaged(String why) {
            damage = Optional.of(why);
            loop.stop();
        }

        @Override
        public void healed() {
            Log.info("journal.healed");
            tellState();
        }

        @Override
        public void culprit(Input input, RuntimeException failure) {
            Log.error("input.put-aside", "input", input.getClass().getSimpleName(), "why", failure);
        }
    }
}
