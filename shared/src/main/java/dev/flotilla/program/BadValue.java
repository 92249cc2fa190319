package dev.flotilla.program;

/** A missing or malformed value under {@code --strict}; the message names line and column. The user's data is at fault. */
public final class BadValue extends Exception {
    public BadValue(String message) {
        super(message);
    }
}
