package dev.flotilla.agent.executor;

import dev.flotilla.agent.core.Effect;
import dev.flotilla.agent.core.Input;
import dev.flotilla.agent.probe.Speed;
import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.link.Detail;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Limits;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Spans;
import dev.flotilla.model.Spec;
import dev.flotilla.program.BadValue;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.program.ShardData;
import dev.flotilla.shard.Ranges;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Runs builtins on daemon threads, one a slot; what is started above that waits. Whatever a program throws fails its attempt and nothing else.
 * Any thread may call it; no call waits.
 */
public final class BuiltinExecutor implements AutoCloseable {
    private final ArtifactStore artifacts;
    private final Speed speed;
    private final Consumer<Input.Ended> ended;
    private final ThreadPoolExecutor slots;
    private final ScheduledThreadPoolExecutor timeouts;
    private final Map<Long, Run> running = new TreeMap<>();

    /**
     * @param slots  tasks at a time, at least 1
     * @param speed  is told how each task fared
     * @param ended  is told the end of each attempt that was not killed, by an executor's thread; must not wait
     */
    public BuiltinExecutor(int slots, ArtifactStore artifacts, Speed speed, Consumer<Input.Ended> ended) {
        this.artifacts = artifacts;
        this.speed = speed;
        this.ended = ended;
        this.slots = new ThreadPoolExecutor(
                slots, slots, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), daemons("task"));
        this.slots.allowCoreThreadTimeOut(true); // an idle device gives the stacks back
        timeouts = new ScheduledThreadPoolExecutor(1, daemons("timeouts"));
        timeouts.setRemoveOnCancelPolicy(true);
    }

    private static ThreadFactory daemons(String name) {
        AtomicInteger n = new AtomicInteger();
        return run -> {
            Thread thread = new Thread(run, name + "-" + n.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Runs this attempt; one of the same serial is killed first. After {@link #close} nothing is started. */
    public synchronized void start(Effect.Start start) {
        if (slots.isShutdown()) return;
        kill(start.serial());
        Run run = new Run(start);
        running.put(start.serial(), run);
        slots.execute(run);
    }

    /** Ends that attempt soon, if it runs or waits. Once this returns, its end is not told any more. */
    public synchronized void kill(long serial) {
        Run run = running.remove(serial);
        if (run != null) run.stop();
    }

    /** Ends every attempt, as {@link #kill} does. */
    public synchronized void killAll() {
        for (long serial : new ArrayList<>(running.keySet())) kill(serial);
    }

    @Override
    public synchronized void close() {
        killAll();
        slots.shutdown();
        timeouts.shutdownNow();
    }

    private ShardData data(Effect.Start start) throws IOException {
        Spec spec = start.spec();
        if (spec.input() instanceof dev.flotilla.model.Input.Range range) {
            return Ranges.numbers(
                    range, spec.sharding().count(), start.attempt().task().index());
        }
        dev.flotilla.model.Input.Records records = (dev.flotilla.model.Input.Records) spec.input();
        if (start.shard() instanceof ShardInput.Inline inline) {
            byte[] bytes = inline.bytes().array();
            return records(records, bytes.length, inline.firstLine(), () -> new ByteArrayInputStream(bytes));
        }
        if (start.shard() instanceof ShardInput.Stored stored) {
            if (artifacts.size(stored.digest()).isEmpty())
                throw new IOException("the shard's bytes are not on this device");
            return records(
                    records,
                    stored.length(),
                    stored.firstLine(),
                    () -> Files.newInputStream(artifacts.path(stored.digest())));
        }
        throw new IOException("a shard of records came without a word where they are");
    }

    private static ShardData records(
            dev.flotilla.model.Input.Records of, long length, long firstLine, ShardData.Source source) {
        return new ShardData.Records(of.name(), of.format(), of.columns(), length, firstLine, source);
    }

    /** One attempt. Its thread is interrupted with the executor's lock and only while it is within, so that no interrupt reaches the next one. */
    private final class Run implements Runnable, Builtin.Stop {
        private final Effect.Start start;
        private Thread thread;
        private volatile boolean stopped;
        private volatile boolean timedOut;

        Run(Effect.Start start) {
            this.start = start;
        }

        @Override
        public boolean asked() {
            return stopped;
        }

        /** With the executor's lock. */
        void stop() {
            stopped = true;
            if (thread != null) thread.interrupt();
        }

        private void timeout() {
            synchronized (BuiltinExecutor.this) {
                timedOut = true;
                stop();
            }
        }

        @Override
        public void run() {
            Optional<ScheduledFuture<?>> timeout = Optional.empty();
            synchronized (BuiltinExecutor.this) {
                if (stopped) return;
                thread = Thread.currentThread();
                if (!start.timeout().isZero())
                    timeout = Optional.of(
                            timeouts.schedule(this::timeout, start.timeout().toNanos(), TimeUnit.NANOSECONDS));
            }
            Input.Ended end = attempt();
            synchronized (BuiltinExecutor.this) {
                thread = null;
                Thread.interrupted();
                if (running.remove(start.serial(), this)) ended.accept(end);
            }
            timeout.ifPresent(t -> t.cancel(false));
        }

        private Input.Ended attempt() {
            long began = System.nanoTime();
            long cpu = Cpu.nanos();
            try {
                Builtin builtin = Builtins.find(start.spec().program().builtin());
                Builtin.Mapped mapped = builtin.map(data(start), start.spec().program(), this);
                Bytes result = new Bytes(mapped.partial().encode());
                Duration wall = Duration.ofNanos(System.nanoTime() - began);
                speed.ran(mapped.units(), wall);
                Duration busy = Duration.ofNanos(Cpu.nanos() - cpu);
                Detail detail = new Detail(wall, busy, mapped.units(), Optional.of(result), "");
                return new Input.Ended(start.serial(), AttemptState.FINISHED, detail);
            } catch (BadValue e) {
                return failed(began, cpu, "bad-value: " + e.getMessage());
            } catch (OutOfMemoryError e) {
                long mib = Runtime.getRuntime().maxMemory() >> 20;
                return failed(began, cpu, "out-of-memory: the task needs more than the agent's " + mib + " MiB");
            } catch (IOException e) {
                return failed(began, cpu, timedOut ? timeoutWords() : "bad-data: " + e.getMessage());
            } catch (Throwable e) { // also an Error: a broken program fails its task, never the slot
                return failed(began, cpu, timedOut ? timeoutWords() : "program-error: " + e);
            }
        }

        private String timeoutWords() {
            return "timeout: ran longer than " + Spans.words(start.timeout());
        }

        private Input.Ended failed(long began, long cpu, String error) {
            Detail detail = new Detail(
                    Duration.ofNanos(System.nanoTime() - began),
                    Duration.ofNanos(Cpu.nanos() - cpu),
                    0,
                    Optional.empty(),
                    Quoted.plain(error, Limits.ERROR_TEXT - 3));
            return new Input.Ended(start.serial(), AttemptState.FAILED, detail);
        }
    }

    /** Processor time of the calling thread; loaded with the first task, since it weighs a megabyte. */
    private static final class Cpu {
        private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

        static long nanos() {
            return THREADS.isCurrentThreadCpuTimeSupported() ? THREADS.getCurrentThreadCpuTime() : 0;
        }
    }
}
