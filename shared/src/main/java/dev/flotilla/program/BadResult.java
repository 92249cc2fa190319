package dev.flotilla.program;

/** Bytes from a device that are no result of the program. */
public final class BadResult extends Exception {
    public BadResult(String message) {
        super(message);
    }
}
