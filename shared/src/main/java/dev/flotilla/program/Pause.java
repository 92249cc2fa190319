package dev.flotilla.program;

import java.time.Duration;

/** The one place where a program waits: {@code --delay} stands for work in benches and demos. */
final class Pause {
    private static final long SLICE_NANOS = 5_000_000;

    private Pause() {}

    /** Sleeps that long. @throws InterruptedException within some milliseconds after {@code stop} says true */
    static void of(Duration delay, Builtin.Stop stop) throws InterruptedException {
        for (long left = delay.toNanos(); left > 0; left -= SLICE_NANOS) {
            if (stop.asked()) throw new InterruptedException("stopped");
            java.util.concurrent.TimeUnit.NANOSECONDS.sleep(Math.min(left, SLICE_NANOS));
        }
    }
}
