package dev.flotilla.journal;

import java.util.Optional;

/** What one side has committed, in order. Each batch carries the SHA-256 of the one before it, so damage shows. Used by one thread. */
public interface Journal extends AutoCloseable {
    /**
     * Commits one batch: one transaction, one sync. When it returns, the batch survives a power cut.
     *
     * @return its sequence number, from 1, without gaps
     * @throws JournalFailed if it did not commit; then nothing may be said that rests on it
     */
    long append(byte[] batch) throws JournalFailed;

    /**
     * Stores a whole state as of the last batch.
     *
     * @param keepFrom  batches before this one are deleted, once an older good snapshot covers them too
     */
    void snapshot(byte[] state, long keepFrom) throws JournalFailed;

    /** The newest good snapshot, if there is one. */
    Optional<Snapshot> newestSnapshot() throws JournalFailed;

    /**
     * Walks the batches after {@code seq} in order, verifying the chain.
     *
     * @throws JournalFailed if a batch is missing or damaged; the message says which
     */
    void replay(long seq, Walker walker) throws JournalFailed;

    /** The last committed sequence number; 0 for none. */
    long seq();

    /** Bytes of all batches and snapshots committed since the start of this process, and how many commits. */
    Usage usage();

    @Override
    void close();

    /** A state and the batch that it covers last. */
    record Snapshot(long seq, byte[] state) {}

    /** Work done by this process. */
    record Usage(long bytes, long commits) {}

    /** Takes one batch. */
    interface Walker {
        void batch(long seq, byte[] body);
    }
}
