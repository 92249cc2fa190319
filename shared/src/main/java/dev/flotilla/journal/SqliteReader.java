package dev.flotilla.journal;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;

/** Reads the file of a {@link SqliteJournal}. */
final class SqliteReader implements JournalReader {
    private static final int MOST_SEARCHES = 20;
    private final Path file;
    private final Connection connection;
    private int searches;

    SqliteReader(Path file, Connection connection) {
        this.file = file;
        this.connection = connection;
    }

    @Override
    public long before() throws JournalFailed {
        try (PreparedStatement select = connection.prepareStatement("SELECT seq FROM journal ORDER BY seq LIMIT 1");
                ResultSet row = select.executeQuery()) {
            return row.next() ? row.getLong(1) - 1 : 0;
        } catch (SQLException e) {
            throw SqliteJournal.failed(file, "cannot be read", e);
        }
    }

    @Override
    public void replay(long seq, Journal.Walker walker) throws JournalFailed {
        SqliteJournal.walk(file, connection, seq, walker);
    }

    /** One batch as it is in the file. */
    private record Batch(long seq, byte[] body, byte[] hash) {
        boolean follows(byte[] before) {
            return Arrays.equals(SqliteJournal.hash(before, body), hash);
        }
    }

    /**
     * Which of two neighbours is wrong shows one batch later: if the chain goes on from the hash that the file has, it is the body that was
     * altered, or a batch before it that was taken out.
     */
    @Override
    public long inspect(Inspector inspector) {
        snapshots(inspector);
        Walk walk = new Walk(inspector);
        long from = 0;
        long skip = 1;
        while (true) {
            try (PreparedStatement select =
                    connection.prepareStatement("SELECT seq, body, hash FROM journal WHERE seq > ? ORDER BY seq")) {
                select.setLong(1, from);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        from = rows.getLong(1);
                        walk.next(new Batch(from, SqliteJournal.bytes(rows, 2), SqliteJournal.bytes(rows, 3)));
                        skip = 1;
                    }
                }
                break;
            } catch (SQLException e) {
                if (skip == 1)
                    inspector.damage(
                            from + 1, "the file cannot be read at batch " + (from + 1) + ": " + e.getMessage());
                if (skip > 1 << 20) break;
                from += skip;
                skip *= 2;
            }
        }
        return walk.end();
    }

    private void snapshots(Inspector inspector) {
        try (PreparedStatement select =
                        connection.prepareStatement("SELECT seq, chain, body, hash FROM snapshot ORDER BY seq");
                ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                byte[] chain = SqliteJournal.bytes(rows, 2);
                byte[] body = SqliteJournal.bytes(rows, 3);
                byte[] hash = SqliteJournal.bytes(rows, 4);
                boolean good = hash.length == 0 || Arrays.equals(SqliteJournal.hash(chain, body), hash);
                if (!good)
                    inspector.damage(
                            rows.getLong(1),
                            "the snapshot of batch " + rows.getLong(1) + " is damaged: it is of no use");
                inspector.snapshot(rows.getLong(1), chain, good ? body.length : 0);
            }
        } catch (SQLException e) {
            inspector.damage(0, "the snapshots cannot be read: " + e.getMessage());
        }
    }

    /** Judges each batch when the one after it is known. */
    private final class Walk {
        private final Inspector inspector;
        private Optional<Batch> last = Optional.empty();
        /** What the last batch must build on; empty where that is not known. */
        private Optional<byte[]> before = Optional.of(SqliteJournal.GENESIS);

        Walk(Inspector inspector) {
            this.inspector = inspector;
        }

        void next(Batch batch) {
            if (last.isEmpty()) first(batch);
            else {
                byte[] chain = judge(last.get(), Optional.of(batch));
                boolean gap = batch.seq > last.get().seq + 1;
                if (gap) missing(last.get().seq + 1, batch.seq - 1);
                before = gap ? Optional.empty() : Optional.of(chain);
            }
            last = Optional.of(batch);
        }

        private void first(Batch batch) {
            if (batch.seq == 1) return;
            try {
                before = Optional.of(SqliteJournal.hashAt(file, connection, batch.seq - 1));
            } catch (JournalFailed | SQLException e) {
                before = Optional.empty();
                missing(1, batch.seq - 1);
            }
        }

        private void missing(long from, long to) {
            inspector.damage(
                    from,
                    from == to ? "batch " + from + " is missing" : "batches " + from + " to " + to + " are missing");
        }

        /** Tells it. @return what the next one must build on */
        private byte[] judge(Batch batch, Optional<Batch> after) {
            byte[] chain = batch.hash;
            if (before.isPresent() && !batch.follows(before.get())) {
                byte[] right = SqliteJournal.hash(before.get(), batch.body);
                Optional<Long> copied = copied(batch);
                boolean goesOn = after.isPresent() && after.get().follows(batch.hash);
                String what;
                if (copied.isPresent()) what = "batch " + batch.seq + " repeats batch " + copied.get();
                else if (!goesOn && after.isPresent() && after.get().follows(right)) {
                    what = "the hash of batch " + batch.seq + " is damaged; what the batch holds is right, as batch "
                            + after.get().seq + " shows";
                    chain = right;
                } else if (goesOn)
                    what = "batch " + batch.seq + " does not follow batch " + (batch.seq - 1)
                            + ": it was altered, or a batch between them was taken out";
                else what = "batch " + batch.seq + " is damaged";
                inspector.damage(batch.seq, what);
            }
            inspector.batch(batch.seq, batch.body, batch.hash);
            return chain;
        }

        long end() {
            if (last.isEmpty()) return 0;
            judge(last.get(), Optional.empty());
            return last.get().seq;
        }
    }

    /** An earlier batch of the same hash: whoever copies a row copies that too. */
    private Optional<Long> copied(Batch batch) {
        if (++searches > MOST_SEARCHES) return Optional.empty();
        try (PreparedStatement select =
                connection.prepareStatement("SELECT seq FROM journal WHERE hash = ? AND seq < ? LIMIT 1")) {
            select.setBytes(1, batch.hash);
            select.setLong(2, batch.seq);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? Optional.of(row.getLong(1)) : Optional.empty();
            }
        } catch (SQLException e) {
            return Optional.empty(); // that the file cannot be read is told by the walk
        }
    }

    @Override
    public void close() {
        SqliteJournal.closeQuietly(connection);
    }
}
