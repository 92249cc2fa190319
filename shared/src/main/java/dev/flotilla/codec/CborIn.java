package dev.flotilla.codec;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Limits;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads what {@link CborOut} wrote, from bytes that may be hostile: every surprise is a {@link Malformed}. A reader of an array that finds more
 * items than it knows passes over them (a newer peer's fields), fewer is an error. One thread.
 */
public final class CborIn {
    private static final CBORFactory STRICT = CBORFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(Limits.NESTING)
                    .maxStringLength(64 * 1024)
                    .maxNumberLength(64)
                    .build())
            .build();
    /** Numbers that runs and steps may stand for beyond some for each byte: what a million held tasks take, and not what a heap does. */
    private static final long EXPANDED = 1 << 21;

    private static final long EXPANDED_EACH_BYTE = 16;
    private final JsonParser from;
    private final int size;
    private long room;
    /** The token that {@link #more} has looked at. */
    private boolean looked;

    /** Reads these bytes, at most {@code most} of them. */
    public CborIn(byte[] bytes, int offset, int most) {
        size = bytes.length - offset;
        room = EXPANDED + EXPANDED_EACH_BYTE * size;
        if (size > most) throw new Malformed(size + " bytes are more than " + most);
        try {
            from = STRICT.createParser(bytes, offset, size);
        } catch (IOException e) {
            throw new Malformed("no CBOR", e);
        }
    }

    /** Reads our own bytes, say from the journal. */
    public CborIn(byte[] bytes) {
        this(bytes, 0, Integer.MAX_VALUE);
    }

    /**
     * What the reader makes of bytes of our own, say of the journal; nothing may follow.
     *
     * @throws Malformed for anything that is wrong with them, also a value that a record refuses or a column that is too short
     */
    public static <T> T whole(byte[] bytes, Function<CborIn, T> reader) {
        try {
            CborIn in = new CborIn(bytes);
            T value = reader.apply(in);
            in.done();
            return value;
        } catch (IllegalArgumentException
                | IndexOutOfBoundsException
                | ArithmeticException
                | java.time.DateTimeException e) {
            throw new Malformed(e.getMessage(), e);
        }
    }

    /** Enters an array. */
    public CborIn array() {
        if (token() != JsonToken.START_ARRAY) throw surprise("an array");
        return this;
    }

    /** True if the array goes on: a field that older writers did not know is there. */
    public boolean more() {
        JsonToken next = token();
        looked = true;
        return next != null && next != JsonToken.END_ARRAY;
    }

    /** Leaves the array, passing over items that this version does not know. */
    public CborIn end() {
        try {
            for (JsonToken t = token(); t != JsonToken.END_ARRAY; t = token()) {
                if (t == null) throw new Malformed("the bytes end within an array");
                from.skipChildren();
            }
            return this;
        } catch (IOException | RuntimeException e) {
            throw broken(e);
        }
    }

    public long number() {
        if (token() != JsonToken.VALUE_NUMBER_INT) throw surprise("a whole number");
        return asLong();
    }

    /** A whole number from {@code least} to {@code most}. */
    public long number(long least, long most) {
        long n = number();
        if (n < least || n > most) throw new Malformed(n + " is not within " + least + ".." + most);
        return n;
    }

    public double real() {
        JsonToken t = token();
        if (t != JsonToken.VALUE_NUMBER_FLOAT && t != JsonToken.VALUE_NUMBER_INT) throw surprise("a number");
        try {
            return from.getDoubleValue();
        } catch (IOException | RuntimeException e) {
            throw broken(e);
        }
    }

    public boolean flag() {
        JsonToken t = token();
        if (t != JsonToken.VALUE_TRUE && t != JsonToken.VALUE_FALSE) throw surprise("true or false");
        return t == JsonToken.VALUE_TRUE;
    }

    /** A text of at most {@code most} characters. */
    public String text(int most) {
        if (token() != JsonToken.VALUE_STRING) throw surprise("a text");
        return asText(most);
    }

    /** Bytes, at most {@code most}. */
    public Bytes bytes(int most) {
        if (token() != JsonToken.VALUE_EMBEDDED_OBJECT) throw surprise("bytes");
        return asBytes(most);
    }

    public Digest digest() {
        Bytes hash = bytes(32);
        if (hash.size() != 32) throw new Malformed("a digest has 32 bytes");
        return Digest.ofHash(hash.array());
    }

    /** Nanoseconds, never negative. */
    public Duration span() {
        return Duration.ofNanos(number(0, Long.MAX_VALUE));
    }

    /** Empty for null, else what the reader reads; the reader must take exactly one item that is an array. */
    public <T> Optional<T> maybeArray(Function<CborIn, T> fields) {
        JsonToken t = token();
        if (t == JsonToken.VALUE_NULL) return Optional.empty();
        if (t != JsonToken.START_ARRAY) throw surprise("an array or nothing");
        T value = fields.apply(this);
        end();
        return Optional.of(value);
    }

    /** A text or nothing. */
    public Optional<String> maybeText(int most) {
        JsonToken t = token();
        if (t == JsonToken.VALUE_NULL) return Optional.empty();
        if (t != JsonToken.VALUE_STRING) throw surprise("a text or nothing");
        return Optional.of(asText(most));
    }

    /** Bytes or nothing. */
    public Optional<Bytes> maybeBytes(int most) {
        JsonToken t = token();
        if (t == JsonToken.VALUE_NULL) return Optional.empty();
        if (t != JsonToken.VALUE_EMBEDDED_OBJECT) throw surprise("bytes or nothing");
        return Optional.of(asBytes(most));
    }

    /** A whole number or nothing. */
    public Optional<Long> maybeNumber() {
        JsonToken t = token();
        if (t == JsonToken.VALUE_NULL) return Optional.empty();
        if (t != JsonToken.VALUE_NUMBER_INT) throw surprise("a whole number or nothing");
        return Optional.of(asLong());
    }

    /** A double or nothing. */
    public Optional<Double> maybeReal() {
        JsonToken t = token();
        if (t == JsonToken.VALUE_NULL) return Optional.empty();
        if (t != JsonToken.VALUE_NUMBER_FLOAT && t != JsonToken.VALUE_NUMBER_INT) throw surprise("a number or nothing");
        try {
            return Optional.of(from.getDoubleValue());
        } catch (IOException | RuntimeException e) {
            throw broken(e);
        }
    }

    /** An array whose items are arrays, each read by {@code fields}; at most {@code most}. */
    public <T> List<T> eachArray(int most, Function<CborIn, T> fields) {
        array();
        List<T> items = new ArrayList<>();
        for (JsonToken t = token(); t != JsonToken.END_ARRAY; t = token()) {
            if (t != JsonToken.START_ARRAY) throw surprise("an array");
            if (items.size() == most) throw new Malformed("more than " + most + " items");
            items.add(fields.apply(this));
            end();
        }
        return items;
    }

    /** An array of whole numbers, at most {@code most}. */
    public List<Long> numbers(int most) {
        array();
        List<Long> items = new ArrayList<>();
        for (JsonToken t = token(); t != JsonToken.END_ARRAY; t = token()) {
            if (t != JsonToken.VALUE_NUMBER_INT) throw surprise("a whole number");
            if (items.size() == most) throw new Malformed("more than " + most + " items");
            items.add(asLong());
        }
        return items;
    }

    /** An array of texts, at most {@code most}, each of at most {@code longest} characters. */
    public List<String> texts(int most, int longest) {
        array();
        List<String> items = new ArrayList<>();
        for (JsonToken t = token(); t != JsonToken.END_ARRAY; t = token()) {
            if (t != JsonToken.VALUE_STRING) throw surprise("a text");
            if (items.size() == most) throw new Malformed("more than " + most + " items");
            items.add(asText(longest));
        }
        return items;
    }

    /** Rising numbers above 0 as {@link CborOut#runs} wrote them, at most {@code most}. */
    public List<Long> runs(int most) {
        List<Long> pairs = numbers(2 * most);
        if (pairs.size() % 2 != 0) throw new Malformed("half a run");
        List<Long> out = new ArrayList<>();
        long last = 0;
        for (int i = 0; i < pairs.size(); i += 2) {
            long step = pairs.get(i), count = pairs.get(i + 1);
            if (step < 1 || count < 1 || count > most - out.size() || Long.MAX_VALUE - last - count < step)
                throw new Malformed("an impossible run");
            take(count);
            for (long n = 0; n < count; n++) out.add(last + step + n);
            last = last + step + count - 1;
        }
        return out;
    }

    /** Numbers as {@link CborOut#steps} wrote them, at most {@code most}. */
    public List<Long> steps(int most) {
        List<Long> pairs = numbers((int) Math.min(Integer.MAX_VALUE, 2L * most));
        if (pairs.size() % 2 != 0) throw new Malformed("half a step");
        List<Long> out = new ArrayList<>();
        long last = 0;
        for (int i = 0; i < pairs.size(); i += 2) {
            long count = pairs.get(i + 1);
            if (count < 1 || count > most - out.size()) throw new Malformed("an impossible count");
            take(count);
            for (long n = 0; n < count; n++) {
                last += pairs.get(i);
                out.add(last);
            }
        }
        return out;
    }

    private void take(long count) {
        room -= count;
        if (room < 0) throw new Malformed("few bytes that stand for too many numbers");
    }

    /** Says that nothing may follow. */
    public void done() {
        if (token() != null) throw new Malformed("bytes after the end");
    }

    private long asLong() {
        try {
            return from.getLongValue();
        } catch (IOException | RuntimeException e) {
            throw broken(e);
        }
    }

    private String asText(int most) {
        try {
            String text = from.getText();
            if (text.length() > most)
                throw new Malformed("a text of " + text.length() + " characters, more than " + most);
            return text;
        } catch (IOException | RuntimeException e) {
            throw broken(e);
        }
    }

    private Bytes asBytes(int most) {
        try {
            byte[] data = from.getBinaryValue();
            if (data.length > most) throw new Malformed(data.length + " bytes, more than " + most);
            return new Bytes(data);
        } catch (IOException | RuntimeException e) {
            throw broken(e);
        }
    }

    private JsonToken token() {
        try {
            if (!looked) return from.nextToken();
            looked = false;
            return from.currentToken();
        } catch (IOException | RuntimeException e) {
            throw broken(e);
        }
    }

    private Malformed broken(Exception e) {
        if (e instanceof Malformed m) return m;
        if (e instanceof StreamConstraintsException) return new Malformed("beyond the limits", e);
        return new Malformed("no good CBOR", e);
    }

    private Malformed surprise(String wanted) {
        return new Malformed("found " + from.currentToken() + " where " + wanted + " belongs");
    }
}
