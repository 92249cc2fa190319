package dev.flotilla.disk;

import dev.flotilla.journal.Journal;
import dev.flotilla.journal.JournalFailed;
import java.util.Optional;

/** A journal that is another one, but for what a test overrides. */
public abstract class FilterJournal implements Journal {
    private final Journal real;

    protected FilterJournal(Journal real) {
        this.real = real;
    }

    @Override
    public long append(byte[] batch) throws JournalFailed {
        return real.append(batch);
    }

    @Override
    public void snapshot(byte[] state, long keepFrom) throws JournalFailed {
        real.snapshot(state, keepFrom);
    }

    @Override
    public Optional<Snapshot> newestSnapshot() throws JournalFailed {
        return real.newestSnapshot();
    }

    @Override
    public void replay(long seq, Walker walker) throws JournalFailed {
        real.replay(seq, walker);
    }

    @Override
    public long seq() {
        return real.seq();
    }

    @Override
    public Usage usage() {
        return real.usage();
    }

    @Override
    public void close() {
        real.close();
    }
}
