package dev.flotilla.codec;

import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Writes CBOR into memory. Arrays are written with their length, records as arrays of their fields in order. One thread. */
public final class CborOut {
    /** Half of a surrogate pair, say of a text that was cut short, is written as U+FFFD: a text from outside must not end a decision. */
    static final CBORFactory FACTORY = CBORFactory.builder()
            .enable(CBORGenerator.Feature.LENIENT_UTF_ENCODING)
            .build();

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    private final CBORGenerator to;

    public CborOut() {
        try {
            to = FACTORY.createGenerator(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Begins an array of exactly {@code size} items. */
    public CborOut array(int size) {
        return step(() -> to.writeStartArray(null, size));
    }

    /** Ends the array. */
    public CborOut end() {
        return step(to::writeEndArray);
    }

    public CborOut put(long number) {
        return step(() -> to.writeNumber(number));
    }

    public CborOut put(double number) {
        return step(() -> to.writeNumber(number));
    }

    public CborOut put(boolean flag) {
        return step(() -> to.writeBoolean(flag));
    }

    public CborOut put(String text) {
        return step(() -> to.writeString(text));
    }

    public CborOut put(Bytes data) {
        return step(() -> to.writeBinary(data.array()));
    }

    public CborOut put(Digest digest) {
        return step(() -> to.writeBinary(digest.bytes()));
    }

    /** In nanoseconds. */
    public CborOut put(Duration span) {
        return put(span.toNanos());
    }

    /** Null for none. */
    public <T> CborOut maybe(Optional<T> value, BiConsumer<CborOut, T> writer) {
        if (value.isEmpty()) return step(to::writeNull);
        writer.accept(this, value.get());
        return this;
    }

    /** An array of these. */
    public <T> CborOut each(java.util.Collection<T> values, BiConsumer<CborOut, T> writer) {
        array(values.size());
        for (T value : values) writer.accept(this, value);
        return end();
    }

    /**
     * Rising numbers above 0 as an array of (start minus the end before, count) pairs: a run of neighbours costs two small numbers.
     *
     * @throws IllegalArgumentException if they are not: it could be written, and never read again
     */
    public CborOut runs(List<Long> rising) {
        int runs = 0;
        for (int i = 0; i < rising.size(); i++) {
            long before = i == 0 ? 0 : rising.get(i - 1);
            if (rising.get(i) <= before) throw new IllegalArgumentException("numbers that do not rise: " + rising);
            if (i == 0 || rising.get(i) != before + 1) runs++;
        }
        array(2 * runs);
        long last = 0;
        for (int i = 0; i < rising.size(); ) {
            int from = i;
            do i++;
            while (i < rising.size() && rising.get(i) == rising.get(i - 1) + 1);
            put(rising.get(from) - last);
            put(i - from);
            last = rising.get(i - 1);
        }
        return end();
    }

    /** Numbers as (step, count) pairs: each pair stands for {@code count} numbers, each {@code step} above the one before it, 0 at first. */
    public CborOut steps(List<Long> numbers) {
        long[] pairs = new long[2 * numbers.size()];
        int used = 0;
        long last = 0;
        for (int i = 0; i < numbers.size(); ) {
            long step = numbers.get(i) - last;
            int from = i;
            while (i < numbers.size() && numbers.get(i) - last == step) last = numbers.get(i++);
            pairs[used++] = step;
            pairs[used++] = i - from;
        }
        array(used);
        for (int i = 0; i < used; i++) put(pairs[i]);
        return end();
    }

    /** What was written. The writer is of no use afterwards. */
    public byte[] bytes() {
        step(to::close);
        return bytes.toByteArray();
    }

    private CborOut step(Step step) {
        try {
            step.run();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
    }

    private interface Step {
        void run() throws IOException;
    }
}
