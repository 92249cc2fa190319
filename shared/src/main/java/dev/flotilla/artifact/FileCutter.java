package dev.flotilla.artifact;

import dev.flotilla.model.Digest;
import dev.flotilla.model.Input;
import dev.flotilla.model.Limits;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.Sharding;
import dev.flotilla.program.BadRecord;
import dev.flotilla.program.Field;
import dev.flotilla.program.RecordReader;
import dev.flotilla.shard.EvenSample;
import dev.flotilla.shard.KeyHash;
import dev.flotilla.shard.Ranges;
import dev.flotilla.shard.ShardPlan;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Cuts a file into shards at record borders. For {@code range} the shards are slices of the file itself. For {@code hash} and {@code random} they
 * are slices of a regrouped copy, in which each record stands behind its own line number and a tab and ends with LF. The file is streamed: once to
 * count, once to cut, and once more for {@code hash} and {@code random}; memory holds one record, the slices, and some megabytes to write from.
 */
public final class FileCutter {
    private static final int LONGEST_NAME = 255;
    private static final int LONGEST_HEADER = Limits.INLINE;
    private static final int LONGEST_COLUMN = 4096;
    private static final int MOST_COLUMNS = 10_000;
    private static final int BUFFERED = 8 << 20;

    private final Path file;
    private final String name;
    private final Input.Format format;
    private final Request request;
    private int bom;
    private List<String> columns = List.of();

    /**
     * How to cut. With neither {@code count} nor {@code size} there are {@code defaultCount} shards.
     *
     * @param count  shards, at least 1
     * @param size   records a shard at most, at least 1
     * @param key    the column or field of {@code hash}
     * @param seed   of {@code random}
     */
    public record Request(
            Sharding.By by,
            OptionalLong count,
            OptionalLong size,
            Optional<String> key,
            long seed,
            long defaultCount) {}

    /**
     * A file that was cut.
     *
     * @param plan       its file is {@code regrouped}'s digest, or the file itself
     * @param regrouped  a finished file in the work folder, for the store to adopt
     * @param notes      what the user should know, in sentences
     */
    public record Cut(
            Input.Records input, Sharding sharding, ShardPlan plan, Optional<Path> regrouped, List<String> notes) {}

    private FileCutter(Path file, String name, Input.Format format, Request request) {
        this.file = file;
        this.name = name;
        this.format = format;
        this.request = request;
    }

    /**
     * @param digest  of the file, already verified
     * @param name    what to call the file in messages
     * @param work    a folder for the regrouped copy, on the file system where it will stay
     * @throws BadInput if the file is no such text, or cannot be cut so
     */
    public static Cut cut(Path file, Digest digest, String name, Input.Format format, Request request, Path work)
            throws BadInput, IOException {
        FileCutter cutter = new FileCutter(file, name, format, request);
        return cutter.cut(digest, work);
    }

    private Cut cut(Digest digest, Path work) throws BadInput, IOException {
        try {
            lookAtTheBeginning();
            long records = count();
            long asked = asked(records);
            int shards = shards(asked, records);
            List<String> notes = shards < asked && request.count.isPresent()
                    ? List.of("fewer shards than asked for: " + shards + ", one a record")
                    : List.of();
            Input.Records input = new Input.Records(digest, name, format, columns, records);
            long seed = request.by == Sharding.By.RANDOM ? request.seed : 0;
            Sharding sharding = new Sharding(request.by, shards, request.key, seed);
            if (request.by == Sharding.By.RANGE)
                return new Cut(input, sharding, contiguous(digest, records, shards), Optional.empty(), notes);
            return regrouped(input, sharding, work, notes);
        } catch (BadRecord e) {
            throw new BadInput(
                    called() + " is no " + (format == Input.Format.LINES ? "text" : format.name()) + " file",
                    "line " + e.line() + ": " + e.getMessage(),
                    "put that line right, or convert the file to CSV, NDJSON or plain lines in UTF-8");
        }
    }

    private String called() {
        return Quoted.plain(name, 200);
    }

    // What the file is

    private void lookAtTheBeginning() throws BadInput, IOException {
        if (name.length() > LONGEST_NAME)
            throw new BadInput("the file's name is too long", "a name has at most 255 characters", "rename the file");
        byte[] magic;
        try (InputStream in = Files.newInputStream(file)) {
            magic = in.readNBytes(3);
        }
        if (magic.length == 0)
            throw new BadInput(called() + " is empty", "it has no bytes", "give a file with records");
        int first = magic[0] & 0xff;
        int second = magic.length > 1 ? magic[1] & 0xff : 0;
        if (first == 0x1f && second == 0x8b) {
            String plain = name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name + "." + format.word();
            throw new BadInput(
                    called() + " is compressed with gzip",
                    "shards are cut between records, which compressed bytes do not show",
                    "gunzip it first: zcat " + called() + " > " + Quoted.plain(plain, 200));
        }
        if (first == 0xff && second == 0xfe || first == 0xfe && second == 0xff) {
            throw new BadInput(
                    called() + " is UTF-16",
                    "it begins with the mark of that encoding; records are read as UTF-8",
                    "convert it first: iconv -f UTF-16 -t UTF-8");
        }
        bom = magic.length == 3 && first == 0xef && second == 0xbb && (magic[2] & 0xff) == 0xbf ? 3 : 0;
    }

    /** A reader before the first record; the header is read already. */
    private RecordReader records(InputStream in) throws BadInput, IOException {
        in.skipNBytes(bom);
        RecordReader reader = new RecordReader(in, format, 1);
        if (format == Input.Format.CSV && reader.next() && columns.isEmpty()) columns = header(reader);
        return reader;
    }

    private List<String> header(RecordReader at) throws BadInput {
        List<String> names = List.of();
        String why;
        try {
            ByteBuffer bytes = ByteBuffer.wrap(at.buffer(), at.from(), at.to() - at.from());
            boolean fits = bytes.remaining() <= LONGEST_HEADER;
            if (fits)
                names = Field.fields(
                        StandardCharsets.UTF_8.newDecoder().decode(bytes).toString());
            if (fits && names.size() <= MOST_COLUMNS && names.stream().allMatch(n -> n.length() <= LONGEST_COLUMN))
                return names;
            why = "line " + at.line() + ": a header has at most 32 KiB, 10,000 columns, and 4,096 characters a name";
        } catch (CharacterCodingException e) {
            why = "line " + at.line() + ": the header is not UTF-8";
        } catch (Field.Unreadable e) {
            why = "line " + at.line() + ": the header cannot be read";
        }
        throw new BadInput(
                called() + " is no CSV file", why, "put its first line right: names with commas between, in UTF-8");
    }

    private long count() throws BadInput, IOException {
        long records = 0;
        try (InputStream in = Files.newInputStream(file)) {
            RecordReader reader = records(in);
            while (reader.next()) if (records++ == 0 && format == Input.Format.NDJSON) checkObject(reader);
        }
        if (records == 0) {
            throw new BadInput(
                    called() + " holds no record",
                    columns.isEmpty() ? "all its lines are blank" : "it has a header alone",
                    "give a file with records");
        }
        return records;
    }

    private void checkObject(RecordReader first) throws BadInput {
        try {
            Field.of(name, format, columns, Optional.of("")).read(first);
        } catch (Field.Unreadable e) {
            throw new BadInput(
                    called() + " is no NDJSON file",
                    "line " + first.line() + " is no JSON object",
                    "write one JSON object a line: jq -c '.[]' makes them from a list");
        }
    }

    // How many shards

    private long asked(long records) {
        if (request.count.isPresent()) return request.count.getAsLong();
        if (request.size.isPresent()) return 1 + (records - 1) / request.size.getAsLong();
        return Math.min(request.defaultCount, Limits.FILE_SHARDS);
    }

    private int shards(long asked, long records) throws BadInput {
        long shards = Math.min(asked, records);
        if (shards > Limits.FILE_SHARDS) {
            throw new BadInput(
                    called() + " would be cut into " + shards + " shards",
                    "a file has at most " + Limits.FILE_SHARDS,
                    "ask for fewer shards, or for more records a shard");
        }
        return (int) shards;
    }

    // By range

    private ShardPlan contiguous(Digest digest, long records, int shards) throws BadInput, IOException {
        long[] offsets = new long[shards + 1];
        long[] lines = new long[shards];
        long[] sizes = new long[shards];
        try (InputStream in = Files.newInputStream(file)) {
            RecordReader reader = records(in);
            for (int i = 0; i < shards; i++) {
                sizes[i] = Ranges.start(records, shards, i + 1) - Ranges.start(records, shards, i);
                for (long n = 0; n < sizes[i]; n++) {
                    if (!reader.next()) throw new IOException(called() + " was changed while it was cut");
                    if (n > 0) continue;
                    offsets[i] = bom + reader.offset();
                    lines[i] = reader.line();
                }
            }
        }
        offsets[shards] = Files.size(file);
        return new ShardPlan(Optional.of(digest), slices(file, offsets, sizes, lines, Digest.sha256()));
    }

    // By hash, at random

    /** Says which shard the next record belongs to; asked once for each, in the file's order. */
    private interface Dealer {
        int shard(RecordReader at);
    }

    private Cut regrouped(Input.Records input, Sharding sharding, Path work, List<String> notes)
            throws BadInput, IOException {
        int shards = (int) sharding.count();
        long[] sizes = new long[shards];
        long[] offsets = new long[shards + 1];
        try (InputStream in = Files.newInputStream(file)) {
            RecordReader reader = records(in);
            for (Dealer dealer = dealer(input, sharding); reader.next(); ) {
                int shard = dealer.shard(reader);
                sizes[shard]++;
                offsets[shard + 1] += number(reader).length + reader.to() - reader.from() + 1;
            }
        }
        for (int i = 0; i < shards; i++) {
            if (offsets[i + 1] > Limits.ARTIFACT)
                throw new BadInput(
                        "a shard of " + called() + " is too large", "a shard has at most 1 GiB", "ask for more shards");
            offsets[i + 1] += offsets[i];
        }
        Path copy = Files.createTempFile(work, "regrouped", ".tmp");
        try {
            write(copy, dealer(input, sharding), offsets);
            MessageDigest whole = Digest.sha256();
            List<ShardPlan.Slice> slices = slices(copy, offsets, sizes, new long[shards], whole);
            ShardPlan plan = new ShardPlan(Optional.of(Digest.ofHash(whole.digest())), slices);
            return new Cut(input, sharding, plan, Optional.of(copy), notes);
        } catch (BadInput | IOException | RuntimeException e) {
            Files.deleteIfExists(copy);
            throw e;
        }
    }

    private void write(Path copy, Dealer dealer, long[] offsets) throws BadInput, IOException {
        long[] at = offsets.clone();
        ByteArrayOutputStream[] waiting = new ByteArrayOutputStream[offsets.length - 1];
        long buffered = 0;
        try (InputStream in = Files.newInputStream(file);
                FileChannel out = FileChannel.open(copy, StandardOpenOption.WRITE)) {
            RecordReader reader = records(in);
            while (reader.next()) {
                int shard = dealer.shard(reader);
                if (waiting[shard] == null) waiting[shard] = new ByteArrayOutputStream();
                int before = waiting[shard].size();
                waiting[shard].writeBytes(number(reader));
                waiting[shard].write(reader.buffer(), reader.from(), reader.to() - reader.from());
                waiting[shard].write('\n');
                buffered += waiting[shard].size() - before;
                if (buffered < BUFFERED) continue;
                flush(out, waiting, at);
                buffered = 0;
            }
            flush(out, waiting, at);
        }
    }

    private static void flush(FileChannel out, ByteArrayOutputStream[] waiting, long[] at) throws IOException {
        for (int i = 0; i < waiting.length; i++) {
            if (waiting[i] == null) continue;
            for (ByteBuffer bytes = ByteBuffer.wrap(waiting[i].toByteArray()); bytes.hasRemaining(); )
                at[i] += out.write(bytes, at[i]);
            waiting[i] = null;
        }
    }

    /** What stands before a record in the copy: its line and a tab. */
    private static byte[] number(RecordReader at) {
        return (at.line() + "\t").getBytes(StandardCharsets.US_ASCII);
    }

    private Dealer dealer(Input.Records input, Sharding sharding) throws BadInput {
        return sharding.by() == Sharding.By.HASH
                ? byHash(sharding)
                : evenly(new EvenSample(sharding.seed(), input.records(), (int) sharding.count()));
    }

    private static Dealer evenly(EvenSample sample) {
        return at -> sample.next();
    }

    /** A missing or unreadable key counts as the empty text. */
    private Dealer byHash(Sharding sharding) throws BadInput {
        Field key;
        try {
            key = Field.of(name, format, columns, sharding.key());
        } catch (IllegalArgumentException e) {
            throw new BadInput(
                    called() + " cannot be sharded by the hash of "
                            + Quoted.of(sharding.key().orElseThrow()),
                    e.getMessage(),
                    "name a column or field that is there");
        }
        return at -> {
            try {
                return (int) KeyHash.shard(key.read(at).orElse(""), sharding.count());
            } catch (Field.Unreadable e) {
                return (int) KeyHash.shard("", sharding.count());
            }
        };
    }

    // Slices

    /** The slices between these offsets, with digests where they are needed; {@code whole} takes in the bytes from the first offset on. */
    private static List<ShardPlan.Slice> slices(
            Path of, long[] offsets, long[] sizes, long[] lines, MessageDigest whole) throws IOException {
        List<ShardPlan.Slice> slices = new ArrayList<>(sizes.length);
        byte[] buffer = new byte[64 * 1024];
        try (InputStream in = Files.newInputStream(of)) {
            in.skipNBytes(offsets[0]);
            for (int i = 0; i < sizes.length; i++) {
                long length = offsets[i + 1] - offsets[i];
                MessageDigest hash = Digest.sha256();
                for (long left = length; left > 0; ) {
                    int n = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                    if (n < 0) throw new EOFException(of.getFileName() + " was cut short");
                    hash.update(buffer, 0, n);
                    whole.update(buffer, 0, n);
                    left -= n;
                }
                Optional<Digest> digest =
                        length > Limits.INLINE ? Optional.of(Digest.ofHash(hash.digest())) : Optional.empty();
                slices.add(new ShardPlan.Slice(offsets[i], length, sizes[i], lines[i], digest));
            }
        }
        return slices;
    }
}
