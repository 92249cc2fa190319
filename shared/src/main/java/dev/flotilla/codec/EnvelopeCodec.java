package dev.flotilla.codec;

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
import dev.flotilla.model.JobId;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Spec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import java.util.function.ToLongFunction;

/**
 * Envelopes in CBOR: an array of a kind number and the record's fields in order. Rows and assignments stand in columns of (step, count) pairs,
 * so that a thousand equal ones cost a few bytes (docs/protocol.md has the tables). A field is added at an array's end: older readers pass over
 * it. A change that an older reader would get wrong is a new version.
 */
public final class EnvelopeCodec {
    private static final int HELLO = 1;
    private static final int GREETING = 2;
    private static final int REPORT = 3;
    private static final int ORDER = 4;
    private static final int ID = 64;
    /**
     * Rows, assignments or serials in one envelope, all groups together: what a device can hold, and what it still has to settle. In columns many
     * take few bytes, so without this a small envelope could stand for more than the memory holds.
     */
    private static final int MOST = 16 * Limits.WINDOW;

    private EnvelopeCodec() {}

    /** The bytes, without a tag. */
    public static byte[] encode(Envelope envelope) {
        CborOut out = new CborOut();
        if (envelope instanceof Hello h) {
            out.array(9)
                    .put(HELLO)
                    .put(h.version())
                    .put(h.hello())
                    .put(h.boot())
                    .put(h.agentId())
                    .put(h.term())
                    .put(h.seq());
            out.put(h.machineBoot()).put(h.software()).end();
        } else if (envelope instanceof Greeting g) {
            out.array(5)
                    .put(GREETING)
                    .put(g.hello())
                    .put(g.greeting())
                    .put(g.term())
                    .put(g.seq())
                    .end();
        } else if (envelope instanceof Report r) report(out, r);
        else if (envelope instanceof Order o) order(out, o);
        return out.bytes();
    }

    /** @throws Malformed whatever is wrong with them */
    public static Envelope decode(byte[] body) {
        CborIn in = new CborIn(body, 0, Limits.ENVELOPE).array();
        try {
            Envelope envelope = switch ((int) in.number(HELLO, ORDER)) {
                case HELLO ->
                    new Hello(
                            (int) in.number(0, Integer.MAX_VALUE),
                            in.number(),
                            in.number(),
                            in.text(ID),
                            in.number(0, Long.MAX_VALUE),
                            in.number(0, Long.MAX_VALUE),
                            in.text(ID),
                            in.text(ID));
                case GREETING ->
                    new Greeting(in.number(), in.number(), in.number(0, Long.MAX_VALUE), in.number(0, Long.MAX_VALUE));
                case REPORT -> report(in);
                default -> order(in);
            };
            in.end().done();
            return envelope;
        } catch (IllegalArgumentException | ArithmeticException | java.time.DateTimeException e) {
            throw new Malformed(e.getMessage(), e);
        }
    }

    private static void report(CborOut out, Report r) {
        out.array(r.kept().isPresent() ? 13 : 12)
                .put(REPORT)
                .put(r.hello())
                .put(r.greeting())
                .put(r.n())
                .put(r.got())
                .put(r.full())
                .put(r.highest());
        out.each(r.rows(), EnvelopeCodec::rows);
        out.maybe(r.need(), (o, n) -> o.array(2).put(n.digest()).put(n.from()).end());
        out.maybe(r.capacity(), (o, c) -> {
            o.array(1);
            ModelCodec.write(o, c);
            o.end();
        });
        out.put(r.wall().toEpochMilli()).put(r.uptime());
        r.kept().ifPresent(k -> {
            out.array(3).put(k.above());
            out.each(k.rows(), EnvelopeCodec::rows);
            out.put(k.more()).end();
        });
        out.end();
    }

    private static Report report(CborIn in) {
        long hello = in.number();
        long greeting = in.number();
        long n = in.number(1, Long.MAX_VALUE);
        long got = in.number(0, Long.MAX_VALUE);
        boolean full = in.flag();
        long highest = in.number(0, Long.MAX_VALUE);
        List<RowGroup> rows = eachGroup(in, EnvelopeCodec::rows);
        Optional<Report.Need> need = in.maybeArray(i -> new Report.Need(i.digest(), i.number(0, Limits.ARTIFACT)));
        Optional<Capacity> capacity = in.maybeArray(ModelCodec::capacity);
        Instant wall = Instant.ofEpochMilli(in.number());
        Duration uptime = in.span();
        Optional<Report.Kept> kept = in.more() ? in.maybeArray(EnvelopeCodec::kept) : Optional.empty();
        return new Report(hello, greeting, n, got, full, highest, rows, need, capacity, wall, uptime, kept);
    }

    private static Report.Kept kept(CborIn in) {
        return new Report.Kept(in.number(0, Long.MAX_VALUE), eachGroup(in, EnvelopeCodec::rows), in.flag());
    }

    private static void rows(CborOut out, RowGroup group) {
        out.array(8).put(group.job().value()).put(group.spec());
        column(out, group.rows(), Row::serial);
        column(out, group.rows(), Row::revision);
        column(out, group.rows(), row -> row.state().ordinal());
        column(out, group.rows(), Row::index);
        column(out, group.rows(), Row::attempt);
        details(out, group.rows());
        out.end();
    }

    private static RowGroup rows(CborIn in, Room room) {
        JobId job = new JobId(in.text(ID));
        Digest spec = in.digest();
        List<Long> serials = room.steps(in);
        int size = serials.size();
        List<Long> revisions = column(in, size);
        List<Long> states = column(in, size);
        List<Long> indexes = column(in, size);
        List<Long> attempts = column(in, size);
        List<Optional<Detail>> details = details(in, size);
        List<Row> rows = new ArrayList<>(size);
        long last = 0;
        for (int i = 0; i < size; i++) {
            if (serials.get(i) <= last) throw new Malformed("serials must rise");
            last = serials.get(i);
            rows.add(new Row(
                    last,
                    within(revisions.get(i), 1, Long.MAX_VALUE),
                    AttemptState.values()[(int) within(states.get(i), 0, AttemptState.values().length - 1)],
                    within(indexes.get(i), 0, Long.MAX_VALUE),
                    (int) within(attempts.get(i), 1, Integer.MAX_VALUE),
                    details.get(i)));
        }
        return new RowGroup(job, spec, rows);
    }

    /** Which rows have a detail, and those details in columns; results as one list, or one result if all are equal. */
    private static void details(CborOut out, List<Row> rows) {
        List<Detail> there = new ArrayList<>();
        for (Row row : rows) row.detail().ifPresent(there::add);
        out.array(7);
        column(out, rows, row -> row.detail().isPresent() ? 1 : 0);
        column(out, there, d -> d.wall().toNanos());
        column(out, there, d -> d.cpu().toNanos());
        column(out, there, Detail::units);
        column(out, there, d -> d.result().isPresent() ? 1 : 0);
        List<Bytes> results = new ArrayList<>();
        for (Detail d : there) d.result().ifPresent(results::add);
        boolean equal = results.size() > 1;
        for (Bytes result : results) equal &= result.equals(results.get(0));
        out.each(
                equal ? results.subList(0, 1) : results,
                (o, r) -> o.array(1).put(r).end());
        List<Integer> wrong = new ArrayList<>();
        for (int i = 0; i < there.size(); i++) if (!there.get(i).error().isEmpty()) wrong.add(i);
        out.each(wrong, (o, i) -> o.array(2).put(i).put(there.get(i).error()).end());
        out.end();
    }

    private static List<Optional<Detail>> details(CborIn in, int size) {
        in.array();
        List<Long> has = column(in, size);
        int there = 0;
        for (long flag : has) there += flag == 1 ? 1 : 0;
        List<Long> walls = column(in, there);
        List<Long> cpus = column(in, there);
        List<Long> units = column(in, there);
        List<Long> hasResult = column(in, there);
        List<Bytes> results = in.eachArray(MOST, i -> i.bytes(Limits.INLINE));
        String[] errors = new String[there];
        in.eachArray(there, i -> errors[(int) i.number(0, errors.length - 1)] = i.text(Limits.ERROR_TEXT));
        in.end();
        List<Optional<Detail>> details = new ArrayList<>(size);
        int d = 0;
        int r = 0;
        for (long flag : has) {
            if (flag != 1) {
                details.add(Optional.empty());
                continue;
            }
            Optional<Bytes> result = Optional.empty();
            if (hasResult.get(d) == 1) {
                if (results.isEmpty() || results.size() > 1 && r >= results.size())
                    throw new Malformed("a result is missing");
                result = Optional.of(results.size() == 1 ? results.get(0) : results.get(r++));
            }
            details.add(Optional.of(new Detail(
                    Duration.ofNanos(within(walls.get(d), 0, Long.MAX_VALUE)),
                    Duration.ofNanos(within(cpus.get(d), 0, Long.MAX_VALUE)),
                    within(units.get(d), 0, Long.MAX_VALUE),
                    result,
                    errors[d] == null ? "" : errors[d])));
            d++;
        }
        return details;
    }

    private static void order(CborOut out, Order o) {
        out.array(o.wantKept().isPresent() ? 16 : 15)
                .put(ORDER)
                .put(o.hello())
                .put(o.greeting())
                .put(o.n())
                .put(o.re())
                .put(o.term())
                .put(o.seq())
                .put(o.beat());
        out.runs(o.settled()).runs(o.cancel());
        out.each(o.specs(), (c, spec) -> {
            c.array(1);
            ModelCodec.write(c, spec);
            c.end();
        });
        out.each(o.assign(), EnvelopeCodec::assignments);
        out.each(o.permits(), (c, p) -> c.array(2).put(p.serial()).put(p.boot()).end());
        out.put(o.wantFull());
        out.maybe(
                o.bytes(),
                (c, b) -> c.array(4)
                        .put(b.digest())
                        .put(b.offset())
                        .put(b.total())
                        .put(b.data())
                        .end());
        o.wantKept().ifPresent(out::put);
        out.end();
    }

    private static Order order(CborIn in) {
        long hello = in.number();
        long greeting = in.number();
        long n = in.number(1, Long.MAX_VALUE);
        long re = in.number(0, Long.MAX_VALUE);
        long term = in.number(0, Long.MAX_VALUE);
        long seq = in.number(0, Long.MAX_VALUE);
        Duration beat = in.span();
        List<Long> settled = in.runs(MOST);
        List<Long> cancel = in.runs(MOST);
        List<Spec> specs = in.eachArray(MOST, ModelCodec::spec);
        List<Order.AssignGroup> assign = eachGroup(in, EnvelopeCodec::assignments);
        List<Order.Permit> permits = in.eachArray(MOST, i -> new Order.Permit(i.number(1, Long.MAX_VALUE), i.number()));
        boolean wantFull = in.flag();
        Optional<Order.Chunk> bytes = in.maybeArray(i -> new Order.Chunk(
                i.digest(), i.number(0, Limits.ARTIFACT), i.number(0, Limits.ARTIFACT), i.bytes(Limits.CHUNK)));
        OptionalLong wantKept = in.more() ? OptionalLong.of(in.number(0, Long.MAX_VALUE)) : OptionalLong.empty();
        return new Order(
                hello, greeting, n, re, term, seq, beat, settled, cancel, specs, assign, permits, wantFull, bytes,
                wantKept);
    }

    private static void assignments(CborOut out, Order.AssignGroup group) {
        out.array(8)
                .put(group.job().value())
                .put(group.spec())
                .put(group.once())
                .put(group.timeout());
        column(out, group.assignments(), Order.Assignment::serial);
        column(out, group.assignments(), Order.Assignment::index);
        column(out, group.assignments(), Order.Assignment::attempt);
        boolean computed = true;
        for (Order.Assignment a : group.assignments()) computed &= a.shard() instanceof ShardInput.Computed;
        out.each(
                computed ? List.<Order.Assignment>of() : group.assignments(), (o, a) -> ModelCodec.write(o, a.shard()));
        out.end();
    }

    private static Order.AssignGroup assignments(CborIn in, Room room) {
        JobId job = new JobId(in.text(ID));
        Digest spec = in.digest();
        boolean once = in.flag();
        Duration timeout = in.span();
        List<Long> serials = room.steps(in);
        List<Long> indexes = column(in, serials.size());
        List<Long> attempts = column(in, serials.size());
        List<ShardInput> shards = in.eachArray(serials.size(), ModelCodec::shardFields);
        if (!shards.isEmpty() && shards.size() != serials.size()) throw new Malformed("a shard is missing");
        List<Order.Assignment> assignments = new ArrayList<>(serials.size());
        for (int i = 0; i < serials.size(); i++) {
            assignments.add(new Order.Assignment(
                    within(serials.get(i), 1, Long.MAX_VALUE),
                    within(indexes.get(i), 0, Long.MAX_VALUE),
                    (int) within(attempts.get(i), 1, Integer.MAX_VALUE),
                    shards.isEmpty() ? ShardInput.Computed.HERE : shards.get(i)));
        }
        return new Order.AssignGroup(job, spec, once, timeout, assignments);
    }

    /** How many more rows or assignments the envelope may hold. */
    private static final class Room {
        private int left = MOST;

        List<Long> steps(CborIn in) {
            List<Long> serials = in.steps(left);
            left -= serials.size();
            return serials;
        }
    }

    private static <T> List<T> eachGroup(CborIn in, BiFunction<CborIn, Room, T> group) {
        Room room = new Room();
        return in.eachArray(MOST, i -> group.apply(i, room));
    }

    private static <T> void column(CborOut out, List<T> items, ToLongFunction<T> field) {
        List<Long> numbers = new ArrayList<>(items.size());
        for (T item : items) numbers.add(field.applyAsLong(item));
        out.steps(numbers);
    }

    private static List<Long> column(CborIn in, int size) {
        List<Long> numbers = in.steps(size);
        if (numbers.size() != size) throw new Malformed("a column has " + numbers.size() + " of " + size + " rows");
        return numbers;
    }

    private static long within(long n, long least, long most) {
        if (n < least || n > most) throw new Malformed(n + " is not within " + least + ".." + most);
        return n;
    }
}
