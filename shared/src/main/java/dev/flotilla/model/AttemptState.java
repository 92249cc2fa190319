package dev.flotilla.model;

/** How an attempt stands on its device (PROTOCOL section 5); the order is the code on the wire and never changes. */
public enum AttemptState {
    ACCEPTED,
    ASKING,
    RUNNING,
    FINISHED,
    FAILED,
    RETURNED,
    REFUSED,
    INTERRUPTED,
    CANCELLED;

    /** True once nothing more will happen to it on the device. */
    public boolean ended() {
        return compareTo(FINISHED) >= 0;
    }

    /** The word that people read. */
    public String word() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
