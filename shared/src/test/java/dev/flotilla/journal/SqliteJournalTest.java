package dev.flotilla.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.flotilla.journal.JournalFailed.Kind;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteJournalTest {
    @TempDir
    Path dir;

    private Path file;

    @BeforeEach
    void file() {
        file = dir.resolve("journal.db");
    }

    @Test
    void committedBatchesAreThereAgainWhenItIsOpenedAgain() throws Exception {
        written("one", "", "three");
        try (SqliteJournal journal = open()) {
            assertEquals(3, journal.seq());
            assertEquals(List.of("1 one", "2 ", "3 three"), replayed(journal, 0));
            assertEquals(List.of("3 three"), replayed(journal, 2));
            assertEquals(4, journal.append(bytes("four")));
            assertEquals(new Journal.Usage(4, 1), journal.usage());
        }
    }

    @Test
    void aPathMayHoldAnyCharacter() throws Exception {
        file = Files.createDirectory(dir.resolve("what? 100% #1 ä")).resolve("journal.db");
        written("one");
        assertTrue(Files.exists(file));
        try (SqliteJournal journal = open()) {
            assertEquals(List.of("1 one"), replayed(journal, 0));
        }
    }

    @Test
    void aKilledWriterLosesNothingThatWasCommitted() throws Exception {
        long said = Long.parseLong(WritingProcess.runUntil(200, file));
        assertTrue(Files.size(dir.resolve("journal.db-wal")) > 0, "it was not killed while it wrote");
        try (SqliteJournal journal = open()) {
            assertTrue(journal.seq() >= said, journal.seq() + " batches of " + said);
            assertEquals(journal.seq(), replayed(journal, 0).size());
        }
    }

    @Test
    void aDamagedPageIsFoundAtTheStartAfterAnUncleanStopAndNothingIsChanged() throws Exception {
        WritingProcess.runUntil(1500, file);
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.seek(20 * 1024);
            raw.write(new byte[1024]);
        }
        byte[] main = Files.readAllBytes(file);
        byte[] log = Files.readAllBytes(dir.resolve("journal.db-wal"));
        assertRefused(Kind.CORRUPT, "damaged");
        assertArrayEquals(main, Files.readAllBytes(file));
        assertArrayEquals(log, Files.readAllBytes(dir.resolve("journal.db-wal")));
    }

    @Test
    void aFlippedByteIsFoundAndItsBatchNamed() throws Exception {
        written("one", "two", "three");
        raw("UPDATE journal SET body = CAST('twp' AS BLOB) WHERE seq = 2");
        try (SqliteJournal journal = open()) {
            List<String> seen = new ArrayList<>();
            JournalFailed found =
                    assertThrows(JournalFailed.class, () -> journal.replay(0, (seq, body) -> seen.add(text(body))));
            assertEquals(Kind.CORRUPT, found.kind());
            assertTrue(found.getMessage().contains("batch 2 is damaged"), found.getMessage());
            assertEquals(List.of("one"), seen);
        }
    }

    @Test
    void aColumnWhoseNameWasFlippedIsDamageAndNoFaultOfTheStorage() throws Exception {
        written("one", "two", "three");
        raw("ALTER TABLE journal RENAME COLUMN hash TO hasi");
        assertRefused(Kind.CORRUPT, "its tables are not a journal's");
    }

    @Test
    void aMissingBatchIsNamed() throws Exception {
        written("one", "two", "three");
        raw("DELETE FROM journal WHERE seq = 2");
        try (JournalReader reader = SqliteJournal.readOnly(file)) {
            JournalFailed found = assertThrows(JournalFailed.class, () -> reader.replay(0, (seq, body) -> {}));
            assertEquals(Kind.CORRUPT, found.kind());
            assertTrue(found.getMessage().contains("batch 2 is missing"), found.getMessage());
        }
    }

    @Test
    void batchesThatASnapshotCoversMustNotBeMissingAtTheEnd() throws Exception {
        try (SqliteJournal journal = open()) {
            journal.append(bytes("one"));
            journal.append(bytes("two"));
            journal.snapshot(bytes("onetwo"), 1);
        }
        raw("DELETE FROM journal WHERE seq = 2");
        assertRefused(Kind.CORRUPT, "batch 2 is missing");
    }

    @Test
    void aNewerVersionIsRefusedAndNotTouched() throws Exception {
        written("one");
        raw("PRAGMA user_version = 2");
        byte[] before = Files.readAllBytes(file);
        assertRefused(Kind.NEWER, "version 2");
        assertArrayEquals(before, Files.readAllBytes(file));
    }

    @Test
    void aFileThatIsNoJournalIsRefusedAndNotTouched() throws Exception {
        raw("CREATE TABLE somebodys(data)");
        byte[] foreign = Files.readAllBytes(file);
        for (byte[] content : List.of(new byte[0], bytes("PRECIOUS DATA\n".repeat(1000)), foreign)) {
            Files.write(file, content);
            assertRefused(Kind.CORRUPT, "journal.db");
            assertArrayEquals(content, Files.readAllBytes(file));
        }
    }

    @Test
    void aTruncatedFileIsCorruptAndCanBeSetAside() throws Exception {
        try (SqliteJournal journal = open()) {
            for (int i = 0; i < 50; i++) journal.append(new byte[1000]);
        }
        byte[] half = java.util.Arrays.copyOf(Files.readAllBytes(file), 30_000);
        Files.write(file, half);
        assertRefused(Kind.CORRUPT, "journal.db");
        Path aside = SqliteJournal.setAside(file);
        assertArrayEquals(half, Files.readAllBytes(aside));
        try (SqliteJournal journal = open()) {
            assertEquals(0, journal.seq());
        }
    }

    @Test
    void ofTheJournalsThatWereSetAsideTheNewestThreeAreKept() throws Exception {
        for (int i = 1; i <= 12; i++) {
            Files.writeString(file, "damaged " + i);
            Files.writeString(dir.resolve("journal.db-wal"), "");
            assertEquals(dir.resolve("journal.db.damaged-" + i), SqliteJournal.setAside(file));
        }
        try (var files = Files.list(dir)) {
            assertEquals(
                    List.of("10", "10-wal", "11", "11-wal", "12", "12-wal"),
                    files.map(f -> f.getFileName().toString().replace("journal.db.damaged-", ""))
                            .sorted()
                            .toList());
        }
        assertEquals("damaged 12", Files.readString(dir.resolve("journal.db.damaged-12")));
    }

    @Test
    void aWriteAheadLogWithoutItsFileIsCorrupt() throws Exception {
        WritingProcess.runUntil(5, file);
        Files.delete(file);
        assertRefused(Kind.CORRUPT, "missing");
    }

    @Test
    void aSecondWriterIsRefusedFromThisProcessAndFromAnother() throws Exception {
        try (SqliteJournal journal = open()) {
            assertRefused(Kind.LOCKED, "in use");
            assertEquals("LOCKED", WritingProcess.runUntil(1, file));
            journal.append(bytes("one"));
        }
        written("two");
    }

    @Test
    void aReaderBesideTheWriterSeesWhatIsCommitted() throws Exception {
        try (SqliteJournal journal = open();
                JournalReader reader = SqliteJournal.readOnly(file)) {
            journal.append(bytes("one"));
            assertEquals(List.of("1 one"), replayed(reader::replay, 0));
            journal.append(bytes("two"));
            assertEquals(List.of("1 one", "2 two"), replayed(reader::replay, 0));
            reader.replay(0, (seq, body) -> {
                try {
                    if (seq == 1) journal.append(bytes("while it is read"));
                } catch (JournalFailed e) {
                    throw new AssertionError(e);
                }
            });
            assertEquals(3, journal.seq());
        }
    }

    @Test
    void afterASnapshotTheChainGoesOnOverDroppedBatches() throws Exception {
        try (SqliteJournal journal = open()) {
            journal.append(bytes("a"));
            journal.snapshot(bytes("A"), Long.MAX_VALUE);
            assertEquals(List.of("1 a"), replayed(journal, 0), "nothing older to fall back to yet");
            journal.append(bytes("b"));
            journal.append(bytes("c"));
            journal.snapshot(bytes("ABC"), Long.MAX_VALUE);
            journal.append(bytes("d"));
        }
        try (SqliteJournal journal = open()) {
            Journal.Snapshot newest = journal.newestSnapshot().orElseThrow();
            assertEquals(3, newest.seq());
            assertEquals("ABC", text(newest.state()));
            assertEquals(List.of("4 d"), replayed(journal, 3));
            JournalFailed dropped = assertThrows(JournalFailed.class, () -> replayed(journal, 0));
            assertTrue(dropped.getMessage().contains("batch 1 is missing"), dropped.getMessage());
        }
    }

    @Test
    void batchesGoAsAPrefixAndTheChainIsKeptWhereverItIsCut() throws Exception {
        try (SqliteJournal journal = open()) {
            for (String batch : List.of("a", "b", "c", "d", "e", "f")) {
                journal.append(bytes(batch));
                journal.snapshot(bytes("state at " + batch), 3);
            }
            assertEquals(List.of("3 c", "4 d", "5 e", "6 f"), replayed(journal, 2));
            assertThrows(JournalFailed.class, () -> replayed(journal, 0));
        }
        try (JournalReader reader = SqliteJournal.readOnly(file)) {
            assertEquals(2, reader.before());
            assertEquals(List.of("3 c", "4 d", "5 e", "6 f"), replayed(reader::replay, reader.before()));
        }
        assertEquals(List.of(), damages());
        try (SqliteJournal journal = open()) {
            assertEquals(
                    "state at f", text(journal.newestSnapshot().orElseThrow().state()));
            journal.snapshot(bytes("state at f"), 5);
            assertEquals(List.of("5 e", "6 f"), replayed(journal, 4));
            raw("UPDATE snapshot SET hash = CAST('x' AS BLOB) WHERE seq = 6");
            assertEquals(5, journal.newestSnapshot().orElseThrow().seq());
        }
        raw("UPDATE snapshot SET hash = CAST('x' AS BLOB) WHERE seq = 5");
        try (SqliteJournal journal = open()) {
            assertTrue(journal.newestSnapshot().isEmpty(), "the root of the chain is no state");
        }
    }

    @Test
    void whatIsWrongWithAFileIsNamedAndTheRestIsReadAllTheSame() throws Exception {
        written("a", "b", "c", "d", "e");
        byte[] good = Files.readAllBytes(file);
        assertEquals(List.of(), damages());
        raw("UPDATE journal SET body = CAST('x' AS BLOB) WHERE seq = 3");
        assertEquals(
                List.of("3: batch 3 does not follow batch 2: it was altered, or a batch between them was taken out"),
                damages());
        Files.write(file, good);
        raw("UPDATE journal SET hash = CAST('x' AS BLOB) WHERE seq = 3");
        assertEquals(
                List.of("3: the hash of batch 3 is damaged; what the batch holds is right, as batch 4 shows"),
                damages());
        Files.write(file, good);
        raw("DELETE FROM journal WHERE seq = 2");
        assertEquals(List.of("2: batch 2 is missing"), damages());
        Files.write(file, good);
        raw("DELETE FROM journal WHERE seq < 3");
        assertEquals(List.of("1: batches 1 to 2 are missing"), damages());
        Files.write(file, good);
        raw("DELETE FROM journal WHERE seq = 2");
        for (int seq = 3; seq <= 5; seq++) raw("UPDATE journal SET seq = " + (seq - 1) + " WHERE seq = " + seq);
        assertEquals(
                List.of("2: batch 2 does not follow batch 1: it was altered, or a batch between them was taken out"),
                damages());
        Files.write(file, good);
        raw("INSERT INTO journal SELECT 6, body, hash FROM journal WHERE seq = 4");
        assertEquals(List.of("6: batch 6 repeats batch 4"), damages());
        Files.write(file, good);
        raw("UPDATE journal SET body = CAST('x' AS BLOB) WHERE seq = 5");
        assertEquals(List.of("5: batch 5 is damaged"), damages());
    }

    private List<String> damages() throws JournalFailed {
        List<String> damages = new ArrayList<>();
        try (JournalReader reader = SqliteJournal.readOnly(file)) {
            reader.inspect(new JournalReader.Inspector() {
                @Override
                public void batch(long seq, byte[] body, byte[] hash) {}

                @Override
                public void damage(long seq, String what) {
                    damages.add(seq + ": " + what);
                }
            });
        }
        return damages;
    }

    @Test
    void aDamagedNewestSnapshotFallsBackToTheOneBefore() throws Exception {
        try (SqliteJournal journal = open()) {
            for (String batch : List.of("a", "b", "c")) {
                journal.append(bytes(batch));
                journal.snapshot(bytes("state at " + batch), Long.MAX_VALUE);
            }
        }
        raw("UPDATE snapshot SET body = CAST('state at d' AS BLOB) WHERE seq = 3");
        try (SqliteJournal journal = open()) {
            Journal.Snapshot older = journal.newestSnapshot().orElseThrow();
            assertEquals("state at b", text(older.state()));
            assertEquals(List.of("3 c"), replayed(journal, older.seq()));
        }
    }

    @Test
    void whenTheDiskIsFullNothingIsCommittedAndItGoesOnWhenThereIsRoom() throws Exception {
        try (SqliteJournal journal = open()) {
            journal.append(bytes("one"));
            Disk.fill(journal);
            assertStorage(() -> journal.append(new byte[100_000]));
            assertStorage(() -> journal.snapshot(new byte[100_000], Long.MAX_VALUE));
            assertEquals(List.of("1 one"), replayed(journal, 0));
            Disk.free(journal);
            assertEquals(2, journal.append(bytes("two")));
            journal.snapshot(bytes("onetwo"), 1);
        }
        try (SqliteJournal journal = open()) {
            assertEquals(List.of("1 one", "2 two"), replayed(journal, 0));
        }
    }

    @Test
    void onARealFullDiskToo() throws Exception {
        Path small = smallDisk("1m");
        try {
            file = small.resolve("journal.db");
            try (SqliteJournal journal = SqliteJournal.open(file, JournalSettings.controller())) {
                journal.append(bytes("one"));
                Path ballast = Files.write(small.resolve("ballast"), new byte[600_000]);
                assertStorage(() -> journal.append(new byte[500_000]));
                assertStorage(() -> journal.append(new byte[500_000]));
                Files.delete(ballast);
                assertEquals(2, journal.append(new byte[300_000]));
            }
            try (SqliteJournal journal = open()) {
                assertEquals(2, replayed(journal, 0).size());
            }
        } finally {
            assertTrue(ran("umount", small.toString()));
        }
    }

    @Test
    void onAFullDiskTheBallastMakesRoomForWhatIsOwedAndIsMadeAgain() throws Exception {
        Path small = smallDisk("72m");
        try {
            file = small.resolve("journal.db");
            Path ballast = small.resolve("journal.db.ballast");
            try (SqliteJournal journal = SqliteJournal.open(file, JournalSettings.controller())) {
                journal.append(bytes("one"));
                assertEquals(4 << 20, Files.size(ballast));
                fill(small);
                assertEquals(2, journal.append(new byte[1 << 20]));
                assertFalse(Files.exists(ballast));
                fill(small);
                assertStorage(() -> journal.append(new byte[2 << 20]));
                assertEquals(2, replayed(journal, 0).size());
            }
            assertEquals(2, SqliteJournal.verify(file));
            Files.delete(small.resolve("filling"));
            for (byte[] left : List.of(new byte[0], new byte[1000])) { // by a power cut
                Files.write(ballast, left);
                SqliteJournal.open(file, JournalSettings.controller()).close();
                assertEquals(4 << 20, Files.size(ballast));
            }
            assertFalse(Files.exists(small.resolve("journal.db.ballast.new")));
        } finally {
            assertTrue(ran("umount", small.toString()));
        }
    }

    @Test
    void aBatchThatIsThereAlthoughItsCommitFailedIsNotAppendedAgain() throws Exception {
        Path small = smallDisk("72m");
        try {
            file = small.resolve("journal.db");
            try (SqliteJournal journal = open()) {
                journal.append(bytes("one"));
                Files.write(
                        small.resolve("filling"),
                        new byte[16 << 20]); // so that the ballast is freed and it is tried again
                Disk.failAfterCommit(journal);
                assertEquals(2, journal.append(bytes("two")));
                assertFalse(Files.exists(small.resolve("journal.db.ballast")));
                assertEquals(List.of("1 one", "2 two"), replayed(journal, 0));
            }
        } finally {
            assertTrue(ran("umount", small.toString()));
        }
    }

    /** Until not one byte more has room. */
    private static void fill(Path disk) throws IOException {
        try (OutputStream filling =
                Files.newOutputStream(disk.resolve("filling"), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            while (true) filling.write(new byte[4096]);
        } catch (IOException full) {
            assertTrue(full.getMessage().contains("No space left"), full.toString());
        }
    }

    @Test
    void whatAStartFindsAfterAnUncleanStopIsWrittenAnewBeforeItIsTold() throws Exception {
        SqliteJournal killed = open();
        killed.append(bytes("one"));
        Path copy = Files.createDirectory(dir.resolve("copy"));
        for (String part : List.of("journal.db", "journal.db-wal")) Files.copy(dir.resolve(part), copy.resolve(part));
        killed.close();
        file = copy.resolve("journal.db");
        assertTrue(Files.size(copy.resolve("journal.db-wal")) > 0);
        try (SqliteJournal journal = open()) {
            assertEquals(0, Files.size(copy.resolve("journal.db-wal")), "it may be in the kernel's memory alone");
            assertEquals(List.of("1 one"), replayed(journal, 0));
        }
    }

    @Test
    void aDirectoryThatIsNotThereIsNotMade() {
        file = dir.resolve("nowhere/journal.db");
        assertRefused(Kind.STORAGE, "nowhere does not exist");
        assertTrue(Files.notExists(dir.resolve("nowhere")));
    }

    @Test
    void onlyTheOwnerCanReadIt() throws Exception {
        try (SqliteJournal journal = open()) {
            journal.append(bytes("one"));
            try (var files = Files.list(dir)) {
                for (Path each : files.toList()) {
                    assertEquals(
                            "rw-------",
                            PosixFilePermissions.toString(Files.getPosixFilePermissions(each)),
                            each.toString());
                }
            }
        }
    }

    private SqliteJournal open() throws JournalFailed {
        return SqliteJournal.open(file, JournalSettings.controller());
    }

    private void written(String... batches) throws JournalFailed {
        try (SqliteJournal journal = open()) {
            for (String batch : batches) journal.append(bytes(batch));
        }
    }

    private void assertRefused(Kind kind, String says) {
        JournalFailed refused = assertThrows(JournalFailed.class, () -> open().close());
        assertEquals(kind, refused.kind(), refused.getMessage());
        assertTrue(refused.getMessage().contains(says), refused.getMessage());
    }

    private static void assertStorage(org.junit.jupiter.api.function.Executable write) {
        assertEquals(Kind.STORAGE, assertThrows(JournalFailed.class, write).kind());
    }

    private interface Replay {
        void replay(long seq, Journal.Walker walker) throws JournalFailed;
    }

    private static List<String> replayed(Journal journal, long after) throws JournalFailed {
        return replayed(journal::replay, after);
    }

    private static List<String> replayed(Replay replay, long after) throws JournalFailed {
        List<String> seen = new ArrayList<>();
        replay.replay(after, (seq, body) -> seen.add(seq + " " + text(body)));
        return seen;
    }

    private void raw(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** A disk of its own; without root the test is skipped, and nobody overlooks it; in CI that is a failure. */
    private Path smallDisk(String size) throws Exception {
        Path small = Files.createDirectory(dir.resolve("small"));
        boolean mounted = ran("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", small.toString());
        assertTrue(mounted || !"true".equals(System.getenv("CI")), "CI runs every test, and this one needs a mount");
        if (!mounted)
            System.err.println("#### SKIPPED: only root can mount a small disk; .ci/run runs these tests ####");
        assumeTrue(mounted, "only root can mount a small disk");
        return small;
    }

    private static boolean ran(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
