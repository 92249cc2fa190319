package dev.flotilla.journal;

/** Reads a journal on a connection of its own, also while this process writes it. Used by one thread. */
public interface JournalReader extends AutoCloseable {
    /**
     * Walks the batches after {@code seq} in order, verifying the chain, up to the last one that was committed when the walk began.
     *
     * @throws JournalFailed if a batch is missing or damaged; the message says which
     */
    void replay(long seq, Journal.Walker walker) throws JournalFailed;

    @Override
    void close();
}
