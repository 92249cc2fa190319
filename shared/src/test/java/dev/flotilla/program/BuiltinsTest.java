package dev.flotilla.program;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.codec.CborOut;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Input;
import dev.flotilla.model.Input.Format;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ProgramCall;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BuiltinsTest {
    // Exactness

    @Test
    void aSumIsExactPastSixtyFourBits() throws Exception {
        long to = Long.MAX_VALUE;
        long from = to - 1_000_000;
        BigInteger count = BigInteger.valueOf(to - from);
        BigInteger sum = count.multiply(BigInteger.valueOf(from).add(BigInteger.valueOf(to - 1)))
                .shiftRight(1);
        assertEquals(new BigDecimal(sum), answer("sum", numbers(from, to)));
        assertEquals(
                new BigDecimal(sum.divide(count)).doubleValue(),
                answer("mean", numbers(from, to)).doubleValue());
        assertEquals(BigDecimal.valueOf(-4_501_455), answer("sum", numbers(-3_000, 10)));
        assertEquals(new BigDecimal("499999500000"), answer("sum", numbers(0, 1_000_000)));
        assertEquals(
                new BigDecimal("27670116110564327421.1"),
                answer("sum", lines("9223372036854775807\n9223372036854775807\n9223372036854775807.1\n")));
    }

    @Test
    void aMeanIsDividedLastAndRoundedHalfEvenToSeventeenDigits() throws Exception {
        assertEquals(new BigDecimal("15"), answer("mean", lines("10\n20\n")));
        assertEquals(new BigDecimal("0.33333333333333333"), answer("mean", lines("0\n0\n1\n")));
        assertEquals(
                new BigDecimal("1000000000000000.2"),
                answer("mean", lines("1000000000000000.20\n1000000000000000.30\n")));
        assertEquals(
                new BigDecimal("1000000000000000.4"),
                answer("mean", lines("1000000000000000.30\n1000000000000000.40\n")));
        assertEquals(new BigDecimal("100000000000000000000"), answer("mean", lines("1e20\n1e20\n")));
    }

    @Test
    void ofEqualValuesTheOneWithMostPlacesStaysWhicheverCameFirst() throws Exception {
        for (String name : List.of("min", "max")) {
            assertEquals(new BigDecimal("1.00"), answer(name, lines("1.0\n1.00\n1\n")));
            Partial a = map(name, lines("1.0\n")).partial();
            Partial b = map(name, lines("1.00\n")).partial();
            assertArrayEquals(a.merge(b).encode(), b.merge(a).encode());
        }
        assertEquals(BigDecimal.valueOf(-7), answer("min", numbers(-7, 3)));
        assertEquals(BigDecimal.valueOf(2), answer("max", numbers(-7, 3)));
    }

    @Test
    void valuesAsPeopleWriteThemAreReadAndAllOthersAreSkipped() throws Exception {
        for (String good : List.of(
                "0",
                "-0.0",
                "007",
                " 12.5\t",
                "1e3",
                "1E-3",
                "2.5e+2",
                "9".repeat(400),
                "0." + "3".repeat(400),
                "1e400")) {
            BigDecimal value = new BigDecimal(good.trim());
            Answer answer = map("sum", lines(good)).partial().answer();
            assertEquals(
                    0,
                    answer.value().orElseThrow(() -> new AssertionError(good)).compareTo(value),
                    good);
            assertTrue(answer.value().get().scale() >= 0, good);
        }
        for (String bad : List.of(
                "x",
                "-",
                ".",
                "1.",
                ".5",
                "+1",
                "1,5",
                "1e",
                "1e999999999",
                "1e-401",
                "0e99999",
                "NaN",
                "Infinity",
                "0x1",
                "1_000",
                "\u0661",
                "9".repeat(401),
                "1 2",
                "--1",
                "1.2.3",
                "1e5.5")) {
            assertEquals(
                    new Answer(Optional.empty(), 1),
                    map("sum", lines(bad)).partial().answer(),
                    bad);
        }
    }

    @Test
    void whereNothingWasThereToAnswerFromThereIsNoValue() throws Exception {
        for (String name : List.of("sum", "min", "max", "mean")) {
            Partial nothing = map(name, lines("")).partial();
            assertEquals(new Answer(Optional.empty(), 0), nothing.answer());
            Partial five = map(name, lines("5.0")).partial();
            assertArrayEquals(five.encode(), nothing.merge(five).encode());
            assertArrayEquals(five.encode(), five.merge(nothing).encode());
            assertArrayEquals(
                    nothing.encode(),
                    Builtins.find(name).decode(nothing.encode()).encode());
        }
        assertEquals(BigDecimal.ZERO, answer("count", lines("")));
    }

    @Test
    void mergingIsAssociativeAndCommutativeEvenForLies() throws Exception {
        Random random = new Random(7);
        byte[] lie = new CborOut()
                .array(2)
                .put(Long.MAX_VALUE)
                .put(Long.MAX_VALUE)
                .end()
                .bytes();
        Partial most = Builtins.find("count").decode(lie);
        assertArrayEquals(lie, most.merge(most).merge(most).encode());
        for (String name : List.of("sum", "min", "max", "mean")) {
            for (int i = 0; i < 200; i++) {
                Partial[] p = new Partial[3];
                for (int k = 0; k < 3; k++) {
                    byte[] unscaled = new byte[1 + random.nextInt(3)];
                    random.nextBytes(unscaled);
                    p[k] = Builtins.find(name)
                            .decode(partial(
                                    name, unscaled, random.nextInt(401), random.nextBoolean() ? 1 : Long.MAX_VALUE));
                }
                byte[] left = p[0].merge(p[1]).merge(p[2]).encode();
                assertArrayEquals(left, p[0].merge(p[1].merge(p[2])).encode());
                assertArrayEquals(left, p[2].merge(p[0]).merge(p[1]).encode());
                assertArrayEquals(left, Builtins.find(name).decode(left).encode());
            }
        }
    }

    // Results from devices

    @Test
    void bytesThatAreNoResultAreRefusedAndNothingElseHappens() throws Exception {
        Random random = new Random(11);
        for (Builtin program : Builtins.all()) {
            byte[] good = program.map(numbers(-5, 1000), ProgramCall.of(program.name()), Builtin.Stop.NEVER)
                    .partial()
                    .encode();
            for (int cut = 0; cut < good.length; cut++) {
                byte[] part = Arrays.copyOf(good, cut);
                assertThrows(BadResult.class, () -> program.decode(part));
            }
            assertThrows(BadResult.class, () -> program.decode(Arrays.copyOf(good, good.length + 1)));
            for (int i = 0; i < 2_000; i++) {
                byte[] bytes = i % 2 == 0 ? good.clone() : new byte[random.nextInt(40)];
                if (i % 2 == 0) bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                else random.nextBytes(bytes);
                try {
                    Partial read = program.decode(bytes);
                    assertTrue(read.merge(read).encode().length < 100 + bytes.length);
                } catch (BadResult expected) {
                    assertFalse(expected.getMessage().isEmpty());
                }
            }
        }
    }

    @Test
    void impossibleResultsAreRefused() {
        byte[] one = {1};
        for (String name : List.of("sum", "mean")) {
            refused(name, partial(name, one, 0, -1));
            refused(name, partial(name, one, 0, 0));
            refused(name, partial(name, null, 0, 1));
            refused(name, partial(name, one, -1, 1));
            refused(name, partial(name, one, 401, 1));
            refused(name, partial(name, new byte[0], 0, 1));
            refused(name, partial(name, new byte[2 * Limits.INLINE], 0, 1));
        }
        refused(
                "max",
                new CborOut()
                        .array(3)
                        .maybe(Optional.<Bytes>empty(), CborOut::put)
                        .put(3)
                        .put(0)
                        .end()
                        .bytes());
        refused("count", new CborOut().array(2).put(-1).put(0).end().bytes());
        refused("count", new CborOut().array(2).put("1").put(0).end().bytes());
        refused("count", new byte[0]);
        refused("count", new byte[] {(byte) 0x9b, 0x7f, -1, -1, -1, -1, -1, -1, -1});
    }

    private static void refused(String name, byte[] bytes) {
        assertThrows(BadResult.class, () -> Builtins.find(name).decode(bytes), name);
    }

    private static byte[] partial(String name, byte[] unscaled, int scale, long values) {
        boolean total = name.equals("sum") || name.equals("mean");
        CborOut out = new CborOut().array(total ? 4 : 3);
        out.maybe(Optional.ofNullable(unscaled).map(Bytes::new), CborOut::put).put(scale);
        if (total) out.put(values);
        return out.put(3).end().bytes();
    }

    // Strict

    @Test
    void strictNamesFileLineAndColumnAndQuotesTheValue() {
        String csv = "1,2\r\n\"a\nb\",5\n3,x\u0007y\n";
        strict(records(Format.CSV, 2, csv), "f.csv, line 5, column v: \"x\\u0007y\" is no number");
        strict(records(Format.CSV, 2, "1,2\n3\n"), "f.csv, line 3, column v: the value is missing");
        strict(records(Format.CSV, 2, "1,2\n\n3, \n"), "f.csv, line 4, column v: the value is missing");
        strict(records(Format.CSV, 2, "\"a\"b,4\n"), "f.csv, line 2, column v: \"\"a\"b,4\" cannot be read");
        strict(records(Format.CSV, 0, "7\t1,2\n12\t\"a\nb\",?\n"), "f.csv, line 12, column v: \"?\" is no number");
        strict(
                records(Format.NDJSON, 1, "{\"v\": 1}\n{\"v\": [1]}\n"),
                "f.csv, line 2, column v: \"{\"v\": [1]}\" cannot be read");
        strict(
                records(Format.NDJSON, 1, "{\"v\": 1}\n{\"v\": 1} x\n"),
                "f.csv, line 2, column v: \"{\"v\": 1} x\" cannot be read");
        strict(records(Format.NDJSON, 1, "{\"v\": true}\n"), "f.csv, line 1, column v: \"true\" is no number");
        strict(records(Format.NDJSON, 1, "{\"w\": 1}\n"), "f.csv, line 1, column v: the value is missing");
        BadValue lines = assertThrows(
                BadValue.class,
                () -> Builtins.find("sum")
                        .map(
                                lines("1\n2 3\n"),
                                new ProgramCall("sum", Optional.empty(), true, Duration.ZERO),
                                Builtin.Stop.NEVER));
        assertEquals("f.txt, line 2: \"2 3\" is no number", lines.getMessage());
    }

    private static void strict(ShardData shard, String message) {
        ProgramCall call = new ProgramCall("sum", Optional.of("v"), true, Duration.ZERO);
        BadValue bad = assertThrows(BadValue.class, () -> Builtins.find("sum").map(shard, call, Builtin.Stop.NEVER));
        assertEquals(message, bad.getMessage());
    }

    @Test
    void countWithAColumnCountsTheRecordsThatHaveItAndWithoutOneAllRecords() throws Exception {
        ShardData shard = records(Format.CSV, 2, "1,2\n1\n1,\"\"\n1,x\n");
        ProgramCall column = new ProgramCall("count", Optional.of("v"), false, Duration.ZERO);
        Builtin count = Builtins.find("count");
        assertEquals(
                new Answer(Optional.of(BigDecimal.valueOf(2)), 2),
                count.map(shard, column, Builtin.Stop.NEVER).partial().answer());
        assertEquals(
                new Answer(Optional.of(BigDecimal.valueOf(4)), 0),
                map("count", shard).partial().answer());
        assertEquals(4, map("nop", shard).units());
        assertEquals(12, map("nop", numbers(3, 15)).units());
    }

    // Calls that make no sense

    @Test
    void aCallThatCannotRunOverTheInputSaysWhyInASentence() {
        Digest digest = Digest.of(new byte[0]);
        Input csv = new Input.Records(digest, "f.csv", Format.CSV, List.of("date", "", "delay"), 9);
        Input json = new Input.Records(digest, "f.json", Format.NDJSON, List.of(), 9);
        Input lines = new Input.Records(digest, "f.txt", Format.LINES, List.of(), 9);
        Input range = new Input.Range(0, 9);
        unfit(
                csv,
                "sum",
                "dely",
                "f.csv has no column \"dely\"; did you mean delay? Its columns are date, \"\", delay");
        unfit(csv, "count", "zzzzzz", "f.csv has no column \"zzzzzz\". Its columns are date, \"\", delay");
        unfit(csv, "mean", null, "name the column of f.csv to work on: date, \"\", delay");
        unfit(json, "max", null, "name the field of f.json to work on");
        unfit(lines, "sum", "x", "f.txt is plain lines, which have no columns");
        unfit(range, "sum", "x", "a range of numbers has no column \"x\"");
        for (String fine : List.of("count", "nop")) {
            for (Input input : List.of(csv, json, lines, range))
                Builtins.find(fine).check(input, ProgramCall.of(fine));
        }
        Builtins.find("sum").check(lines, ProgramCall.of("sum"));
        Builtins.find("sum").check(json, new ProgramCall("sum", Optional.of("any"), false, Duration.ZERO));
    }

    private static void unfit(Input input, String name, String column, String message) {
        ProgramCall call = new ProgramCall(name, Optional.ofNullable(column), false, Duration.ZERO);
        assertEquals(
                message,
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Builtins.find(name).check(input, call))
                        .getMessage());
    }

    @Test
    void aProgramThatIsNotThereIsAnsweredWithTheNearestAndAll() {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> Builtins.find("summ"));
        assertEquals(
                "no program is called \"summ\"; did you mean sum? There are sum, count, min, max, mean, nop",
                e.getMessage());
    }

    // Time

    @Test
    void aDelayPausesAnyProgramAndEndsSoonWhenStopped() throws Exception {
        ProgramCall slow = new ProgramCall("sum", Optional.empty(), false, Duration.ofMillis(30));
        long began = System.nanoTime();
        Builtins.find("sum").map(numbers(0, 3), slow, Builtin.Stop.NEVER);
        assertTrue(System.nanoTime() - began >= 30_000_000);
        ProgramCall endless = new ProgramCall("nop", Optional.empty(), false, Duration.ofDays(1));
        AtomicInteger asked = new AtomicInteger();
        assertThrows(
                InterruptedException.class,
                () -> Builtins.find("nop").map(numbers(0, 3), endless, () -> asked.incrementAndGet() > 3));
    }

    @Test
    void aLongShardAsksWhetherToStop() {
        assertThrows(
                InterruptedException.class,
                () -> Builtins.find("sum").map(numbers(0, Long.MAX_VALUE), ProgramCall.of("sum"), () -> true));
        assertThrows(
                InterruptedException.class,
                () -> Builtins.find("count").map(lines("1\n".repeat(1000)), ProgramCall.of("count"), () -> true));
    }

    @Test
    void onlySmallShardsWithoutDelayAreInstant() {
        Builtin sum = Builtins.find("sum");
        assertTrue(sum.instant(numbers(0, 1_000_000), ProgramCall.of("sum")));
        assertFalse(sum.instant(numbers(0, 1_000_001), ProgramCall.of("sum")));
        assertFalse(sum.instant(numbers(0, 1), new ProgramCall("sum", Optional.empty(), false, Duration.ofNanos(1))));
        assertTrue(sum.instant(lines("1\n"), ProgramCall.of("sum")));
        assertFalse(sum.instant(lines("1\n".repeat(Limits.INLINE)), ProgramCall.of("sum")));
    }

    @Test
    void aBrokenShardIsAnErrorThatNamesTheLine() {
        IOException e =
                assertThrows(IOException.class, () -> map("count", records(Format.CSV, 2, "1,2\n\"3,4\n5,6\n")));
        assertEquals("f.csv, line 3: a quote is opened and never closed", e.getMessage());
        assertThrows(IOException.class, () -> map("count", records(Format.CSV, 0, "no number\n")));
        assertThrows(IOException.class, () -> map("count", records(Format.LINES, 0, "12")));
    }

    // Helpers

    private static ShardData numbers(long from, long to) {
        return new ShardData.Numbers(from, to);
    }

    private static ShardData lines(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        return new ShardData.Records(
                "f.txt", Format.LINES, List.of(), bytes.length, 1, () -> new ByteArrayInputStream(bytes));
    }

    private static ShardData records(Format format, long firstLine, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        List<String> columns = format == Format.CSV ? List.of("k", "v") : List.of();
        return new ShardData.Records(
                "f.csv", format, columns, bytes.length, firstLine, () -> new ByteArrayInputStream(bytes));
    }

    private static Builtin.Mapped map(String name, ShardData shard) throws Exception {
        return Builtins.find(name).map(shard, ProgramCall.of(name), Builtin.Stop.NEVER);
    }

    private static BigDecimal answer(String name, ShardData shard) throws Exception {
        return map(name, shard).partial().answer().value().orElseThrow();
    }
}
