package dev.flotilla.journal;

/**
 * How a journal's file is kept.
 *
 * @param pageSize   bytes; the smaller one writes half as much to flash for small commits, the larger one is faster for large ones
 * @param exclusive  no other connection may look at the file; saves the shared memory file beside it
 * @param ballast    bytes of a file beside it that is removed when the disk is full, so that what is owed can still be committed; 0: none
 */
public record JournalSettings(int pageSize, boolean exclusive, int ballast) {
    private static final int BALLAST = 4 << 20;

    /** Read by others while it is written. */
    public static JournalSettings controller() {
        return new JournalSettings(4096, false, BALLAST);
    }

    /** Few bytes to flash. */
    public static JournalSettings agent() {
        return new JournalSettings(1024, true, BALLAST);
    }

    /** The same, without a ballast. */
    public JournalSettings bare() {
        return new JournalSettings(pageSize, exclusive, 0);
    }
}
