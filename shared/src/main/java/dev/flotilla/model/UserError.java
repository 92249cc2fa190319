package dev.flotilla.model;

/** Something that the user can put right: what happened, why, and the next command. Any other exception is our bug. */
public final class UserError extends RuntimeException {
    private final Exit exit;
    private final String why;
    private final String next;

    /** @param next a command, or a sentence that says what to do */
    public UserError(Exit exit, String what, String why, String next) {
        super(what);
        this.exit = exit;
        this.why = why;
        this.next = next;
    }

    public Exit exit() {
        return exit;
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

    /** The three lines. */
    public String lines() {
        return "error: " + what() + "\nwhy:   " + why + "\nnext:  " + next;
    }
}
