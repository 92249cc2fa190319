package dev.flotilla.sim;

/** The power went while a commit was under way. An error and no exception, so that nothing of the process handles it. */
public final class PowerCut extends Error {
    private static final long serialVersionUID = 1;

    PowerCut() {
        super("the power was cut", null, false, false);
    }
}
