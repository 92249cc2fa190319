package dev.flotilla.agent.probe;

import dev.flotilla.log.Log;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.Quoted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Measures this device. Any thread may {@link #measure}. */
public final class Probe implements AutoCloseable {
    private final Path root;
    private final Profile profile;
    private final int slots;
    private final int cores = Runtime.getRuntime().availableProcessors();
    private final Speed speed;
    private final Path data;
    private final long began = System.nanoTime();
    private final SortedMap<String, String> facts = new TreeMap<>();
    private final SortedMap<String, String> labels;
    private final Pauses pauses;
    private Thread thread;

    /**
     * Reads what does not change.
     *
     * @param root     where /proc and /sys are found: {@code /}, or a copy in tests
     * @param slots    tasks at a time, 1 to 1024
     * @param version  of this agent
     * @param labels   what its owner labelled it with
     * @param speed    what the executor measures
     * @param data     a directory on the disk that is measured
     */
    public Probe(
            Path root,
            Profile profile,
            Hardware hardware,
            int slots,
            String version,
            SortedMap<String, String> labels,
            Speed speed,
            Path data)
            throws IOException {
        this.root = root;
        this.profile = profile;
        this.slots = slots;
        this.labels = labels;
        this.speed = speed;
        this.data = data;
        pauses = new Pauses(profile);
        fact("arch", hardware.arch());
        fact("os", os(root));
        fact("cores", Integer.toString(cores));
        fact("java", Integer.toString(Runtime.version().feature()));
        fact("profile", profile.name());
        fact("version", version);
        fact(Capacity.WINDOW, Integer.toString(profile.window()));
        fact("metered", profile.metered() ? "yes" : "no");
        fact("host", Files.readString(root.resolve("proc/sys/kernel/hostname")).strip());
    }

    private void fact(String name, String value) {
        facts.put(name, Quoted.plain(value, 60));
    }

    /** The distribution as {@code debian 12}; the kernel's name where it does not say. */
    private static String os(Path root) throws IOException {
        Path file = root.resolve("etc/os-release");
        if (!Files.exists(file)) return System.getProperty("os.name").toLowerCase(java.util.Locale.ROOT);
        String id = "";
        String version = "";
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith("ID=")) id = line.substring(3).replace("\"", "");
            if (line.startsWith("VERSION_ID=")) version = line.substring(11).replace("\"", "");
        }
        return (id + " " + version).strip();
    }

    /** The machine's own boot id, which changes when it starts. */
    public static String machineBoot(Path root) throws IOException {
        return Files.readString(root.resolve("proc/sys/kernel/random/boot_id")).strip();
    }

    /** How the device is right now. @throws IOException if the kernel does not say */
    public synchronized Capacity measure() throws IOException {
        MemInfo memory = MemInfo.at(root).allowed(root);
        OptionalDouble celsius = celsius();
        OptionalLong written = written();
        Duration up = Duration.ofNanos(System.nanoTime() - began);
        SortedMap<String, String> now = new TreeMap<>(facts);
        pauses.now(celsius, written, up).ifPresent(why -> now.put(Capacity.PAUSED, why));
        throttled().ifPresent(words -> now.put("throttled", words));
        String load = Files.readString(root.resolve("proc/loadavg"));
        return new Capacity(
                slots,
                Double.parseDouble(load.substring(0, load.indexOf(' '))) / cores,
                memory.total(),
                Math.min(memory.available(), memory.total() / 100 * profile.taskMemoryPercent()),
                celsius,
                speed.unitsPerSecond(),
                now,
                labels,
                storage(written, up));
    }

    private Optional<Capacity.Storage> storage(OptionalLong written, Duration up) {
        try {
            // its first hour counts whole, since a start writes more than what follows
            double hours = Math.max(1, up.toNanos() / 3600e9);
            OptionalLong aDay = written.isPresent()
                    ? OptionalLong.of((long) (written.getAsLong() * 24 / hours))
                    : OptionalLong.empty();
            return Optional.of(new Capacity.Storage(Files.getFileStore(data).getUsableSpace(), aDay));
        } catch (IOException e) {
            return Optional.empty(); // a disk that does not even tell its size: the next commit says more
        }
    }

    /** What this process has sent to disks. */
    private OptionalLong written() {
        try {
            for (String line : Files.readAllLines(root.resolve("proc/self/io"))) {
                if (line.startsWith("write_bytes: "))
                    return OptionalLong.of(Long.parseLong(line.substring(13).strip()));
            }
            return OptionalLong.empty();
        } catch (IOException | NumberFormatException e) {
            // a kernel that does not count, or does not let us read it: the reserve is kept all the same
            return OptionalLong.empty();
        }
    }

    private OptionalDouble celsius() {
        if (profile.heat().isEmpty()) return OptionalDouble.empty();
        try {
            Path file = file(profile.heat().get().celsius());
            return Files.exists(file)
                    ? OptionalDouble.of(Integer.parseInt(Files.readString(file).strip()) / 1000.0)
                    : OptionalDouble.empty();
        } catch (IOException | NumberFormatException e) {
            return OptionalDouble
                    .empty(); // a sensor that is switched off answers with an error: no temperature is no news
        }
    }

    private Optional<String> throttled() {
        Optional<String> named = profile.heat().flatMap(Profile.Heat::throttled);
        try {
            if (named.isEmpty() || !Files.exists(file(named.get()))) return Optional.empty();
            return Optional.of(Throttled.words(Files.readString(file(named.get()))));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty(); // firmware that does not answer: nothing is known
        }
    }

    private Path file(String absolute) {
        return root.resolve(absolute.substring(1));
    }

    /** Measures again and again, on a thread of its own, until {@link #close}. */
    public void start(Duration every, Consumer<Capacity> to) {
        thread = new Thread(() -> run(every, to), "probe");
        thread.setDaemon(true);
        thread.start();
    }

    private void run(Duration every, Consumer<Capacity> to) {
        while (true) {
            try {
                Thread.sleep(every.toMillis());
                to.accept(measure());
            } catch (InterruptedException e) {
                return; // closed
            } catch (IOException | RuntimeException e) {
                Log.warn("probe.failed", "why", e);
            }
        }
    }

    @Override
    public void close() {
        if (thread != null) thread.interrupt();
    }
}
