package dev.flotilla.program;

import dev.flotilla.codec.CborOut;
import java.math.BigDecimal;
import java.util.Optional;

/** How many there were. */
record Counted(long count, long skipped) implements Partial {
    static Counted decode(byte[] bytes) throws BadResult {
        return Exact.decode(bytes, in -> new Counted(Exact.count(in), Exact.count(in)));
    }

    @Override
    public Counted merge(Partial partial) {
        Counted other = (Counted) partial;
        return new Counted(Exact.plus(count, other.count), Exact.plus(skipped, other.skipped));
    }

    @Override
    public byte[] encode() {
        return new CborOut().array(2).put(count).put(skipped).end().bytes();
    }

    @Override
    public Answer answer() {
        return new Answer(Optional.of(BigDecimal.valueOf(count)), skipped);
    }

    /** Counts one shard. */
    static final class Gathering implements ValueProgram.Gathering {
        private long count;

        @Override
        public void numbers(long from, long to, Builtin.Stop stop) {
            count += to - from;
        }

        @Override
        public boolean value(String text) {
            count++;
            return true;
        }

        @Override
        public Counted partial(long skipped) {
            return new Counted(count, skipped);
        }
    }
}
