package dev.flotilla.agent.probe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Memory in bytes, as the kernel says; {@code available} is what new work could have without swapping. */
record MemInfo(long total, long available) {
    static MemInfo at(Path root) throws IOException {
        long total = 0;
        long available = 0;
        for (String line : Files.readAllLines(root.resolve("proc/meminfo"))) {
            if (line.startsWith("MemTotal:")) total = bytes(line);
            if (line.startsWith("MemAvailable:")) available = bytes(line);
        }
        return new MemInfo(total, available);
    }

    /** As much of it as the control group of a container allows, where there is one. */
    MemInfo allowed(Path root) throws IOException {
        Path most = root.resolve("sys/fs/cgroup/memory.max");
        Path used = root.resolve("sys/fs/cgroup/memory.current");
        if (!Files.exists(most) || !Files.exists(used)) return this;
        String limit = Files.readString(most).strip();
        if (limit.equals("max")) return this;
        long bytes = Long.parseLong(limit);
        long left = Math.max(0, bytes - Long.parseLong(Files.readString(used).strip()));
        return new MemInfo(Math.min(total, bytes), Math.min(available, left));
    }

    private static long bytes(String line) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
    }
}
