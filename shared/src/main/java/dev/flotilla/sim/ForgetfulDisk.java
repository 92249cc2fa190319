package dev.flotilla.sim;

import dev.flotilla.journal.Journal;
import dev.flotilla.journal.JournalFailed;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A disk with one journal on it. What was committed survives the process, nothing else does. Rows are chained by SHA-256 as the real file's
 * are, and the chain is verified whenever they are read.
 */
public final class ForgetfulDisk {
    /** What happens at a commit. */
    public enum Fate {
        COMMITS,
        /** Nothing is written, and the journal says so. */
        FAILS,
        /** It is written, and the journal says that it is not: the disk answered too late. */
        FAILS_THOUGH_WRITTEN,
        /** The power goes before it is written. */
        POWER_CUT_BEFORE,
        /** The power goes when it is written, before anything is let out. */
        POWER_CUT_AFTER
    }

    /** Decides what each commit meets, and sees what was written, whether the process learns of it or not. */
    public interface Keeper {
        Fate next();

        void wrote(long seq, byte[] body);
    }

    private record Row(byte[] body, byte[] hash) {}

    private final Keeper keeper;
    private final TreeMap<Long, Row> rows = new TreeMap<>();
    private Optional<Journal.Snapshot> snapshot = Optional.empty();
    /** Of the last row: the chain goes on from it when rows before a snapshot are dropped. */
    private byte[] head = new byte[32];
    /** Of the row before the oldest that is kept. */
    private byte[] root = new byte[32];

    private long seq;
    private long bytes;
    private long commits;

    /** An empty disk. */
    public ForgetfulDisk(Keeper keeper) {
        this.keeper = keeper;
    }

    /** The journal on it, for the next process. */
    public Journal open() {
        bytes = 0;
        commits = 0;
        return new OnDisk();
    }

    private final class OnDisk implements Journal {
        @Override
        public long append(byte[] batch) throws JournalFailed {
            write(() -> {
                seq++;
                head = hash(head, batch);
                rows.put(seq, new Row(batch.clone(), head));
                bytes += batch.length;
                keeper.wrote(seq, batch.clone());
            });
            return seq;
        }

        @Override
        public void snapshot(byte[] state, long keepFrom) throws JournalFailed {
            write(() -> {
                snapshot = Optional.of(new Snapshot(seq, state.clone()));
                bytes += state.length;
                while (!rows.isEmpty() && rows.firstKey() < keepFrom)
                    root = rows.pollFirstEntry().getValue().hash;
            });
        }

        private void write(Runnable what) throws JournalFailed {
            Fate fate = keeper.next();
            if (fate == Fate.POWER_CUT_BEFORE) throw new PowerCut();
            if (fate == Fate.FAILS) throw new JournalFailed(JournalFailed.Kind.STORAGE, "the disk is full", null);
            what.run();
            commits++;
            if (fate == Fate.POWER_CUT_AFTER) throw new PowerCut();
            if (fate == Fate.FAILS_THOUGH_WRITTEN) {
                throw new JournalFailed(JournalFailed.Kind.STORAGE, "the disk does not answer", null);
            }
        }

        @Override
        public Optional<Snapshot> newestSnapshot() {
            return snapshot;
        }

        @Override
        public void replay(long after, Walker walker) throws JournalFailed {
            byte[] before = root;
            long expected = rows.isEmpty() ? seq + 1 : rows.firstKey();
            if (after + 1 < expected)
                throw new JournalFailed(JournalFailed.Kind.CORRUPT, "batch " + (after + 1) + " is missing", null);
            for (var row : rows.entrySet()) {
                if (row.getKey() != expected++
                        || !Arrays.equals(hash(before, row.getValue().body), row.getValue().hash)) {
                    throw new JournalFailed(JournalFailed.Kind.CORRUPT, "batch " + row.getKey() + " is damaged", null);
                }
                before = row.getValue().hash;
                if (row.getKey() > after)
                    walker.batch(row.getKey(), row.getValue().body.clone());
            }
        }

        @Override
        public long seq() {
            return seq;
        }

        @Override
        public Usage usage() {
            return new Usage(bytes, commits);
        }

        @Override
        public void close() {}
    }

    private static byte[] hash(byte[] before, byte[] body) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(before);
            return sha256.digest(body);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
