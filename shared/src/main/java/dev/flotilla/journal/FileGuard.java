package dev.flotilla.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The lock file beside a journal: one writer on this machine. It stays behind, empty, because removing it would race with the next writer. */
final class FileGuard implements AutoCloseable {
    /** The system's lock belongs to the process and is lost when any channel on the file is closed, so a second try in here must not open one. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path lockFile;
    private final FileChannel channel;

    private FileGuard(Path lockFile, FileChannel channel) {
        this.lockFile = lockFile;
        this.channel = channel;
    }

    static FileGuard on(Path file) throws JournalFailed {
        Path lockFile = file.resolveSibling(file.getFileName() + ".lock");
        if (!HELD.add(lockFile)) throw locked(file);
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    lockFile,
                    EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            FileLock lock = channel.tryLock();
            if (lock != null) return new FileGuard(lockFile, channel);
        } catch (IOException e) {
            release(lockFile, channel);
            throw new JournalFailed(
                    JournalFailed.Kind.STORAGE, "the lock file " + lockFile + " cannot be used: " + e.getMessage(), e);
        }
        release(lockFile, channel);
        throw locked(file);
    }

    private static JournalFailed locked(Path file) {
        return new JournalFailed(JournalFailed.Kind.LOCKED, file + " is in use by another process", null);
    }

    private static void release(Path lockFile, FileChannel channel) {
        try {
            if (channel != null) channel.close();
        } catch (IOException e) {
            // nothing was written through it, and the system has closed it all the same
        } finally {
            HELD.remove(lockFile);
        }
    }

    @Override
    public void close() {
        release(lockFile, channel);
    }
}
