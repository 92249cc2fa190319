package dev.flotilla.program;

/** See {@link #help}. */
final class Sum extends ValueProgram {
    Sum() {
        super(
                "sum",
                "the exact sum of numbers or of a column; missing and malformed values are skipped and counted",
                true);
    }

    @Override
    Gathering gathering() {
        return new Total.Gathering(false);
    }

    @Override
    public Partial decode(byte[] bytes) throws BadResult {
        return Total.decode(bytes, false);
    }
}
