package dev.flotilla.controller.admin;

import dev.flotilla.controller.core.View;
import dev.flotilla.log.Log;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/** Two threads for what touches files or walks the log, so that neither the carrier nor the loop waits for it. */
final class FileThreads implements Executor, AutoCloseable {
    /** Requests that wait for one of them, each with up to 128 KiB of JSON. */
    private static final int WAITING = 64;

    private final ExecutorService threads = Executors.newFixedThreadPool(2, task -> new Thread(task, "admin-files"));
    private final Semaphore room = new Semaphore(WAITING);

    /**
     * Carries out a request; what it throws becomes its reply.
     *
     * @throws Refusal if too many wait already
     */
    void later(Replies.Reply reply, Runnable work) {
        if (!room.tryAcquire()) throw Refusal.full();
        threads.execute(() -> {
            try {
                work.run();
            } catch (Refusal refusal) {
                reply.send(refusal.problem());
            } catch (RuntimeException e) {
                Log.error("admin.failed", "why", e.toString());
                reply.send(new View.Problem(
                        "degraded",
                        5,
                        "the controller failed on this request",
                        e.toString(),
                        "its log says more",
                        Optional.empty()));
            } finally {
                room.release();
            }
        });
    }

    /** Work of the controller's own: it has no bound and answers nobody. */
    @Override
    public void execute(Runnable work) {
        threads.execute(work);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
