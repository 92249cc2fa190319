package dev.flotilla.program;

/** See {@link #help}. */
final class Max extends ValueProgram {
    Max() {
        super("max", "the largest value; missing and malformed values are skipped and counted", true);
    }

    @Override
    Gathering gathering() {
        return new Extreme.Gathering(true);
    }

    @Override
    public Partial decode(byte[] bytes) throws BadResult {
        return Extreme.decode(bytes, true);
    }
}
