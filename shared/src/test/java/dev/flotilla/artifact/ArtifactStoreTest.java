package dev.flotilla.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.artifact.ArtifactStore.Put;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtifactStoreTest {
    private static final byte[] BLOB = blob(100_000);
    private static final Digest NAME = Digest.of(BLOB);

    @TempDir
    Path dir;

    private static byte[] blob(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static Put put(ArtifactStore store, int offset, int length) throws IOException {
        return store.put(NAME, offset, BLOB.length, Arrays.copyOfRange(BLOB, offset, offset + length));
    }

    @Test
    void anArtifactResumesWhereItStoodAfterARestartAndCountsOnceVerified() throws Exception {
        assertEquals(new Put(40_000, false), put(ArtifactStore.at(dir), 0, 40_000));
        ArtifactStore store = ArtifactStore.at(dir);
        assertEquals(39_999, store.have(NAME));
        assertEquals(OptionalLong.empty(), store.size(NAME));
        assertThrows(IOException.class, () -> store.read(NAME, 0, 1));
        assertEquals(new Put(100_000, true), put(store, 39_999, 60_001));
        ArtifactStore again = ArtifactStore.at(dir);
        assertEquals(OptionalLong.of(100_000), again.size(NAME));
        assertArrayEquals(Arrays.copyOfRange(BLOB, 99_990, 100_000), again.read(NAME, 99_990, 10));
        assertArrayEquals(BLOB, Files.readAllBytes(again.path(NAME)));
        assertEquals(new Put(100_000, true), put(again, 0, 5), "what is whole is never sent again");
        assertThrows(IOException.class, () -> again.read(NAME, 99_990, 11));
    }

    @Test
    void nobodyElseReadsInputs() throws Exception {
        Path folder = dir.resolve("artifacts");
        ArtifactStore.at(folder);
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
    }

    @Test
    void anArtifactWhoseCheckWasCutOffByACrashIsCheckedWithItsNextBytes() throws Exception {
        Files.write(dir.resolve(NAME.hex() + ".part"), BLOB);
        ArtifactStore store = ArtifactStore.at(dir);
        int have = (int) store.have(NAME);
        assertTrue(have < BLOB.length, "somebody must ask for more, or nobody checks it");
        assertEquals(new Put(100_000, true), put(store, have, BLOB.length - have));
    }

    @Test
    void aWrongOffsetChangesNothingAndTellsWhereToGoOn() throws Exception {
        ArtifactStore store = ArtifactStore.at(dir);
        assertEquals(new Put(0, false), put(store, 5, 10));
        put(store, 0, 10);
        assertEquals(new Put(10, false), put(store, 0, 10));
        assertEquals(new Put(10, false), put(store, 11, 10));
        assertEquals(new Put(100_000, true), put(store, 10, 99_990));
    }

    @Test
    void wrongBytesAreThrownAwayOnceTheirDigestIsKnown() throws Exception {
        ArtifactStore store = ArtifactStore.at(dir);
        assertEquals(new Put(0, false), store.put(NAME, 0, 3, new byte[3]));
        assertEquals(0, store.have(NAME));
        put(store, 0, 50_000);
        assertEquals(new Put(0, false), store.put(NAME, 50_000, 50_001, new byte[2]), "more bytes than the whole");
        assertEquals(0, store.have(NAME));
        assertEquals(new Put(100_000, true), put(store, 0, 100_000));
        assertThrows(
                IllegalArgumentException.class,
                () -> store.put(Digest.of(new byte[1]), 0, Limits.ARTIFACT + 1, new byte[1]));
    }

    @Test
    void anEmptyArtifactIsOneToo() throws Exception {
        ArtifactStore store = ArtifactStore.at(dir);
        Digest empty = Digest.of(new byte[0]);
        assertEquals(new Put(0, true), store.put(empty, 0, 0, new byte[0]));
        assertEquals(OptionalLong.of(0), store.size(empty));
        assertArrayEquals(new byte[0], store.read(empty, 0, 0));
    }

    @Test
    void aFinishedFileIsAdoptedAndItsSlicesAreKnownByTheirOwnDigests() throws Exception {
        ArtifactStore store = ArtifactStore.at(dir.resolve("store"));
        Path file = Files.write(dir.resolve("regrouped"), BLOB);
        put(store, 0, 10);
        store.adopt(file);
        store.adopt(Files.write(file, BLOB));
        assertFalse(Files.exists(file));
        byte[] part = Arrays.copyOfRange(BLOB, 1000, 3000);
        Digest slice = Digest.of(part);
        store.register(slice, NAME, 1000, 2000);
        assertEquals(OptionalLong.of(2000), store.size(slice));
        assertEquals(2000, store.have(slice));
        assertArrayEquals(Arrays.copyOfRange(part, 500, 700), store.read(slice, 500, 200));
        assertThrows(IOException.class, () -> store.read(slice, 1999, 2));
        store.forget(NAME);
        assertEquals(OptionalLong.empty(), store.size(slice), "a slice is there as long as its file");
        try (var left = Files.list(dir.resolve("store"))) {
            assertEquals(0, left.count());
        }
    }

    @Test
    void manyMayPutTheSameArtifactAtOnce() throws Exception {
        ArtifactStore store = ArtifactStore.at(dir);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            Callable<Boolean> sender = () -> {
                while (true) {
                    int have = (int) store.have(NAME);
                    if (put(store, Math.min(have, 99_000), 1000).whole()) return true;
                }
            };
            for (Future<Boolean> sent : threads.invokeAll(List.of(sender, sender, sender, sender)))
                assertTrue(sent.get());
            assertArrayEquals(BLOB, store.read(NAME, 0, BLOB.length));
        } finally {
            threads.shutdownNow();
        }
    }
}
