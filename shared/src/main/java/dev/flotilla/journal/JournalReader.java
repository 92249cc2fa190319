package dev.flotilla.journal;

/** Reads a journal on a connection of its own, also while its process writes it. Used by one thread. */
public interface JournalReader extends AutoCloseable {
    /** The batch before the oldest one that is there: 0, or the last of those that a snapshot covers and nobody needs. */
    long before() throws JournalFailed;

    /**
     * Walks the batches after {@code seq} in order, verifying the chain, up to the last one that was committed when the walk began.
     *
     * @throws JournalFailed if a batch is missing or damaged; the message says which
     */
    void replay(long seq, Journal.Walker walker) throws JournalFailed;

    /**
     * Walks all that is there, damaged or not, and goes on behind what cannot be read. Several batches may be told as missing at once.
     *
     * @return the last batch that is there; 0 for none
     */
    long inspect(Inspector inspector);

    @Override
    void close();

    /** Takes what an inspection finds, in the journal's order. */
    interface Inspector {
        /** A batch, right or not: what is wrong with it was told before. */
        void batch(long seq, byte[] body, byte[] hash);

        /** {@code seq} is the batch in question; {@code what} a sentence for people that names it. */
        void damage(long seq, String what);

        /** A snapshot: the batch that it covers last, and its size in bytes; a state of no bytes has gone. */
        default void snapshot(long seq, byte[] chain, int bytes) {}
    }
}
