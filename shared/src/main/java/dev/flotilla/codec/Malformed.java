package dev.flotilla.codec;

/** Bytes that are not what they should be. Unchecked, because a decoder meets it at every step; whoever decodes foreign bytes catches it. */
public final class Malformed extends RuntimeException {
    public Malformed(String message) {
        super(message);
    }

    public Malformed(String message, Throwable cause) {
        super(message, cause);
    }
}
