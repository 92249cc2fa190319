package dev.flotilla.controller.cli.local;

import dev.flotilla.model.Exit;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/** How a program that runs until it is told ends: once, whoever tells it. */
public final class Stop {
    private static final AtomicBoolean STOPPING = new AtomicBoolean();

    private Stop() {}

    /** On Ctrl-C and SIGTERM does this, then ends the process without waiting for what others do at its end. */
    public static void onSignal(Runnable last) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            if (!STOPPING.compareAndSet(false, true)) return;
                            last.run();
                            Runtime.getRuntime().halt(Exit.DONE.code());
                        },
                        "stop"));
    }

    /** The program ends by itself: does this, unless a signal came first, and lets its own exit code stand. */
    public static void itself(Runnable last) {
        if (STOPPING.compareAndSet(false, true)) last.run();
    }

    /** Waits a moment; true if a signal has come meanwhile, or before. */
    public static boolean soon() throws InterruptedException {
        for (int i = 0; i < 20 && !STOPPING.get(); i++) Thread.sleep(25);
        return STOPPING.get();
    }

    /** As if stopped by a signal, when whoever started this process has gone: its end of the pipe is closed then, even if it was killed. */
    public static void whenStdinCloses() {
        Thread waits = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) {}
                    } catch (IOException gone) {
                        // No pipe any more is the same as its end.
                    }
                    System.exit(Exit.DONE.code());
                },
                "stdin");
        waits.setDaemon(true);
        waits.start();
    }
}
