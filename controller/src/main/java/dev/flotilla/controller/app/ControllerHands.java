package dev.flotilla.controller.app;

import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.Topics;
import dev.flotilla.codec.EnvelopeCodec;
import dev.flotilla.controller.admin.AdminService;
import dev.flotilla.controller.core.Effect;
import dev.flotilla.controller.core.Input;
import dev.flotilla.controller.core.View;
import dev.flotilla.link.Envelope;
import dev.flotilla.link.Order;
import dev.flotilla.log.Log;
import dev.flotilla.loop.Hands;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ShardInput;
import dev.flotilla.security.LinkKey;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Sends what the core decided, with what only the edge has: the journal's seq, the bytes of slices and chunks, the tag. The loop's thread. */
final class ControllerHands implements Hands<Effect> {
    private static final int MOST_TRIES = 5;
    private final FleetName fleet;
    private final Topics topics;
    private final Standings standings;
    private final ArtifactStore artifacts;
    private final AdminService admin;
    private final Consumer<Input> offer;
    private final Runnable restart;
    private final Consumer<DeviceId> end;
    /** How often in a row an artifact could not be read. */
    private final Map<Digest, Integer> unreadable = new TreeMap<>();
    /** Bytes to each device. */
    private final Map<DeviceId, Long> sent = new TreeMap<>();

    private volatile Carrier carrier;
    private volatile long told;

    ControllerHands(
            FleetName fleet,
            Standings standings,
            ArtifactStore artifacts,
            AdminService admin,
            Consumer<Input> offer,
            Runnable restart,
            Consumer<DeviceId> end) {
        this.fleet = fleet;
        this.topics = new Topics(fleet);
        this.standings = standings;
        this.artifacts = artifacts;
        this.admin = admin;
        this.offer = offer;
        this.restart = restart;
        this.end = end;
    }

    void speakThrough(Carrier through) {
        carrier = through;
    }

    @Override
    public void start(List<Effect> effects, long seq) {
        told = seq;
        for (Effect effect : effects) {
            try {
                start(effect, seq);
            } catch (RuntimeException e) { // one that fails must not take the others' orders and replies along
                Log.error("effect.lost", "effect", effect.getClass().getSimpleName(), "why", e);
            }
        }
    }

    private void start(Effect effect, long seq) {
        if (effect instanceof Effect.SendOrder e) send(e.device(), e.order().filled(seq, this::filled, this::filled));
        else if (effect instanceof Effect.Reply e) admin.replied(e.request(), counted(e.view()));
        else if (effect instanceof Effect.TellJob e) admin.tell(e.event());
        else if (effect instanceof Effect.SendGreeting e)
            send(e.device(), e.greeting().at(seq));
        else if (effect instanceof Effect.TellDevice e) {
            carrier.publish(Carrier.Message.of(
                    topics.deviceEvent(e.device()),
                    ("{\"device\":\"" + e.device() + "\",\"state\":\"" + e.state() + "\"}")
                            .getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        } else if (effect instanceof Effect.Standing e) {
            if (standings.are(e) && standings.known()) end.accept(e.device());
        } else if (effect instanceof Effect.StandingsTold) {
            standings.areAllTold();
        } else if (effect instanceof Effect.KnowPlan e) {
            admin.register(e.plan());
        } else if (effect instanceof Effect.ForgetPlan e) {
            admin.unregister(e.plan());
        } else if (effect instanceof Effect.ForgetArtifacts e) {
            admin.forget(e.digests());
        } else if (effect instanceof Effect.Note e) {
            if (e.warning()) Log.warn(e.name(), e.keys().toArray());
            else Log.info(e.name(), e.keys().toArray());
        }
    }

    /** The last commit that anything was said of. Any thread. */
    long told() {
        return told;
    }

    @Override
    public void rebuilt() {
        admin.forgotten();
        restart.run();
    }

    private Optional<ShardInput> filled(ShardInput shard) {
        if (!(shard instanceof ShardInput.Slice slice)) return Optional.of(shard);
        return read(
                slice.file(),
                () -> new ShardInput.Inline(
                        new Bytes(artifacts.read(slice.file(), slice.offset(), slice.length())), slice.firstLine()));
    }

    private Optional<Order.Chunk> filled(Order.Chunk wanted) {
        return read(wanted.digest(), () -> chunk(wanted.digest(), wanted.offset()))
                .flatMap(chunk -> chunk);
    }

    private interface Reading<T> {
        T read() throws IOException;
    }

    /** What is not there will not come back, and the core hears of it; any other failure may pass, and the order is said again. */
    private <T> Optional<T> read(Digest digest, Reading<T> reading) {
        try {
            T bytes = reading.read();
            unreadable.remove(digest);
            return Optional.of(bytes);
        } catch (IOException e) {
            boolean gone = e instanceof NoSuchFileException || e instanceof EOFException;
            int times = unreadable.merge(digest, 1, Integer::sum);
            Log.error("artifact.not-read", "digest", digest, "times", times, "why", e);
            if (gone || times >= MOST_TRIES) {
                unreadable.remove(digest);
                offer.accept(new Input.ArtifactMissing(digest));
            }
            return Optional.empty();
        }
    }

    /** Empty where the artifact has no such bytes: that is the device's mistake. */
    private Optional<Order.Chunk> chunk(Digest digest, long from) throws IOException {
        OptionalLong total = artifacts.size(digest);
        if (total.isEmpty()) throw new NoSuchFileException("the artifact " + digest + " is not here");
        if (from < 0 || from >= total.getAsLong()) {
            Log.warn("artifact.not-there", "digest", digest, "from", from);
            return Optional.empty();
        }
        int length = (int) Math.min(Limits.CHUNK, total.getAsLong() - from);
        return Optional.of(
                new Order.Chunk(digest, from, total.getAsLong(), new Bytes(artifacts.read(digest, from, length))));
    }

    private View counted(View view) {
        if (!(view instanceof View.DeviceDetail detail)) return view;
        return detail.sent(sent.getOrDefault(new DeviceId(detail.summary().device()), 0L));
    }

    private void send(DeviceId device, Envelope envelope) {
        Optional<LinkKey> key = standings.key(device);
        if (key.isEmpty()) return; // it was removed meanwhile
        byte[] sealed = key.get().seal(LinkKey.Direction.DOWN, fleet, device, EnvelopeCodec.encode(envelope));
        sent.merge(device, (long) sealed.length, Long::sum);
        carrier.publish(Carrier.Message.of(topics.order(device), sealed));
    }
}
