package dev.flotilla.program;

import java.io.IOException;

/** Bytes that cannot be cut into records; the message is a sentence for people, without the line. */
public final class BadRecord extends IOException {
    private final long line;

    BadRecord(long line, String message) {
        super(message);
        this.line = line;
    }

    /** Where it is, from 1. */
    public long line() {
        return line;
    }
}
