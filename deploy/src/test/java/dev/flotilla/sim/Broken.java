package dev.flotilla.sim;

/** A law of PROTOCOL section 11 does not hold. */
final class Broken extends AssertionError {
    private static final long serialVersionUID = 1;

    /** Its number, say {@code I4}. */
    final String law;

    /** How it showed. */
    final String what;

    Broken(String law, String what) {
        super(law + " broken: " + what);
        this.law = law;
        this.what = what;
    }
}
