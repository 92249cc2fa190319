package dev.flotilla.sim;

import dev.flotilla.journal.Journal;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.model.Digest;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A disk with one journal on it. What was committed survives the process, nothing else does. Rows are chained by SHA-256 as the real file's
 * are, and the chain is verified whenever they are read. Every write is remembered, so that the disk can be taken back to any of them, as an
 * older copy of it is, and be copied.
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

    /** A batch, or a snapshot that drops the rows before {@code keepFrom}. */
    private record Write(byte[] bytes, boolean snapshot, long keepFrom) {}

    private final Keeper keeper;
    private final List<Write> writes = new ArrayList<>();
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

    /** The first batch that is still there: those before it went when a snapshot was taken; one more than there are if none is. */
    public long oldest() {
        return rows.isEmpty() ? seq + 1 : rows.firstKey();
    }

    /** How many writes made it what it is. */
    public int writes() {
        return writes.size();
    }

    /** As it was after so many writes; no process may be up. @throws IndexOutOfBoundsException if it never had so many */
    public void backTo(int count) {
        List<Write> then = List.copyOf(writes.subList(0, count));
        writes.clear();
        rows.clear();
        snapshot = Optional.empty();
        head = new byte[32];
        root = new byte[32];
        seq = 0;
        then.forEach(this::put);
    }

    /** Another disk with the same on it. */
    public ForgetfulDisk copy(Keeper another) {
        ForgetfulDisk copy = new ForgetfulDisk(another);
        writes.forEach(copy::put);
        return copy;
    }

    private void put(Write write) {
        writes.add(write);
        bytes += write.bytes.length;
        if (write.snapshot) {
            snapshot = Optional.of(new Journal.Snapshot(seq, write.bytes));
            while (!rows.isEmpty() && rows.firstKey() < write.keepFrom)
                root = rows.pollFirstEntry().getValue().hash;
        } else {
            seq++;
            head = hash(head, write.bytes);
            rows.put(seq, new Row(write.bytes, head));
        }
    }

    private final class OnDisk implements Journal {
        @Override
        public long append(byte[] batch) throws JournalFailed {
            write(() -> {
                put(new Write(batch.clone(), false, 0));
                keeper.wrote(seq, batch.clone());
            });
            return seq;
        }

        @Override
        public void snapshot(byte[] state, long keepFrom) throws JournalFailed {
            write(() -> put(new Write(state.clone(), true, keepFrom)));
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
            return snapshot.map(s -> new Snapshot(s.seq(), s.state().clone()));
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
        MessageDigest sha256 = Digest.sha256();
        sha256.update(before);
        return sha256.digest(body);
    }
}
