package dev.flotilla.program;

import dev.flotilla.codec.CborIn;
import dev.flotilla.codec.CborOut;
import dev.flotilla.codec.Malformed;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Optional;

/** A sum and how many values are in it; sum and mean differ only in what they answer. {@code sum} is empty where {@code values} is 0. */
record Total(Optional<BigDecimal> sum, long values, long skipped, boolean mean) implements Partial {
    private static final MathContext DIGITS = new MathContext(17, RoundingMode.HALF_EVEN);
    private static final int CHUNK = 1 << 18;

    static Total decode(byte[] bytes, boolean mean) throws BadResult {
        return Exact.decode(bytes, in -> read(in, mean));
    }

    private static Total read(CborIn in, boolean mean) {
        Optional<BigDecimal> sum = Exact.read(in);
        long values = Exact.count(in);
        if (sum.isPresent() != values > 0) throw new Malformed("a sum of nothing, or none of something");
        return new Total(sum, values, Exact.count(in), mean);
    }

    @Override
    public Total merge(Partial partial) {
        Total other = (Total) partial;
        Optional<BigDecimal> both = sum.isEmpty()
                ? other.sum
                : other.sum.isEmpty() ? sum : Optional.of(sum.get().add(other.sum.get()));
        return new Total(both, Exact.plus(values, other.values), Exact.plus(skipped, other.skipped), mean);
    }

    @Override
    public byte[] encode() {
        CborOut out = new CborOut().array(4);
        Exact.write(out, sum);
        return out.put(values).put(skipped).end().bytes();
    }

    @Override
    public Answer answer() {
        Optional<BigDecimal> value =
                mean ? sum.map(s -> Exact.whole(s.divide(BigDecimal.valueOf(values), DIGITS))) : sum;
        return new Answer(value, skipped);
    }

    /** Adds up one shard. */
    static final class Gathering implements ValueProgram.Gathering {
        private final boolean mean;
        private BigDecimal sum = BigDecimal.ZERO;
        private long values;

        Gathering(boolean mean) {
            this.mean = mean;
        }

        /** One by one, not by Gauss: the work is what the user asked to be spread. Halves of 32 bits cannot overflow within a chunk. */
        @Override
        public void numbers(long from, long to, Builtin.Stop stop) throws InterruptedException {
            BigInteger total = BigInteger.ZERO;
            for (long at = from; at < to; ) {
                if (stop.asked()) throw new InterruptedException("stopped");
                long end = to - at > CHUNK ? at + CHUNK : to;
                long high = 0;
                long low = 0;
                for (long n = at; n < end; n++) {
                    high += n >> 32;
                    low += n & 0xffff_ffffL;
                }
                total = total.add(BigInteger.valueOf(high).shiftLeft(32)).add(BigInteger.valueOf(low));
                at = end;
            }
            sum = sum.add(new BigDecimal(total));
            values += to - from;
        }

        @Override
        public boolean value(String text) {
            Optional<BigDecimal> value = Exact.parse(text);
            if (value.isEmpty()) return false;
            sum = sum.add(value.get());
            values++;
            return true;
        }

        @Override
        public Total partial(long skipped) {
            return new Total(values == 0 ? Optional.empty() : Optional.of(sum), values, skipped, mean);
        }
    }
}
