package dev.flotilla.loop;

import dev.flotilla.log.Log;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Tells systemd that a loop's thread goes round, as long as it does: a process whose loop hangs is ended and started again by its unit. Java 17
 * cannot open systemd's datagram socket, so systemd's own command speaks for it, four times in the unit's {@code WatchdogSec}; the unit needs
 * {@code NotifyAccess=all}. Where the environment asks for no watchdog there is none.
 */
public final class Watchdog implements AutoCloseable {
    /** What systemd brings to speak to it. */
    public static final List<String> COMMAND = List.of("systemd-notify", "WATCHDOG=1");

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final List<String> command;
    private final Supplier<? extends Loop<?, ?, ?>> loop;
    private final Thread thread;

    /**
     * Starts to watch, on a thread of its own.
     *
     * @param environment  with {@code WATCHDOG_USEC} and {@code NOTIFY_SOCKET} where a watchdog is wanted
     * @param command      {@link #COMMAND}
     * @param loop         the one that works now
     */
    public Watchdog(Map<String, String> environment, List<String> command, Supplier<? extends Loop<?, ?, ?>> loop) {
        this.command = command;
        this.loop = loop;
        String micros = environment.getOrDefault("WATCHDOG_USEC", "");
        boolean wanted = environment.containsKey("NOTIFY_SOCKET") && micros.matches("[1-9][0-9]{0,17}");
        thread = new Thread(() -> run(Long.parseLong(micros) * 1000 / 4), "watchdog");
        thread.setDaemon(true);
        if (wanted) thread.start();
    }

    private void run(long nanos) {
        try {
            while (true) {
                long before = loop.get().rounds();
                loop.get().nudge();
                TimeUnit.NANOSECONDS.sleep(nanos);
                // a loop that took another's place counts from 0 again
                if (loop.get().rounds() != before) speak();
                else Log.warn("loop.hangs", "for", Duration.ofNanos(nanos), "next", "systemd ends the process");
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    private void speak() throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS) && process.exitValue() == 0) return;
            process.destroyForcibly();
            Log.warn("watchdog.unheard", "command", command.get(0));
        } catch (IOException e) {
            Log.warn("watchdog.unheard", "why", e);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
