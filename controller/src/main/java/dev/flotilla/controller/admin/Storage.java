package dev.flotilla.controller.admin;

import dev.flotilla.controller.core.View;
import dev.flotilla.loop.Loop;
import dev.flotilla.model.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Whether the journal and the disk take anything now, and what is said to whom they take nothing from. Any thread. */
final class Storage {
    /** How often the room on the disk is looked at. */
    private static final Duration MEASURED_EACH = Duration.ofSeconds(2);

    private final Supplier<Loop.Trouble> trouble;
    private final Path folder;
    /** Less is left under {@link #folder} than is kept for the jobs that are there; as it was lately. */
    private volatile boolean shortOfDisk;

    /**
     * @param trouble  what is wrong with the journal
     * @param folder   on the disk that all is written to
     */
    Storage(Supplier<Loop.Trouble> trouble, Path folder) {
        this.trouble = trouble;
        this.folder = folder;
    }

    /** Looks at the disk now, and then again and again on that one's threads. */
    void watch(Executor files) {
        isShortOfDisk();
        CompletableFuture.delayedExecutor(MEASURED_EACH.toSeconds(), TimeUnit.SECONDS, files)
                .execute(() -> watch(files));
    }

    /** A disk may keep those waiting who ask it: for threads that may wait for files. */
    boolean isShortOfDisk() {
        try {
            shortOfDisk = Files.getFileStore(folder).getUsableSpace() < Limits.RESERVE;
        } catch (IOException e) {
            shortOfDisk = false; // the write itself will say what is wrong
        }
        return shortOfDisk;
    }

    /** What the disk said lately. */
    boolean wasShortOfDisk() {
        return shortOfDisk;
    }

    /** What clients are told of the controller's state. */
    String state() {
        return switch (trouble.get()) {
            case NONE -> shortOfDisk ? View.DEGRADED : "ready";
            case STORAGE -> View.DEGRADED;
            case DAMAGED -> "damaged: its journal";
        };
    }

    /** What is wrong with the journal comes first: room alone may not heal it. */
    Refusal noRoom() {
        return new Refusal(isWritable() ? View.Problem.noRoom() : unwritten());
    }

    boolean isWritable() {
        return trouble.get() == Loop.Trouble.NONE;
    }

    /** What is wrong with the journal. */
    View.Problem unwritten() {
        if (trouble.get() == Loop.Trouble.DAMAGED)
            return new View.Problem(
                    "damaged",
                    5,
                    "nothing was done: the controller's journal is damaged",
                    "its file was found damaged while it was used, and nothing more may be trusted to it",
                    "stop the controller, move its data directory away, and put a backup in its place: flotilla controller restore BACKUP",
                    Optional.empty());
        return new View.Problem(
                "degraded",
                5,
                "nothing was done: the controller is " + View.DEGRADED,
                "its journal cannot be written now, and what is not on disk was not said",
                "free space in its data directory; it heals by itself",
                Optional.empty());
    }
}
