package dev.flotilla.program;

import dev.flotilla.codec.CborIn;
import dev.flotilla.codec.CborOut;
import dev.flotilla.codec.Malformed;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Limits;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Exact numbers: from text, in CBOR, and counts that cannot run over. */
final class Exact {
    /** Digits of a value, and places that its exponent may move the point: beyond the range of a double, yet small when written out. */
    static final int MOST = 400;

    private static final Pattern SHAPE = Pattern.compile("-?[0-9]++(\\.[0-9]++)?([eE][+-]?[0-9]{1,4})?");

    private Exact() {}

    /**
     * The decimal that a text stands for, spaces around it ignored; its scale is the text's, at least 0. Empty if it is no number, or has more
     * than {@link #MOST} digits or places.
     */
    static Optional<BigDecimal> parse(String text) {
        String trimmed = text.trim();
        Optional<BigDecimal> plain = plain(trimmed);
        if (plain.isPresent()) return plain;
        if (trimmed.length() > 3 * MOST || !SHAPE.matcher(trimmed).matches()) return Optional.empty();
        BigDecimal value = new BigDecimal(trimmed);
        if (value.precision() > MOST || Math.abs(value.scale()) > MOST) return Optional.empty();
        return Optional.of(whole(value));
    }

    /** Up to 18 digits with or without a point, as most values are: several times faster. */
    private static Optional<BigDecimal> plain(String text) {
        boolean minus = text.startsWith("-");
        int begin = minus ? 1 : 0;
        int point = -1;
        long digits = 0;
        if (text.length() - begin > 18) return Optional.empty();
        for (int i = begin; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= '0' && c <= '9') digits = 10 * digits + c - '0';
            else if (c == '.' && point < 0 && i > begin) point = i;
            else return Optional.empty();
        }
        if (text.length() == begin || point == text.length() - 1) return Optional.empty();
        return Optional.of(BigDecimal.valueOf(minus ? -digits : digits, point < 0 ? 0 : text.length() - 1 - point));
    }

    /** The same number without a negative scale: 1E+3 becomes 1000. */
    static BigDecimal whole(BigDecimal value) {
        return value.scale() < 0 ? value.setScale(0) : value;
    }

    /** Two items: the unscaled value's bytes or null, and the scale. */
    static void write(CborOut out, Optional<BigDecimal> value) {
        out.maybe(value, (o, v) -> o.put(new Bytes(v.unscaledValue().toByteArray())));
        out.put(value.map(BigDecimal::scale).orElse(0));
    }

    /** Reads what {@link #write} wrote. */
    static Optional<BigDecimal> read(CborIn in) {
        Optional<Bytes> unscaled = in.maybeBytes(2 * Limits.INLINE);
        int scale = (int) in.number(0, MOST);
        if (unscaled.isEmpty() && scale != 0) throw new Malformed("a scale of nothing");
        return unscaled.map(bytes -> new BigDecimal(new BigInteger(bytes.array()), scale));
    }

    /**
     * One array that a device sent. What an envelope brings is at most {@link Limits#INLINE}; twice that is read, so that what was merged from
     * the largest that devices can claim stays readable.
     */
    static <T> T decode(byte[] bytes, Function<CborIn, T> fields) throws BadResult {
        try {
            CborIn in = new CborIn(bytes, 0, 2 * Limits.INLINE).array();
            T partial = fields.apply(in);
            in.end().done();
            return partial;
        } catch (Malformed | IllegalArgumentException e) {
            throw new BadResult(e.getMessage());
        }
    }

    /** A count that a device may claim. */
    static long count(CborIn in) {
        return in.number(0, Long.MAX_VALUE);
    }

    /** The sum of two counts, at most {@link Long#MAX_VALUE}: only lies get there, and merging them stays associative. */
    static long plus(long a, long b) {
        return a + b < 0 ? Long.MAX_VALUE : a + b;
    }
}
