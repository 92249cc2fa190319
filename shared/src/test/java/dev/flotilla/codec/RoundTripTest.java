package dev.flotilla.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.flotilla.link.Detail;
import dev.flotilla.link.Envelope;
import dev.flotilla.link.Greeting;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Order;
import dev.flotilla.link.Report;
import dev.flotilla.link.Row;
import dev.flotilla.link.RowGroup;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Input;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.program.ShardData;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class RoundTripTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void everyEnvelopeComesBackAsItWas() {
        for (long seed = 1; seed <= 1000; seed++) {
            Envelope envelope = new Samples(seed).envelope();
            assertEquals(envelope, EnvelopeCodec.decode(EnvelopeCodec.encode(envelope)), "seed " + seed);
        }
    }

    @Test
    void halfOfASurrogatePairIsWrittenAsUnknown() {
        byte[] cut =
                new CborOut().put("value " + "\ud83d\ude00".charAt(0) + "...").bytes();
        assertEquals("value \ufffd...", new CborIn(cut).text(100));
    }

    @Test
    void everyRecordOfTheModelComesBackAsItWas() {
        for (long seed = 1; seed <= 500; seed++) {
            Samples samples = new Samples(seed);
            comesBack(samples.spec(), ModelCodec::write, ModelCodec::spec, seed);
            comesBack(samples.policy(), ModelCodec::write, ModelCodec::policy, seed);
            comesBack(samples.capacity(), ModelCodec::write, ModelCodec::capacity, seed);
            comesBack(samples.shardInput(), ModelCodec::write, ModelCodec::shardInput, seed);
            comesBack(samples.plan(), ModelCodec::write, ModelCodec::plan, seed);
        }
    }

    private static <T> void comesBack(T record, BiConsumer<CborOut, T> write, Function<CborIn, T> read, long seed) {
        CborOut out = new CborOut();
        write.accept(out, record);
        CborIn in = new CborIn(out.bytes());
        assertEquals(record, read.apply(in), "seed " + seed);
        in.done();
    }

    @Test
    void cutShortOrDamagedBytesAreMalformedAndNothingElse() {
        Random random = new Random(1);
        for (long seed = 1; seed <= 25; seed++) {
            byte[] good = EnvelopeCodec.encode(new Samples(seed).envelope());
            for (int length = 0; length < good.length; length += good.length > 500 ? 1 + random.nextInt(20) : 1) {
                byte[] cut = Arrays.copyOf(good, length);
                assertThrows(
                        Malformed.class, () -> EnvelopeCodec.decode(cut), "seed " + seed + ", " + length + " bytes");
            }
            assertThrows(Malformed.class, () -> EnvelopeCodec.decode(Arrays.copyOf(good, good.length + 1)));
            for (int i = 0; i < 60; i++) {
                byte[] bad = good.clone();
                for (int flips = 1 + random.nextInt(3); flips > 0; flips--)
                    bad[random.nextInt(bad.length)] = (byte) random.nextInt();
                decodeOrMalformed(bad, "seed " + seed + ", flip " + i);
            }
        }
        for (int i = 0; i < 2000; i++) {
            byte[] noise = new byte[random.nextInt(60)];
            random.nextBytes(noise);
            if (noise.length > 2) {
                noise[0] = (byte) (0x80 | 5 + random.nextInt(11));
                noise[1] = (byte) (1 + random.nextInt(4));
            }
            decodeOrMalformed(noise, "noise " + i);
        }
    }

    private static void decodeOrMalformed(byte[] bytes, String what) {
        long before = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
        try {
            EnvelopeCodec.decode(bytes);
        } catch (Malformed expected) {
            assertTrue(expected.getMessage() != null, what);
        } catch (RuntimeException | Error e) {
            throw new AssertionError(what + ": " + HexFormat.of().formatHex(bytes), e);
        }
        long allocated = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
        assertTrue(
                allocated < 16 << 20,
                what + " took " + allocated + " bytes: " + HexFormat.of().formatHex(bytes));
    }

    @Test
    void declaredLengthsAndCountsTakeNoMemoryThatTheBytesDoNotHave() {
        List<String> hostile = List.of(
                "9bffffffffffffffff01", // an array of 2^64-1
                "8f0301020300009b7fffffffffffffff", // a report with 2^63-1 groups
                "89015a7fffffff00", // bytes of 2 GiB
                "8901010101 7a7fffffff61".replace(" ", ""), // a text of 2 GiB
                "8901010101 7b7fffffffffffffff61".replace(" ", ""),
                "8901c25a7fffffff01", // a big number of 2 GiB
                "8901c24affffffffffffffffffff", // a big number
                "81".repeat(60_000) + "00", // arrays within arrays
                "9f".repeat(60_000));
        for (String hex : hostile) {
            byte[] bytes = HexFormat.of().parseHex(hex);
            assertThrows(
                    Malformed.class, () -> EnvelopeCodec.decode(bytes), hex.substring(0, Math.min(40, hex.length())));
            decodeOrMalformed(bytes, "hostile");
        }
    }

    @Test
    void anEnvelopeOfManyGroupsThatEachClaimManyRowsIsRefused() {
        List<Row> rows = new ArrayList<>();
        for (int i = 1; i <= 16 * Limits.WINDOW; i++)
            rows.add(new Row(i, 1, AttemptState.ACCEPTED, i, 1, Optional.empty()));
        RowGroup group = new RowGroup(new JobId("j"), Digest.of(new byte[0]), rows);
        EnvelopeCodec.decode(EnvelopeCodec.encode(report(List.of(group))));
        byte[] twice = EnvelopeCodec.encode(report(List.of(group, group)));
        assertThrows(Malformed.class, () -> EnvelopeCodec.decode(twice));
        List<Order.Assignment> assignments = new ArrayList<>();
        for (int i = 1; i <= 16 * Limits.WINDOW; i++)
            assignments.add(new Order.Assignment(i, i, 1, ShardInput.Computed.HERE));
        Order.AssignGroup assign =
                new Order.AssignGroup(new JobId("j"), Digest.of(new byte[0]), false, Duration.ZERO, assignments);
        EnvelopeCodec.decode(EnvelopeCodec.encode(order(List.of(), List.of(assign))));
        byte[] many = EnvelopeCodec.encode(order(List.of(), List.of(assign, assign)));
        assertThrows(Malformed.class, () -> EnvelopeCodec.decode(many));
    }

    @Test
    void aThousandEqualTasksCostFarLessThanThirtySixBytesEachBothWays() throws Exception {
        Builtin nop = Builtins.find("nop");
        List<Row> rows = new ArrayList<>();
        List<Order.Assignment> assignments = new ArrayList<>();
        List<Long> settled = new ArrayList<>();
        for (int i = 0; i < 1024; i++) {
            Bytes result = new Bytes(nop.map(new ShardData.Numbers(i, i + 1), ProgramCall.of("nop"), Builtin.Stop.NEVER)
                    .partial()
                    .encode());
            rows.add(new Row(5000 + i, 2, AttemptState.FINISHED, 700 + i, 1, Optional.of(Detail.instant(1, result))));
            assignments.add(new Order.Assignment(6024 + i, 1724 + i, 1, ShardInput.Computed.HERE));
            settled.add(5000L + i);
        }
        Digest spec = Digest.of(new byte[0]);
        JobId job = new JobId("a".repeat(20));
        int up = EnvelopeCodec.encode(report(List.of(new RowGroup(job, spec, rows)))).length;
        int down = EnvelopeCodec.encode(
                        order(settled, List.of(new Order.AssignGroup(job, spec, false, Duration.ZERO, assignments))))
                .length;
        assertTrue(up + down < 1024, "a byte a task: " + up + " up, " + down + " down");
    }

    /** Bytes of the first release: envelopes of agents that are not upgraded yet, specs in journals. They are read as ever. */
    @Test
    void oldBytesAreReadAsTheyWereWritten() {
        Digest digest = Digest.of(new byte[0]);
        Spec spec = new Spec(
                new Input.Records(digest, "f.csv", Input.Format.CSV, List.of("a", "b"), 9),
                new Sharding(Sharding.By.HASH, 3, Optional.of("a"), 0),
                new ProgramCall("sum", Optional.of("b"), true, Duration.ofMillis(5)));
        old(new Hello(1, 2, 3, "ab", 4, 5, "boot", "0.1.0"), "8901010203626162040564626f6f7465302e312e30");
        old(new Greeting(1, 2, 3, 4), "850201020304");
        List<Row> rows = List.of(
                new Row(7, 2, AttemptState.RUNNING, 0, 1, Optional.empty()),
                new Row(8, 3, AttemptState.FINISHED, 1, 1, Optional.of(Detail.instant(4, new Bytes(new byte[] {1})))),
                new Row(9, 3, AttemptState.FAILED, 2, 2, Optional.of(Detail.error("bad-value: x"))));
        old(
                report(List.of(new RowGroup(new JobId("j"), digest, rows))),
                "8c0301020304f4008188616a5820e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8558407010102860201010100018402010102840001010286010100010101878600010101000182000282000284040123018401012001818141018182016c6261642d76616c75653a2078f6f61b000001a0c4506c001b0000034630b8a000");
        List<Order.Assignment> assignments = List.of(
                new Order.Assignment(10, 3, 1, new ShardInput.Inline(new Bytes(new byte[] {65, 10}), 2)),
                new Order.Assignment(11, 4, 1, new ShardInput.Stored(digest, 40_000, 0)));
        Order.AssignGroup group =
                new Order.AssignGroup(new JobId("j"), digest, true, Duration.ofSeconds(1), assignments);
        old(
                new Order(
                        1,
                        2,
                        3,
                        4,
                        5,
                        6,
                        Duration.ofSeconds(7),
                        List.of(1L, 2L, 3L, 5L),
                        List.of(9L),
                        List.of(spec),
                        List.of(group),
                        List.of(new Order.Permit(10, 99)),
                        true,
                        Optional.of(new Order.Chunk(digest, 0, 3, new Bytes(new byte[] {1, 2, 3}))),
                        OptionalLong.empty()),
                "8f040102030405061b00000001a13b8600840103020182090181818386015820e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85565662e63737600826161616209840103616100846373756d6162f51a004c4b408188616a5820e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855f51a3b9aca00840a0101018403010101840101000182830142410a0284025820e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855199c400081820a1863f5845820e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855000343010203");
        assertEquals(
                "b92ccabb43979468036c00576b2ebeee1754d0f285b24c95425b47d31d74f4a6",
                SpecCodec.digest(spec).hex());
    }

    @Test
    void aDeviceOfAnOlderAgentSaysNothingOfItsDisk() {
        Capacity capacity = new Capacity(
                2, 0, 3, 4, OptionalDouble.empty(), OptionalDouble.empty(), new TreeMap<>(), new TreeMap<>());
        byte[] old = HexFormat.of().parseHex("8802fb00000000000000000304f6f68080");
        assertEquals(capacity, CborIn.whole(old, ModelCodec::capacity));
    }

    private static void old(Envelope envelope, String hex) {
        assertEquals(hex, HexFormat.of().formatHex(EnvelopeCodec.encode(envelope)));
        assertEquals(envelope, EnvelopeCodec.decode(HexFormat.of().parseHex(hex)));
    }

    @Test
    void whatOlderPeersDoNotKnowCostsNothingUnlessItIsSaid() {
        Order order = order(List.of(1L), List.of());
        Order asking = new Order(
                1,
                2,
                3,
                4,
                5,
                6,
                Duration.ofMinutes(1),
                List.of(1L),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                false,
                Optional.empty(),
                OptionalLong.of(7));
        assertEquals(EnvelopeCodec.encode(order).length + 1, EnvelopeCodec.encode(asking).length);
        assertEquals(asking, EnvelopeCodec.decode(EnvelopeCodec.encode(asking)));
        assertTrue(asking.wantsAnswer() && !order.wantsAnswer());
    }

    @Test
    void aNewerPeersFieldsArePassedOver() {
        byte[] newer = new CborOut()
                .array(6)
                .put(2)
                .put(1)
                .put(2)
                .put(3)
                .put(4)
                .array(1)
                .put("new")
                .end()
                .end()
                .bytes();
        assertEquals(new Greeting(1, 2, 3, 4), EnvelopeCodec.decode(newer));
        assertArrayEquals(
                EnvelopeCodec.encode(new Greeting(1, 2, 3, 4)), EnvelopeCodec.encode(EnvelopeCodec.decode(newer)));
    }

    private static Report report(List<RowGroup> rows) {
        return new Report(
                1,
                2,
                3,
                4,
                false,
                0,
                rows,
                Optional.empty(),
                Optional.empty(),
                Instant.ofEpochMilli(1_790_000_000_000L),
                Duration.ofHours(1),
                Optional.empty());
    }

    @Test
    void aFewBytesOfAJournalDoNotStandForMoreThanTheMemoryHolds() {
        byte[] few = new CborOut()
                .array(4)
                .put(1)
                .put(1_000_000_000L)
                .put(1)
                .put(1_000_000_000L)
                .end()
                .bytes();
        assertThrows(Malformed.class, () -> new CborIn(few).steps(Integer.MAX_VALUE));
        assertThrows(Malformed.class, () -> new CborIn(few).runs(Integer.MAX_VALUE / 2));
        byte[] million = new CborOut().array(2).put(1).put(1_000_000L).end().bytes();
        assertEquals(1_000_000, new CborIn(million).steps(Integer.MAX_VALUE).size());
    }

    private static Order order(List<Long> settled, List<Order.AssignGroup> assign) {
        return new Order(
                1,
                2,
                3,
                4,
                5,
                6,
                Duration.ofMinutes(1),
                settled,
                List.of(),
                List.of(),
                assign,
                List.of(),
                false,
                Optional.empty(),
                OptionalLong.empty());
    }
}
