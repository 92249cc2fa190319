package dev.flotilla.controller.cli.local;

import dev.flotilla.model.Exit;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** How a program that runs until it is told ends: once, whoever tells it. */
public final class Stop {
    private static final AtomicBoolean STOPPING = new AtomicBoolean();

    private Stop() {}

    /** On Ctrl-C and SIGTERM does this, then ends the process with that code, without waiting for what others do at its end. */
    public static void onSignal(Exit code, Runnable last) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            if (!STOPPING.compareAndSet(false, true)) return;
                            last.run();
                            Runtime.getRuntime().halt(code.code());
                        },
                        "stop"));
    }

    /** The program ends by itself: does this. If a signal came first, what it did stands, and this does not return. */
    public static void itself(Runnable last) {
        if (STOPPING.compareAndSet(false, true)) last.run();
        else untilTheEnd();
    }

    /** For a thread whose process is being ended by another. */
    public static void untilTheEnd() {
        while (true) LockSupport.park();
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
