package dev.flotilla.loop;

import java.time.Duration;

/**
 * How a loop batches and when it takes snapshots.
 *
 * @param batchMax       inputs in one commit, at most
 * @param linger         how long a batch waits for more inputs after its first; zero: not at all
 * @param snapshotAfter  bytes of batches after which a snapshot is taken; later if the last snapshot was larger than that
 */
public record LoopSettings(int batchMax, Duration linger, long snapshotAfter) {
    /** Large batches come cheap. */
    public static LoopSettings controller() {
        return new LoopSettings(4096, Duration.ZERO, 2 << 20);
    }

    /** Keeps its file small. */
    public static LoopSettings agent(Duration linger) {
        return new LoopSettings(4096, linger, 1 << 20);
    }
}
