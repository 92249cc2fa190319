package dev.flotilla.artifact;

import dev.flotilla.model.Digest;
import dev.flotilla.model.Limits;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Blobs named by their SHA-256. One in the making is a file {@code <digest>.part}, whose length says how far it is, also after a crash; once all
 * bytes are there it is read back, verified, synced and renamed, so a file without that ending is whole. Any thread; two that put the same
 * artifact wait for each other, readers wait for nobody.
 */
public final class ArtifactStore {
    private static final int LOCKS = 16;
    private static final String PART = ".part";

    private final Path dir;
    private final Object[] locks = new Object[LOCKS];
    private final Map<Digest, Slice> slices = new ConcurrentHashMap<>();

    private record Slice(Digest file, long offset, long length) {}

    /** How far an artifact is after a {@link #put}. */
    public record Put(long have, boolean whole) {}

    private ArtifactStore(Path dir) {
        this.dir = dir;
        for (int i = 0; i < LOCKS; i++) locks[i] = new Object();
    }

    /** The store in that folder, which is made if it is not there, for its owner alone: inputs are nobody else's. */
    public static ArtifactStore at(Path dir) throws IOException {
        Files.createDirectories(
                dir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(dir, "*" + PART)) {
            for (Path part : parts) shorten(part);
        }
        return new ArtifactStore(dir);
    }

    /** Gives up the last byte of a part: all may be there but the check, and only a put of what is missing leads to it. */
    private static void shorten(Path part) throws IOException {
        try (FileChannel bytes = FileChannel.open(part, StandardOpenOption.WRITE)) {
            bytes.truncate(Math.max(0, bytes.size() - 1));
        }
    }

    /** The artifact's size in bytes; empty unless it is whole. */
    public OptionalLong size(Digest digest) {
        long size = length(path(digest));
        if (size >= 0) return OptionalLong.of(size);
        Slice slice = slices.get(digest);
        return slice != null && length(path(slice.file)) >= slice.offset + slice.length
                ? OptionalLong.of(slice.length)
                : OptionalLong.empty();
    }

    /** How many of its bytes are there, from its beginning; whole or not. */
    public long have(Digest digest) {
        OptionalLong whole = size(digest);
        return whole.isPresent() ? whole.getAsLong() : Math.max(0, length(part(digest)));
    }

    /**
     * Adds the bytes that come next. An offset other than what is there changes nothing and tells what is there. The last bytes lead to a check of
     * the digest; a wrong one, or more bytes than {@code total}, throws all of them away.
     *
     * @param total  bytes of the whole artifact, 0 to {@link Limits#ARTIFACT}
     * @throws IOException if they cannot be written; what is there counts, and {@link #have} tells it
     */
    public Put put(Digest digest, long offset, long total, byte[] data) throws IOException {
        if (total < 0 || total > Limits.ARTIFACT) throw new IllegalArgumentException("an artifact has at most 1 GiB");
        synchronized (locks[Math.floorMod(digest.hashCode(), LOCKS)]) {
            OptionalLong whole = size(digest);
            if (whole.isPresent()) return new Put(whole.getAsLong(), true);
            Path part = part(digest);
            long have = Math.max(0, length(part));
            if (offset != have) return new Put(have, false);
            if (have + data.length > total) {
                Files.deleteIfExists(part);
                return new Put(0, false);
            }
            try (FileChannel out = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                out.position(have);
                for (ByteBuffer bytes = ByteBuffer.wrap(data); bytes.hasRemaining(); ) out.write(bytes);
                if (have + data.length == total) out.force(true);
            }
            if (have + data.length < total) return new Put(have + data.length, false);
            try {
                if (!digest(part).equals(digest)) {
                    Files.delete(part);
                    return new Put(0, false);
                }
                settle(part, digest);
            } catch (IOException e) {
                if (Files.exists(part)) shorten(part);
                throw e;
            }
            return new Put(total, true);
        }
    }

    /**
     * Bytes of a whole artifact.
     *
     * @throws IOException if it is not whole, or has no such bytes
     */
    public byte[] read(Digest digest, long offset, int length) throws IOException {
        OptionalLong size = size(digest);
        if (size.isEmpty()) throw new NoSuchFileException("the artifact " + digest + " is not here");
        if (offset < 0 || length < 0 || offset > size.getAsLong() - length)
            throw new EOFException("the artifact " + digest + " has " + size.getAsLong() + " bytes");
        Path file = path(digest);
        long from = offset;
        Slice slice = slices.get(digest);
        if (slice != null && !Files.exists(file)) {
            file = path(slice.file);
            from += slice.offset;
        }
        ByteBuffer bytes = ByteBuffer.allocate(length);
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            while (bytes.hasRemaining()) {
                if (in.read(bytes, from + bytes.position()) < 0) throw new EOFException("the artifact was cut short");
            }
        }
        return bytes.array();
    }

    /** Where the artifact's file is once it is whole; a registered slice has none. */
    public Path path(Digest digest) {
        return dir.resolve(digest.hex());
    }

    /** Moves a finished file in under its digest, synced. The file lies on the same file system and is gone afterwards. */
    public void adopt(Path file) throws IOException {
        Digest digest = digest(file);
        try (FileChannel written = FileChannel.open(file, StandardOpenOption.WRITE)) {
            written.force(true);
        }
        synchronized (locks[Math.floorMod(digest.hashCode(), LOCKS)]) {
            settle(file, digest);
            Files.deleteIfExists(part(digest));
        }
    }

    /** Makes a slice of an artifact known by its own digest, until the process ends. The caller has verified it. */
    public void register(Digest digest, Digest file, long offset, long length) {
        slices.put(digest, new Slice(file, offset, length));
    }

    /** A slice need not be known any more. */
    public void unregister(Digest digest) {
        slices.remove(digest);
    }

    /** Somebody counts on it: {@link #notTouchedFor} begins anew. */
    public void touch(Digest digest) {
        path(digest).toFile().setLastModified(Instant.now().toEpochMilli());
    }

    /** Artifacts, whole or not, that were neither written nor touched for so long, by this machine's clock. */
    public TreeSet<Digest> notTouchedFor(Duration span) throws IOException {
        FileTime since = FileTime.from(Instant.now().minus(span));
        TreeSet<Digest> idle = new TreeSet<>();
        for (Digest digest : all())
            for (Path file : List.of(path(digest), part(digest)))
                if (Files.exists(file) && Files.getLastModifiedTime(file).compareTo(since) < 0) idle.add(digest);
        return idle;
    }

    /** Every artifact that has a file, whole or not. */
    public TreeSet<Digest> all() throws IOException {
        TreeSet<Digest> all = new TreeSet<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(dir)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (name.endsWith(PART)) name = name.substring(0, name.length() - PART.length());
                if (name.matches("[0-9a-f]{64}")) all.add(new Digest(name));
            }
        }
        return all;
    }

    /** Drops the artifact, whole or not. */
    public void forget(Digest digest) throws IOException {
        slices.remove(digest);
        synchronized (locks[Math.floorMod(digest.hashCode(), LOCKS)]) {
            Files.deleteIfExists(path(digest));
            Files.deleteIfExists(part(digest));
            syncFolder();
        }
    }

    private Path part(Digest digest) {
        return dir.resolve(digest.hex() + PART);
    }

    private void settle(Path file, Digest digest) throws IOException {
        Files.move(file, path(digest), StandardCopyOption.ATOMIC_MOVE);
        syncFolder();
    }

    private void syncFolder() throws IOException {
        try (FileChannel folder = FileChannel.open(dir, StandardOpenOption.READ)) {
            folder.force(true);
        }
    }

    /** -1 if there is no such file. */
    private static long length(Path file) {
        return Files.exists(file) ? file.toFile().length() : -1;
    }

    private static Digest digest(Path file) throws IOException {
        MessageDigest hash = Digest.sha256();
        byte[] buffer = new byte[64 * 1024];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) hash.update(buffer, 0, n);
        }
        return Digest.ofHash(hash.digest());
    }
}
