package dev.flotilla.agent.app;

import dev.flotilla.agent.core.Effect;
import dev.flotilla.agent.core.Input;
import dev.flotilla.agent.executor.BuiltinExecutor;
import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.Topics;
import dev.flotilla.codec.EnvelopeCodec;
import dev.flotilla.link.Envelope;
import dev.flotilla.link.Order;
import dev.flotilla.link.Report;
import dev.flotilla.log.Log;
import dev.flotilla.loop.Hands;
import dev.flotilla.model.Digest;
import dev.flotilla.security.DeviceFile;
import dev.flotilla.security.LinkKey;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.SortedSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Does what the core decided: says, starts, ends, writes. The loop's thread; files have one of their own, since a slow card must not hold the loop. */
final class AgentHands implements Hands<Effect>, AutoCloseable {
    private final DeviceFile device;
    private final Topics topics;
    private final ArtifactStore artifacts;
    private final BuiltinExecutor executor;
    private final Consumer<Input> offer;
    private final Runnable restart;
    private final ThreadPoolExecutor files;
    private volatile Carrier carrier;

    AgentHands(
            DeviceFile device,
            ArtifactStore artifacts,
            BuiltinExecutor executor,
            Consumer<Input> offer,
            Runnable restart) {
        this.device = device;
        this.topics = new Topics(device.fleet());
        this.artifacts = artifacts;
        this.executor = executor;
        this.offer = offer;
        this.restart = restart;
        files = new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), run -> {
            Thread thread = new Thread(run, "files");
            thread.setDaemon(true);
            return thread;
        });
        files.allowCoreThreadTimeOut(true);
    }

    void speakThrough(Carrier through) {
        carrier = through;
    }

    @Override
    public void start(List<Effect> effects, long seq) {
        for (Effect effect : effects) {
            try {
                start(effect);
            } catch (RuntimeException e) { // one that fails must not take a start or a kill behind it along
                Log.error("effect.lost", "effect", effect.getClass().getSimpleName(), "why", e);
            }
        }
    }

    private void start(Effect effect) {
        if (effect instanceof Effect.Send e) send(e.envelope());
        else if (effect instanceof Effect.Start e) executor.start(e);
        else if (effect instanceof Effect.Kill e) executor.kill(e.serial());
        else if (effect instanceof Effect.Store e) onFile(e.chunk().digest(), () -> store(e.chunk()));
        else if (effect instanceof Effect.Look e) onFile(e.digest(), () -> look(e.digest()));
        else if (effect instanceof Effect.Forget e) onFile(e.digest(), () -> artifacts.forget(e.digest()));
        else if (effect instanceof Effect.ForgetOthers e) files.execute(() -> forgetOthers(e.needed()));
        else if (effect instanceof Effect.Note e) {
            if (e.warning()) Log.warn(e.name(), e.keys().toArray());
            else Log.info(e.name(), e.keys().toArray());
        }
    }

    @Override
    public void rebuilt() {
        executor.killAll();
        restart.run();
    }

    /** Ends what runs and what is written; after the loop. */
    @Override
    public void close() {
        executor.close();
        files.shutdown();
        try {
            if (!files.awaitTermination(1, TimeUnit.SECONDS)) files.shutdownNow();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(Envelope envelope) {
        Envelope stamped = envelope instanceof Report r
                ? new Report(
                        r.hello(),
                        r.greeting(),
                        r.n(),
                        r.got(),
                        r.full(),
                        r.highest(),
                        r.rows(),
                        r.need(),
                        r.capacity(),
                        Instant.now(),
                        r.uptime(),
                        r.kept())
                : envelope;
        byte[] body = EnvelopeCodec.encode(stamped);
        byte[] sealed = device.linkKey().seal(LinkKey.Direction.UP, device.fleet(), device.device(), body);
        carrier.publish(Carrier.Message.of(topics.report(device.device()), sealed));
    }

    /** A chunk that could not be written is told too: the core asks for it again, a few times. */
    private void store(Order.Chunk chunk) {
        try {
            ArtifactStore.Put put = artifacts.put(
                    chunk.digest(), chunk.offset(), chunk.total(), chunk.data().array());
            offer.accept(new Input.Stored(chunk.digest(), put.have(), put.whole()));
        } catch (IOException | IllegalArgumentException e) {
            Log.warn("artifact.not-stored", "digest", chunk.digest(), "offset", chunk.offset(), "why", e);
            look(chunk.digest());
        }
    }

    private void look(Digest digest) {
        offer.accept(new Input.Stored(
                digest, artifacts.have(digest), artifacts.size(digest).isPresent()));
    }

    private void forgetOthers(SortedSet<Digest> needed) {
        try {
            for (Digest digest : artifacts.all()) {
                if (needed.contains(digest)) continue;
                artifacts.forget(digest);
                Log.info("artifact.forgotten", "digest", digest, "why", "no attempt needs it");
            }
        } catch (IOException e) {
            Log.warn("artifacts.not-forgotten", "why", e, "until", "the next start");
        }
    }

    private interface FileWork {
        void run() throws IOException;
    }

    private void onFile(Digest digest, FileWork work) {
        files.execute(() -> {
            try {
                work.run();
            } catch (IOException | RuntimeException e) {
                Log.warn("artifact.failed", "digest", digest, "why", e);
            }
        });
    }
}
