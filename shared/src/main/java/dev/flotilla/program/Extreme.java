package dev.flotilla.program;

import dev.flotilla.codec.CborOut;
import java.math.BigDecimal;
import java.util.Optional;

/** The largest or the smallest value. Of equal ones the one with most places stays (1.00 before 1.0), so that every order gives the same bytes. */
record Extreme(Optional<BigDecimal> value, long skipped, boolean largest) implements Partial {
    static Extreme decode(byte[] bytes, boolean largest) throws BadResult {
        return Exact.decode(bytes, in -> new Extreme(Exact.read(in), Exact.count(in), largest));
    }

    @Override
    public Extreme merge(Partial partial) {
        Extreme other = (Extreme) partial;
        Optional<BigDecimal> both = value.isEmpty()
                ? other.value
                : other.value.isEmpty() ? value : Optional.of(better(value.get(), other.value.get(), largest));
        return new Extreme(both, Exact.plus(skipped, other.skipped), largest);
    }

    private static BigDecimal better(BigDecimal a, BigDecimal b, boolean largest) {
        int order = a.compareTo(b);
        if (order == 0) return a.scale() >= b.scale() ? a : b;
        return order > 0 == largest ? a : b;
    }

    @Override
    public byte[] encode() {
        CborOut out = new CborOut().array(3);
        Exact.write(out, value);
        return out.put(skipped).end().bytes();
    }

    @Override
    public Answer answer() {
        return new Answer(value, skipped);
    }

    /** Looks through one shard. */
    static final class Gathering implements ValueProgram.Gathering {
        private final boolean largest;
        private BigDecimal best;

        Gathering(boolean largest) {
            this.largest = largest;
        }

        @Override
        public void numbers(long from, long to, Builtin.Stop stop) {
            if (to > from) best = BigDecimal.valueOf(largest ? to - 1 : from);
        }

        @Override
        public boolean value(String text) {
            Optional<BigDecimal> value = Exact.parse(text);
            if (value.isEmpty()) return false;
            best = best == null ? value.get() : better(best, value.get(), largest);
            return true;
        }

        @Override
        public Extreme partial(long skipped) {
            return new Extreme(Optional.ofNullable(best), skipped, largest);
        }
    }
}
