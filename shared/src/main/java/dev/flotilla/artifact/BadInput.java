package dev.flotilla.artifact;

/** A file, or a way to cut it, that the user has to change: what, why and the next step, in words for people. */
public final class BadInput extends Exception {
    private final String why;
    private final String next;

    public BadInput(String what, String why, String next) {
        super(what);
        this.why = why;
        this.next = next;
    }

    public String what() {
        return getMessage();
    }

    public String why() {
        return why;
    }

    public String next() {
        return next;
    }
}
