package dev.flotilla.journal;

import dev.flotilla.log.Log;
import dev.flotilla.model.Limits;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * A file beside a journal that only takes up room. When the disk is full it is removed, so that what is owed can still be committed: endings,
 * results, what was settled. It is made again when there is room for it above the reserve. The loop's thread.
 */
final class Ballast {
    private static final long LOOK_EVERY = Duration.ofMinutes(1).toNanos();

    private final Path file;
    private final int size;
    private long looked = System.nanoTime() - LOOK_EVERY;

    /** @param size  in bytes; 0 for none */
    Ballast(Path journal, int size) {
        file = journal.resolveSibling(journal.getFileName() + ".ballast");
        this.size = size;
    }

    /** The disk refused a write. @return true if it is full and there is room now */
    boolean freed() {
        try {
            if (size == 0 || room() >= Limits.RESERVE || !Files.exists(file)) return false;
            long bytes = Files.size(file);
            Files.delete(file);
            Log.warn("ballast.freed", "bytes", bytes, "why", "the disk is full");
            return bytes > 0;
        } catch (IOException e) {
            return false; // a disk that lets no file go: the commit's own failure is reported
        }
    }

    /** Makes it if it is not there, at most once a minute; for when the disk takes writes. */
    void look() {
        if (size > 0 && System.nanoTime() - looked >= LOOK_EVERY) make();
    }

    /**
     * Its bytes are random, since a file system may compress others to nothing. Synced under another name first: after a power cut a file
     * may have its size and no room of its own, or no bytes at all.
     */
    private void make() {
        looked = System.nanoTime();
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        try {
            if (size == 0 || Files.exists(file) && Files.size(file) == size) return;
            Files.deleteIfExists(fresh);
            if (room() < Limits.RESERVE + size) return;
            byte[] bytes = new byte[size];
            new SplittableRandom(1).nextBytes(bytes);
            Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.write(fresh, bytes);
            try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Log.warn("ballast.not-made", "why", e);
            fresh.toFile().delete(); // a part of it must not take the room that is missing
        }
    }

    private long room() throws IOException {
        return Files.getFileStore(file.getParent()).getUsableSpace();
    }
}
