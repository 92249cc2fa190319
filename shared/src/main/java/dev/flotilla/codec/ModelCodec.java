package dev.flotilla.codec;

import dev.flotilla.model.Capacity;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Input;
import dev.flotilla.model.Limits;
import dev.flotilla.model.Percent;
import dev.flotilla.model.Policy;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.shard.ShardPlan;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The model's records in CBOR: each an array of its fields in order. To add a field, append it, read it with a default where the array ends,
 * and keep the old bytes in the tests. Readers take one whole item and refuse what the record's constructor refuses.
 */
public final class ModelCodec {
    private static final int NAME = 4096;
    private static final int COLUMNS = 10_000;

    private ModelCodec() {}

    public static void write(CborOut out, Spec spec) {
        out.array(3);
        write(out, spec.input());
        Sharding s = spec.sharding();
        out.array(4)
                .put(s.by().ordinal())
                .put(s.count())
                .maybe(s.key(), CborOut::put)
                .put(s.seed())
                .end();
        ProgramCall p = spec.program();
        out.array(4)
                .put(p.builtin())
                .maybe(p.column(), CborOut::put)
                .put(p.strict())
                .put(p.delay())
                .end();
        out.end();
    }

    public static Spec spec(CborIn in) {
        in.array();
        Input input = input(in);
        in.array();
        Sharding.By by = of(Sharding.By.values(), in);
        long count = in.number();
        Optional<String> key = in.maybeText(NAME);
        long seed = in.number();
        in.end();
        in.array();
        String builtin = in.text(64);
        Optional<String> column = in.maybeText(NAME);
        boolean strict = in.flag();
        java.time.Duration delay = in.span();
        in.end().end();
        return checked(() ->
                new Spec(input, new Sharding(by, count, key, seed), new ProgramCall(builtin, column, strict, delay)));
    }

    private static void write(CborOut out, Input input) {
        if (input instanceof Input.Range r)
            out.array(3).put(0).put(r.from()).put(r.to()).end();
        else if (input instanceof Input.Records r) {
            out.array(6).put(1).put(r.file()).put(r.name()).put(r.format().ordinal());
            out.array(r.columns().size());
            for (String column : r.columns()) out.put(column);
            out.end().put(r.records()).end();
        }
    }

    private static Input input(CborIn in) {
        in.array();
        long kind = in.number(0, 1);
        if (kind == 0) {
            long from = in.number();
            long to = in.number();
            in.end();
            return checked(() -> new Input.Range(from, to));
        }
        Digest file = in.digest();
        String name = in.text(NAME);
        Input.Format format = of(Input.Format.values(), in);
        List<String> columns = in.texts(COLUMNS, NAME);
        long records = in.number();
        in.end();
        return checked(() -> new Input.Records(file, name, format, columns, records));
    }

    public static void write(CborOut out, Policy p) {
        out.array(9).put(p.placement());
        map(out, p.labels());
        out.array(p.where().size());
        for (String term : p.where()) out.put(term);
        out.end().put(p.once()).put(p.attempts()).put(p.lostAfter());
        out.maybe(p.deadline(), (o, d) -> o.array(1).put(d).end());
        out.maybe(p.taskTimeout(), (o, d) -> o.array(1).put(d).end());
        out.put(p.minCoverage().value().toPlainString()).end();
    }

    public static Policy policy(CborIn in) {
        in.array();
        String placement = in.text(64);
        TreeMap<String, String> labels = map(in);
        List<String> where = in.texts(100, NAME);
        boolean once = in.flag();
        int attempts = (int) in.number(1, Integer.MAX_VALUE);
        java.time.Duration lostAfter = in.span();
        Optional<java.time.Duration> deadline = in.maybeArray(CborIn::span);
        Optional<java.time.Duration> timeout = in.maybeArray(CborIn::span);
        String coverage = in.text(32);
        in.end();
        return checked(() -> new Policy(
                placement,
                labels,
                where,
                once,
                attempts,
                lostAfter,
                deadline,
                timeout,
                new Percent(new BigDecimal(coverage))));
    }

    public static void write(CborOut out, Capacity c) {
        out.array(9).put(c.slots()).put(c.load()).put(c.memTotal()).put(c.memFree());
        real(out, c.celsius());
        real(out, c.speed());
        map(out, c.facts());
        map(out, c.labels());
        out.maybe(
                c.storage(),
                (o, s) -> o.array(2)
                        .put(s.free())
                        .maybe(
                                s.writtenADay().isPresent()
                                        ? Optional.of(s.writtenADay().getAsLong())
                                        : Optional.empty(),
                                CborOut::put)
                        .end());
        out.end();
    }

    public static Capacity capacity(CborIn in) {
        in.array();
        int slots = (int) in.number(0, Integer.MAX_VALUE);
        double load = in.real();
        long total = in.number();
        long free = in.number();
        OptionalDouble celsius = real(in);
        OptionalDouble speed = real(in);
        TreeMap<String, String> facts = map(in);
        TreeMap<String, String> labels = map(in);
        Optional<Capacity.Storage> storage = in.more() ? in.maybeArray(ModelCodec::storage) : Optional.empty();
        in.end();
        return checked(() -> new Capacity(slots, load, total, free, celsius, speed, facts, labels, storage));
    }

    private static Capacity.Storage storage(CborIn in) {
        long free = in.number();
        Optional<Long> written = in.maybeNumber();
        return checked(() -> new Capacity.Storage(
                free, written.isPresent() ? OptionalLong.of(written.get()) : OptionalLong.empty()));
    }

    public static void write(CborOut out, ShardInput shard) {
        if (shard instanceof ShardInput.Computed) out.array(1).put(0).end();
        else if (shard instanceof ShardInput.Inline i)
            out.array(3).put(1).put(i.bytes()).put(i.firstLine()).end();
        else if (shard instanceof ShardInput.Stored s)
            out.array(4)
                    .put(2)
                    .put(s.digest())
                    .put(s.length())
                    .put(s.firstLine())
                    .end();
        else throw new IllegalArgumentException("a slice is filled in before it is written");
    }

    public static ShardInput shardInput(CborIn in) {
        in.array();
        ShardInput shard = shardFields(in);
        in.end();
        return shard;
    }

    /** The fields, where the array was entered already. */
    static ShardInput shardFields(CborIn in) {
        long kind = in.number(0, 2);
        if (kind == 0) return ShardInput.Computed.HERE;
        if (kind == 1) return new ShardInput.Inline(in.bytes(Limits.INLINE), in.number(0, Long.MAX_VALUE));
        return new ShardInput.Stored(in.digest(), in.number(0, Limits.ARTIFACT), in.number(0, Long.MAX_VALUE));
    }

    public static void write(CborOut out, ShardPlan plan) {
        out.array(6).maybe(plan.file(), (o, d) -> o.array(1).put(d).end());
        out.steps(plan.slices().stream().map(ShardPlan.Slice::offset).toList());
        out.steps(plan.slices().stream().map(ShardPlan.Slice::length).toList());
        out.steps(plan.slices().stream().map(ShardPlan.Slice::records).toList());
        out.steps(plan.slices().stream().map(ShardPlan.Slice::firstLine).toList());
        out.each(
                plan.slices(), (o, s) -> o.maybe(s.digest(), (p, d) -> p.put(new dev.flotilla.model.Bytes(d.bytes()))));
        out.end();
    }

    public static ShardPlan plan(CborIn in) {
        in.array();
        Optional<Digest> file = in.maybeArray(CborIn::digest);
        List<Long> offsets = in.steps(Limits.FILE_SHARDS);
        List<Long> lengths = in.steps(Limits.FILE_SHARDS);
        List<Long> records = in.steps(Limits.FILE_SHARDS);
        List<Long> lines = in.steps(Limits.FILE_SHARDS);
        List<ShardPlan.Slice> slices = new ArrayList<>();
        in.array();
        for (int i = 0; i < offsets.size(); i++) {
            Optional<Digest> digest = in.maybeBytes(32).map(hash -> Digest.ofHash(hash.array()));
            int at = i;
            slices.add(checked(() ->
                    new ShardPlan.Slice(offsets.get(at), lengths.get(at), records.get(at), lines.get(at), digest)));
        }
        in.end().end();
        return new ShardPlan(file, slices);
    }

    /** Texts by text, at most 64 pairs. */
    public static void map(CborOut out, SortedMap<String, String> map) {
        out.array(2 * map.size());
        for (Map.Entry<String, String> e : map.entrySet()) out.put(e.getKey()).put(e.getValue());
        out.end();
    }

    /** The same back. */
    public static TreeMap<String, String> map(CborIn in) {
        List<String> texts = in.texts(128, 256);
        if (texts.size() % 2 != 0) throw new Malformed("half an entry");
        TreeMap<String, String> map = new TreeMap<>();
        for (int i = 0; i < texts.size(); i += 2) map.put(texts.get(i), texts.get(i + 1));
        return map;
    }

    private static void real(CborOut out, OptionalDouble value) {
        out.maybe(value.isPresent() ? Optional.of(value.getAsDouble()) : Optional.empty(), CborOut::put);
    }

    private static OptionalDouble real(CborIn in) {
        Optional<Double> value = in.maybeReal();
        return value.isPresent() ? OptionalDouble.of(value.get()) : OptionalDouble.empty();
    }

    private static <T> T of(T[] values, CborIn in) {
        return values[(int) in.number(0, values.length - 1)];
    }

    private static <T> T checked(Supplier<T> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new Malformed(e.getMessage(), e);
        }
    }
}
