package dev.flotilla.link;

/**
 * Why a device refuses whatever it is given, for now. The error of such a refusal begins with the rule (PROTOCOL section 5); every other one is of
 * what was given.
 */
public enum NoRoom {
    DISK("disk:"),
    WINDOW("window:"),
    /** It begins nothing now: it is too hot, or has written too much. */
    PAUSED("paused:");

    private final String rule;

    NoRoom(String rule) {
        this.rule = rule;
    }

    /** The error of a refusal by this rule. */
    public String error(String text) {
        return rule + " " + text;
    }

    /** Whether a refusal with that error is by such a rule. */
    public static boolean isSaidBy(String error) {
        for (NoRoom each : values()) if (error.startsWith(each.rule)) return true;
        return false;
    }
}
