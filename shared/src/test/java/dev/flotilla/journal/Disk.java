package dev.flotilla.journal;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;

/** Takes a journal's disk away and gives it back, by SQLite's own refusals, or damages it. */
public final class Disk {
    private Disk() {}

    /** SQLite finds no room for another page. */
    public static void fill(SqliteJournal journal) throws SQLException {
        execute(journal, "PRAGMA max_page_count = 1");
    }

    public static void free(SqliteJournal journal) throws SQLException {
        execute(journal, "PRAGMA max_page_count = 1000000");
    }

    /** Every write is refused, or none any more. */
    public static void readOnly(SqliteJournal journal, boolean on) throws SQLException {
        execute(journal, "PRAGMA query_only = " + on);
    }

    /** Each batch is committed, and SQLite says that it is not. */
    public static void failAfterCommit(SqliteJournal journal) throws SQLException {
        execute(journal, "CREATE TEMP TRIGGER fails AFTER INSERT ON journal BEGIN SELECT RAISE(FAIL, 'late'); END");
    }

    /** The first page of that table is overwritten in the file of a controller's journal, and SQLite has no other copy of it. */
    public static void damage(SqliteJournal journal, Path file, String table) throws SQLException, IOException {
        execute(journal, "PRAGMA wal_checkpoint(TRUNCATE)");
        byte[] nonsense = new byte[JournalSettings.controller().pageSize()];
        Arrays.fill(nonsense, (byte) 0x55);
        try (Statement statement = journal.connection.createStatement();
                ResultSet root =
                        statement.executeQuery("SELECT rootpage FROM sqlite_master WHERE name = '" + table + "'");
                RandomAccessFile pages = new RandomAccessFile(file.toFile(), "rw")) {
            pages.seek((root.getLong(1) - 1) * nonsense.length);
            pages.write(nonsense);
        }
        execute(journal, "PRAGMA shrink_memory");
    }

    private static void execute(SqliteJournal journal, String sql) throws SQLException {
        try (Statement statement = journal.connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
