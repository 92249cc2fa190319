package dev.flotilla.journal;

/** The journal could not be read or written: a full or failing disk, a damaged or a newer file. The message is for people. */
public final class JournalFailed extends Exception {
    /** What the remedy depends on. */
    public enum Kind {
        /** The disk refused: full, read-only or failing; may heal. */
        STORAGE,
        /** The file is damaged. */
        CORRUPT,
        /** The file was written by a newer version. */
        NEWER,
        /** Another process has it open. */
        LOCKED
    }

    private final Kind kind;

    public JournalFailed(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
