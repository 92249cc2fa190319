package dev.flotilla.journal;

import java.sql.SQLException;
import java.sql.Statement;

/** Takes a journal's disk away and gives it back, by SQLite's own refusals. */
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

    private static void execute(SqliteJournal journal, String sql) throws SQLException {
        try (Statement statement = journal.connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
