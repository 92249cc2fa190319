package dev.flotilla.program;

/** See {@link #help}. */
final class Min extends ValueProgram {
    Min() {
        super("min", "the smallest value; missing and malformed values are skipped and counted", true);
    }

    @Override
    Gathering gathering() {
        return new Extreme.Gathering(false);
    }

    @Override
    public Partial decode(byte[] bytes) throws BadResult {
        return Extreme.decode(bytes, false);
    }
}
