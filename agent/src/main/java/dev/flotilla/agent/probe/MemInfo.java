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

    private static long bytes(String line) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
    }
}
