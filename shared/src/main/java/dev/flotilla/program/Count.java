package dev.flotilla.program;

/** See {@link #help}. */
final class Count extends ValueProgram {
    Count() {
        super(
                "count",
                "how many numbers or records; with a column, those whose value is there: missing ones are skipped and counted",
                false);
    }

    @Override
    Gathering gathering() {
        return new Counted.Gathering();
    }

    @Override
    public Partial decode(byte[] bytes) throws BadResult {
        return Counted.decode(bytes);
    }
}
