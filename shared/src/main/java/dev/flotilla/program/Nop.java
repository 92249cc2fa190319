package dev.flotilla.program;

/** See {@link #help}. */
final class Nop extends ValueProgram {
    Nop() {
        super(
                "nop",
                "nothing but counting units, after a delay: for benches and demos; missing values of a column are skipped and counted",
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
