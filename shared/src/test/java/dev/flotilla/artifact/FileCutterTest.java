package dev.flotilla.artifact;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.codec.SpecCodec;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Input.Format;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Sharding.By;
import dev.flotilla.model.Spec;
import dev.flotilla.program.Answer;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.program.Partial;
import dev.flotilla.program.RecordReader;
import dev.flotilla.program.ShardData;
import dev.flotilla.shard.ShardPlan;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileCutterTest {
    private static final Path TABLES = Path.of("../examples/data");

    @TempDir
    Path dir;

    // The promise: any split and any order give the same answer as reading the file in one go

    @Test
    void anySplitOfAnyFileInAnyOrderGivesTheSameBytesAndTheAnswerOfAPlainReading() throws Exception {
        long seeds = Long.getLong("flotilla.seed", 0);
        for (long seed = seeds == 0 ? 1 : seeds; seed <= (seeds == 0 ? 300 : seeds); seed++) {
            Random random = new Random(seed);
            Table table = Table.random(random);
            Path file = Files.write(dir.resolve("table"), table.bytes);
            By by = table.format == Format.LINES
                    ? random.nextBoolean() ? By.RANGE : By.RANDOM
                    : By.values()[random.nextInt(3)];
            FileCutter.Cut whole = cut(file, table.format, By.RANGE, 1, Optional.empty());
            FileCutter.Cut cut = cut(
                    file,
                    table.format,
                    by,
                    1 + random.nextInt(12),
                    by == By.HASH ? Optional.of("key") : Optional.empty());
            String replay = "-Dflotilla.seed=" + seed + ", " + by + ", " + table.format;
            assertEquals(table.values.size(), cut.input().records(), replay);
            everyRecordIsInOneShard(table, cut, file, replay);
            for (Builtin program : Builtins.all()) {
                ProgramCall call = new ProgramCall(
                        program.name(),
                        table.format == Format.LINES ? Optional.empty() : Optional.of("value"),
                        false,
                        Duration.ZERO);
                Partial folded = fold(program, call, cut, file, random);
                Partial plain = fold(program, call, whole, file, random);
                assertArrayEquals(plain.encode(), folded.encode(), program.name() + ", " + replay);
                assertArrayEquals(
                        folded.encode(), program.decode(folded.encode()).encode(), replay);
                assertEquals(table.answer(program.name()), folded.answer(), program.name() + ", " + replay);
            }
        }
    }

    /** The sharding contract for files: sizes as told, every line of every record once, equal keys together, digests true. */
    private void everyRecordIsInOneShard(Table table, FileCutter.Cut cut, Path file, String replay) throws IOException {
        List<Long> lines = new ArrayList<>();
        Map<String, Integer> shardOf = new TreeMap<>();
        long least = Long.MAX_VALUE;
        long most = 0;
        List<ShardPlan.Slice> slices = cut.plan().slices();
        assertEquals(cut.sharding().count(), slices.size(), replay);
        for (int i = 0; i < slices.size(); i++) {
            RecordReader reader = new RecordReader(
                    new ByteArrayInputStream(bytes(cut, file, i)),
                    table.format,
                    slices.get(i).firstLine());
            long records = 0;
            for (; reader.next(); records++) {
                lines.add(reader.line());
                int at = Collections.binarySearch(table.lines, reader.line());
                assertTrue(at >= 0, "line " + reader.line() + " begins no record, " + replay);
                String text = new String(reader.buffer(), reader.from(), reader.to() - reader.from(), UTF_8);
                assertEquals(table.records.get(at), text, replay);
                Integer first = shardOf.putIfAbsent(table.keys.get(at), i);
                if (cut.sharding().by() == By.HASH) assertTrue(first == null || first == i, replay);
            }
            assertEquals(records, slices.get(i).records(), replay);
            assertEquals(
                    slices.get(i).length() > Limits.INLINE
                            ? Optional.of(Digest.of(bytes(cut, file, i)))
                            : Optional.empty(),
                    slices.get(i).digest(),
                    replay);
            least = Math.min(least, records);
            most = Math.max(most, records);
        }
        Collections.sort(lines);
        assertEquals(table.lines, lines, replay);
        if (cut.sharding().by() != By.HASH) assertTrue(most - least <= 1, replay);
        if (cut.sharding().by() != By.RANGE)
            assertEquals(
                    Digest.of(Files.readAllBytes(cut.regrouped().get())),
                    cut.plan().file().get(),
                    replay);
    }

    // Real tables

    @ParameterizedTest
    @CsvSource({
        "flights.csv, sum, distance, 14476934",
        "flights.csv, sum, delay, 154078",
        "flights.csv, count, , 20000",
        "seattle-weather.csv, sum, precipitation, 4426.0",
        "seattle-weather.csv, sum, temp_max, 24017.5",
        "seattle-weather.csv, max, temp_max, 35.6",
        "seattle-weather.csv, count, weather, 1461",
        "seattle-weather.csv, mean, temp_max, 16.439082819986311"
    })
    void realTablesGiveTheirKnownAnswersHoweverTheyAreCut(String table, String name, String column, String answer)
            throws Exception {
        Path file = TABLES.resolve(table);
        Builtin program = Builtins.find(name);
        ProgramCall call = new ProgramCall(name, Optional.ofNullable(column), true, Duration.ZERO);
        for (By by : By.values()) {
            Optional<String> key =
                    by == By.HASH ? Optional.of(table.startsWith("flights") ? "origin" : "weather") : Optional.empty();
            FileCutter.Cut cut = cut(file, Format.CSV, by, 16, key);
            program.check(cut.input(), call);
            Answer folded = fold(program, call, cut, file, new Random(1)).answer();
            assertEquals(new Answer(Optional.of(new BigDecimal(answer)), 0), folded, by.word());
        }
    }

    @Test
    void theSpecsDigestIsTheSameOnEveryMachine() throws Exception {
        FileCutter.Cut cut = cut(TABLES.resolve("flights.csv"), Format.CSV, By.RANDOM, 16, Optional.empty());
        Spec spec = new Spec(cut.input(), cut.sharding(), ProgramCall.of("count"));
        assertEquals(
                "db1be106f50b60e170e4c477bfa20b36ed6e3b46197b6204dc0664cf4b6c8c35",
                SpecCodec.digest(spec).hex());
        assertEquals(
                "3cf5247a3fb2034fe00dd21b9c9f43b759950e8c8414b8f447f7af54c726dc7e",
                cut.plan().file().orElseThrow().hex());
    }

    @Test
    void twentyThousandRowsAreCutFast() throws Exception {
        Path file = TABLES.resolve("flights.csv");
        for (int i = 0; i < 3; i++) cut(file, Format.CSV, By.HASH, 16, Optional.of("origin"));
        long began = System.nanoTime();
        cut(file, Format.CSV, By.HASH, 16, Optional.of("origin"));
        long ms = (System.nanoTime() - began) / 1_000_000;
        assertTrue(ms < 2000, ms + " ms: something is quadratic");
    }

    // How many shards

    @Test
    void moreShardsThanRecordsAreFewerShardsAndTheUserIsTold() throws Exception {
        Path file = Files.writeString(dir.resolve("f"), "a\n1\n2\n3\n");
        FileCutter.Cut cut = cut(file, Format.CSV, By.RANGE, 10, Optional.empty());
        assertEquals(3, cut.sharding().count());
        assertEquals(List.of("fewer shards than asked for: 3, one a record"), cut.notes());
    }

    @Test
    void aSizeIsTheMostRecordsOfAShardAndWithNeitherTheDefaultCounts() throws Exception {
        Path file = Files.writeString(dir.resolve("f"), "1\n".repeat(10));
        FileCutter.Request size =
                new FileCutter.Request(By.RANGE, OptionalLong.empty(), OptionalLong.of(4), Optional.empty(), 0, 7);
        assertEquals(
                List.of(4L, 3L, 3L),
                cut(file, Format.LINES, size).plan().slices().stream()
                        .map(ShardPlan.Slice::records)
                        .toList());
        FileCutter.Request neither =
                new FileCutter.Request(By.RANGE, OptionalLong.empty(), OptionalLong.empty(), Optional.empty(), 0, 7);
        assertEquals(7, cut(file, Format.LINES, neither).sharding().count());
    }

    @Test
    void aFileHasAtMostAHundredThousandShards() throws Exception {
        Path file = Files.writeString(dir.resolve("f"), "1\n".repeat(Limits.FILE_SHARDS + 1));
        BadInput bad = refused(file, Format.LINES, By.RANGE, Limits.FILE_SHARDS + 1, Optional.empty());
        assertEquals("f would be cut into 100001 shards", bad.what());
        assertEquals(
                100_000,
                cut(file, Format.LINES, By.RANDOM, Limits.FILE_SHARDS, Optional.empty())
                        .plan()
                        .slices()
                        .size());
    }

    @Test
    void whereAHashLeavesAShardEmptyItIsEmptyAndWorksAllTheSame() throws Exception {
        Path file = Files.writeString(dir.resolve("f"), "key,value\n" + "x,1\n".repeat(5));
        FileCutter.Cut cut = cut(file, Format.CSV, By.HASH, 5, Optional.of("key"));
        assertEquals(
                4,
                cut.plan().slices().stream()
                        .filter(s -> s.length() == 0 && s.records() == 0)
                        .count());
        ProgramCall call = new ProgramCall("sum", Optional.of("value"), true, Duration.ZERO);
        assertEquals(
                Optional.of(new BigDecimal(5)),
                fold(Builtins.find("sum"), call, cut, file, new Random(1))
                        .answer()
                        .value());
    }

    // What is refused, and how

    @Test
    void whatIsNoTableIsRefusedWithAReasonAndNothingIsLeftBehind() throws Exception {
        refusal("", Format.CSV, "f is empty", "it has no bytes");
        refusal("\ufeff", Format.CSV, "f holds no record", "all its lines are blank");
        refusal("\r\n \n\t\n", Format.LINES, "f holds no record", "all its lines are blank");
        refusal("a,b\r\n\n", Format.CSV, "f holds no record", "it has a header alone");
        refusal("a\n1\n\"2\n3\n4\n", Format.CSV, "f is no CSV file", "line 3: a quote is opened and never closed");
        refusal("a\n1\n2\0\n", Format.CSV, "f is no CSV file", "line 3: a NUL byte, so the file is binary");
        refusal("[1]\n", Format.NDJSON, "f is no NDJSON file", "line 1 is no JSON object");
        refusal(
                "1\n\n" + "x".repeat(RecordReader.LONGEST + 10),
                Format.LINES,
                "f is no text file",
                "line 3: a record is longer than 1 MiB");
        refusal(
                "a\n\"" + "x\n".repeat(RecordReader.LONGEST),
                Format.CSV,
                "f is no CSV file",
                "line 2: a quote is opened and not closed within 1 MiB");
        Files.write(dir.resolve("f"), "a\n1\n".getBytes(StandardCharsets.UTF_16));
        assertEquals(
                "f is UTF-16",
                refused(dir.resolve("f"), Format.CSV, By.RANGE, 2, Optional.empty())
                        .what());
        Files.write(dir.resolve("f"), "caf\u00e9,b\n1,2\n".getBytes(StandardCharsets.ISO_8859_1));
        assertEquals(
                "line 1: the header is not UTF-8",
                refused(dir.resolve("f"), Format.CSV, By.RANGE, 2, Optional.empty())
                        .why());
        Files.write(dir.resolve("f.gz"), new byte[] {0x1f, (byte) 0x8b, 8, 0});
        BadInput gzip = refused(dir.resolve("f.gz"), Format.CSV, By.RANGE, 2, Optional.empty());
        assertEquals("gunzip it first: zcat f.gz > f", gzip.next());
        try (var left = Files.list(dir)) {
            assertEquals(2, left.count());
        }
    }

    @Test
    void aKeyThatIsNotThereIsNamedWithTheNearestAndAllColumns() throws Exception {
        BadInput bad = refused(TABLES.resolve("flights.csv"), Format.CSV, By.HASH, 4, Optional.of("orgin"));
        assertEquals("flights.csv cannot be sharded by the hash of \"orgin\"", bad.what());
        assertEquals(
                "flights.csv has no column \"orgin\"; did you mean origin? Its columns are date, delay, distance, origin, destination",
                bad.why());
    }

    @Test
    void raggedRowsAndStrangeHeadersAreNoReasonToRefuse() throws Exception {
        Path file = Files.writeString(dir.resolve("f"), "a,a,,v\n1,2,3,4\n5\n6,7,8,9,10\n\"x\"y,1,1,1\n");
        FileCutter.Cut cut = cut(file, Format.CSV, By.RANGE, 2, Optional.empty());
        assertEquals(List.of("a", "a", "", "v"), cut.input().columns());
        ProgramCall call = new ProgramCall("sum", Optional.of("v"), false, Duration.ZERO);
        assertEquals(
                new Answer(Optional.of(new BigDecimal(13)), 2),
                fold(Builtins.find("sum"), call, cut, file, new Random(1)).answer());
        ProgramCall twice = new ProgramCall("sum", Optional.of("a"), false, Duration.ZERO);
        assertEquals(
                "f has more than one column \"a\"",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Builtins.find("sum").check(cut.input(), twice))
                        .getMessage());
    }

    private void refusal(String text, Format format, String what, String why) throws Exception {
        Path file = Files.writeString(dir.resolve("f"), text);
        BadInput bad = refused(file, format, By.RANGE, 3, Optional.empty());
        assertEquals(what, bad.what());
        assertEquals(why, bad.why());
    }

    private BadInput refused(Path file, Format format, By by, long count, Optional<String> key) {
        return assertThrows(BadInput.class, () -> cut(file, format, by, count, key));
    }

    // Helpers

    private FileCutter.Cut cut(Path file, Format format, By by, long count, Optional<String> key) throws Exception {
        return cut(file, format, new FileCutter.Request(by, OptionalLong.of(count), OptionalLong.empty(), key, 42, 1));
    }

    private FileCutter.Cut cut(Path file, Format format, FileCutter.Request request) throws Exception {
        Digest digest = Digest.of(Files.readAllBytes(file));
        return FileCutter.cut(file, digest, file.getFileName().toString(), format, request, dir);
    }

    private static byte[] bytes(FileCutter.Cut cut, Path file, int shard) throws IOException {
        ShardPlan.Slice slice = cut.plan().slices().get(shard);
        byte[] all = Files.readAllBytes(cut.regrouped().orElse(file));
        return Arrays.copyOfRange(all, (int) slice.offset(), (int) (slice.offset() + slice.length()));
    }

    /** Merges neighbours of a list whose order is random, until one is left. */
    private static Partial fold(Builtin program, ProgramCall call, FileCutter.Cut cut, Path file, Random random)
            throws Exception {
        List<Partial> partials = new ArrayList<>();
        for (int i = 0; i < cut.plan().slices().size(); i++) {
            byte[] bytes = bytes(cut, file, i);
            ShardData.Records shard = new ShardData.Records(
                    cut.input().name(),
                    cut.input().format(),
                    cut.input().columns(),
                    bytes.length,
                    cut.plan().slices().get(i).firstLine(),
                    () -> new ByteArrayInputStream(bytes));
            Builtin.Mapped mapped = program.map(shard, call, Builtin.Stop.NEVER);
            assertEquals(cut.plan().slices().get(i).records(), mapped.units());
            partials.add(program.decode(mapped.partial().encode()));
        }
        Collections.shuffle(partials, random);
        while (partials.size() > 1) {
            int at = random.nextInt(partials.size() - 1);
            partials.set(at, partials.get(at).merge(partials.remove(at + 1)));
        }
        return partials.get(0);
    }

    /** A random file, and what is in it. {@code values}: empty for missing, null in the list of numbers for malformed. */
    private static final class Table {
        private static final List<String> MALFORMED =
                List.of("x", "1e999999999", "NaN", "1,5", "--1", "0x10", "1.", ".5", "+1", "1 2", "\u0663");

        final Format format;
        final byte[] bytes;
        final List<String> records = new ArrayList<>();
        final List<Long> lines = new ArrayList<>();
        final List<String> keys = new ArrayList<>();
        final List<Optional<String>> values = new ArrayList<>();

        static Table random(Random random) {
            return new Table(random);
        }

        private Table(Random random) {
            format = Format.values()[random.nextInt(3)];
            String end = random.nextBoolean() ? "\n" : "\r\n";
            StringBuilder text = new StringBuilder(random.nextInt(4) == 0 ? "\ufeff" : "");
            if (random.nextInt(4) == 0) text.append(end);
            if (format == Format.CSV)
                text.append("key,\"the \"\"note\"\"\",value").append(end);
            int count = 1 + random.nextInt(random.nextInt(10) == 0 ? 3000 : 20);
            long line = 1;
            int counted = 0;
            for (int i = 0; i < count; i++) {
                while (random.nextInt(8) == 0)
                    text.append(random.nextBoolean() ? "" : " \t").append(end);
                for (; counted < text.length(); counted++) if (text.charAt(counted) == '\n') line++;
                lines.add(line);
                keys.add("k" + random.nextInt(6));
                values.add(value(random));
                records.add(record(random, i));
                text.append(records.get(i));
                if (i < count - 1 || random.nextBoolean()) text.append(end);
            }
            bytes = text.toString().getBytes(UTF_8);
        }

        private Optional<String> value(Random random) {
            int kind = random.nextInt(10);
            if (kind == 0 && format != Format.LINES) return Optional.empty();
            if (kind == 1) return Optional.of(MALFORMED.get(random.nextInt(MALFORMED.size())));
            String sign = random.nextBoolean() ? "-" : "";
            if (kind == 2)
                return Optional.of(sign + Long.toUnsignedString(random.nextLong()) + "000000000000000000001");
            if (kind == 3) return Optional.of(sign + random.nextInt(1000) + "e" + (random.nextInt(40) - 20));
            if (kind == 4) return Optional.of(sign + random.nextInt(3) + "." + "0".repeat(1 + random.nextInt(3)));
            return Optional.of(sign + random.nextInt(100) + "." + random.nextInt(1000));
        }

        private String record(Random random, int i) {
            String value = values.get(i).orElse("");
            boolean quoted = value.indexOf(',') >= 0 || random.nextInt(5) == 0;
            String note = List.of(
                            "", "plain", "\"a,b\"", "\"two\nlines\"", "\"\r\n\n,\"\"q\"\"\"", "half\"quote", "\u00fc")
                    .get(random.nextInt(7));
            return switch (format) {
                case CSV ->
                    values.get(i).isEmpty() && random.nextBoolean()
                            ? keys.get(i) + "," + note
                            : keys.get(i) + "," + note + "," + (quoted ? '"' + value + '"' : value);
                case LINES -> (random.nextBoolean() ? " " : "") + value;
                case NDJSON -> {
                    boolean number = value.matches("-?(0|[1-9][0-9]*)([.e].*)?") && !value.endsWith(".");
                    String field = values.get(i).isEmpty()
                            ? random.nextBoolean() ? "" : ", \"value\": null"
                            : ", \"value\": " + (number && random.nextBoolean() ? value : '"' + value + '"');
                    yield "{\"other\": {\"value\": [7, \"}\"]}, \"key\": \"" + keys.get(i) + "\"" + field + "}";
                }
            };
        }

        /** The answer without any of our code: numbers one after the other. */
        Answer answer(String program) {
            List<BigDecimal> numbers = new ArrayList<>();
            long missing = 0;
            for (Optional<String> value : values) {
                if (value.isEmpty()) missing++;
                else if (!MALFORMED.contains(value.get())) {
                    BigDecimal number = new BigDecimal(value.get());
                    numbers.add(number.scale() < 0 ? number.setScale(0) : number);
                }
            }
            long skipped = values.size() - numbers.size();
            if (program.equals("count") || program.equals("nop"))
                return new Answer(Optional.of(BigDecimal.valueOf(values.size() - missing)), missing);
            if (numbers.isEmpty()) return new Answer(Optional.empty(), skipped);
            BigDecimal sum = numbers.stream().reduce(BigDecimal.ZERO, BigDecimal::add);
            BigDecimal best = numbers.get(0);
            for (BigDecimal n : numbers) {
                int order = program.equals("min") ? best.compareTo(n) : n.compareTo(best);
                if (order > 0 || order == 0 && n.scale() > best.scale()) best = n;
            }
            BigDecimal mean =
                    sum.divide(BigDecimal.valueOf(numbers.size()), new MathContext(17, RoundingMode.HALF_EVEN));
            return new Answer(
                    Optional.of(
                            switch (program) {
                                case "sum" -> sum;
                                case "mean" -> mean.scale() < 0 ? mean.setScale(0) : mean;
                                default -> best;
                            }),
                    skipped);
        }
    }
}
