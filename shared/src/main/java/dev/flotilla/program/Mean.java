package dev.flotilla.program;

/** See {@link #help}. */
final class Mean extends ValueProgram {
    Mean() {
        super(
                "mean",
                "the exact mean, rounded half even to 17 digits at the end; missing and malformed values are skipped and counted",
                true);
    }

    @Override
    Gathering gathering() {
        return new Total.Gathering(true);
    }

    @Override
    public Partial decode(byte[] bytes) throws BadResult {
        return Total.decode(bytes, true);
    }
}
