package dev.flotilla.journal;

/**
 * How a journal's file is kept.
 *
 * @param pageSize   bytes; the smaller one writes half as much to flash for small commits, the larger one is faster for large ones
 * @param exclusive  no other connection may look at the file; saves the shared memory file beside it
 */
public record JournalSettings(int pageSize, boolean exclusive) {
    /** Read by others while it is written. */
    public static JournalSettings controller() {
        return new JournalSettings(4096, false);
    }

    /** Few bytes to flash. */
    public static JournalSettings agent() {
        return new JournalSettings(1024, true);
    }
}
