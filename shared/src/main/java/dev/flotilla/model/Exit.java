package dev.flotilla.model;

/** Exit codes of every command (DESIGN section 7). */
public enum Exit {
    DONE(0),
    FAILED(1),
    USAGE(2),
    NOT_FOUND(3),
    NOT_AUTHORISED(4),
    NO_CONTROLLER(5),
    CANNOT_PLACE(6),
    TIMED_OUT(7),
    PARTIAL(8),
    TAKEN_OVER(9),
    INTERRUPTED(130);

    private final int code;

    Exit(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    /** The one of that code. @throws IllegalArgumentException if there is none */
    public static Exit of(int code) {
        for (Exit exit : values()) if (exit.code == code) return exit;
        throw new IllegalArgumentException("no exit code " + code);
    }
}
