package dev.flotilla.agent.core;

import dev.flotilla.codec.CborIn;
import dev.flotilla.codec.CborOut;
import dev.flotilla.codec.ModelCodec;
import dev.flotilla.link.Detail;
import dev.flotilla.link.Order;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Spec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * Events as the redo log has them: an array of a kind and fields each, what comes by the thousand in columns. A kind's number never changes; a
 * new event takes the next number, a new field is appended, and the last release's journal must still replay.
 */
final class EventCodec {
    static final int ANY = Integer.MAX_VALUE;
    static final int ID = 64;

    private EventCodec() {}

    static byte[] write(List<Event> events) {
        CborOut out = new CborOut();
        out.each(events, EventCodec::write);
        return out.bytes();
    }

    static List<Event> read(byte[] batch) {
        return CborIn.whole(batch, in -> in.eachArray(ANY, EventCodec::read));
    }

    private static void write(CborOut out, Event event) {
        if (event instanceof Event.EndedAtOnce e) {
            out.array(8).put(1);
            work(out, e.work());
            body(out, e.body());
            column(out, e.ends(), Event.AtOnce::serial);
            column(out, e.ends(), Event.AtOnce::index);
            column(out, e.ends(), Event.AtOnce::attempt);
            column(out, e.ends(), end -> end.state().ordinal());
            details(out, e.ends().stream().map(Event.AtOnce::detail).toList());
            out.end();
        } else if (event instanceof Event.Accepted e) {
            out.array(7).put(2);
            work(out, e.work());
            body(out, e.body());
            column(out, e.assignments(), Order.Assignment::serial);
            column(out, e.assignments(), Order.Assignment::index);
            column(out, e.assignments(), Order.Assignment::attempt);
            shards(out, e.assignments().stream().map(Order.Assignment::shard).toList());
            out.end();
        } else if (event instanceof Event.Ended e) {
            out.array(4).put(3);
            column(out, e.ends(), Event.End::serial);
            column(out, e.ends(), end -> end.state().ordinal());
            details(out, e.ends().stream().map(Event.End::detail).toList());
            out.end();
        } else if (event instanceof Event.Forgotten e) {
            out.array(2).put(4).steps(e.serials()).end();
        } else if (event instanceof Event.Started e) {
            out.array(3).put(5).steps(e.serials()).put(e.synced()).end();
        } else if (event instanceof Event.Asked e) {
            out.array(2).put(6).steps(e.serials()).end();
        } else if (event instanceof Event.Again e) {
            out.array(2).put(7).steps(e.serials()).end();
        } else if (event instanceof Event.Met e) {
            out.array(3).put(8).put(e.term()).put(e.seq()).end();
        } else if (event instanceof Event.Born e) {
            out.array(2).put(9).put(e.agentId()).end();
        } else throw new AssertionError("no code for " + event);
    }

    private static Event read(CborIn in) {
        return switch ((int) in.number(1, 9)) {
            case 1 -> endedAtOnce(in);
            case 2 -> accepted(in);
            case 3 -> ended(in);
            case 4 -> new Event.Forgotten(in.steps(ANY));
            case 5 -> new Event.Started(in.steps(ANY), in.flag());
            case 6 -> new Event.Asked(in.steps(ANY));
            case 7 -> new Event.Again(in.steps(ANY));
            case 8 -> new Event.Met(in.number(), in.number());
            default -> new Event.Born(in.text(ID));
        };
    }

    private static Event endedAtOnce(CborIn in) {
        Work work = work(in);
        Optional<Spec> body = in.maybeArray(ModelCodec::spec);
        List<Long> serials = in.steps(ANY);
        List<Long> indexes = in.steps(ANY);
        List<Long> attempts = in.steps(ANY);
        List<Long> states = in.steps(ANY);
        List<Detail> details = details(in);
        List<Event.AtOnce> ends = new ArrayList<>();
        for (int i = 0; i < serials.size(); i++) {
            ends.add(new Event.AtOnce(
                    serials.get(i), indexes.get(i), attempts.get(i).intValue(), state(states.get(i)), details.get(i)));
        }
        return new Event.EndedAtOnce(work, body, ends);
    }

    private static Event accepted(CborIn in) {
        Work work = work(in);
        Optional<Spec> body = in.maybeArray(ModelCodec::spec);
        List<Long> serials = in.steps(ANY);
        List<Long> indexes = in.steps(ANY);
        List<Long> attempts = in.steps(ANY);
        List<ShardInput> shards = shards(in, serials.size());
        List<Order.Assignment> assignments = new ArrayList<>();
        for (int i = 0; i < serials.size(); i++) {
            assignments.add(new Order.Assignment(
                    serials.get(i), indexes.get(i), attempts.get(i).intValue(), shards.get(i)));
        }
        return new Event.Accepted(work, body, assignments);
    }

    private static Event ended(CborIn in) {
        List<Long> serials = in.steps(ANY);
        List<Long> states = in.steps(ANY);
        List<Detail> details = details(in);
        List<Event.End> ends = new ArrayList<>();
        for (int i = 0; i < serials.size(); i++)
            ends.add(new Event.End(serials.get(i), state(states.get(i)), details.get(i)));
        return new Event.Ended(ends);
    }

    static AttemptState state(long ordinal) {
        return AttemptState.values()[(int) ordinal];
    }

    static void work(CborOut out, Work work) {
        out.array(4)
                .put(work.job().value())
                .put(work.spec())
                .put(work.once())
                .put(work.timeout())
                .end();
    }

    static Work work(CborIn in) {
        in.array();
        Work work = workFields(in);
        in.end();
        return work;
    }

    /** The fields, where the array was entered already. */
    static Work workFields(CborIn in) {
        String job = in.text(ID);
        Digest spec = in.digest();
        boolean once = in.flag();
        Duration timeout = in.span();
        return new Work(new JobId(job), spec, once, timeout);
    }

    private static void body(CborOut out, Optional<Spec> body) {
        out.maybe(body, (o, spec) -> {
            o.array(1);
            ModelCodec.write(o, spec);
            o.end();
        });
    }

    /** None, if all are computed. */
    static void shards(CborOut out, List<ShardInput> shards) {
        boolean computed = true;
        for (ShardInput shard : shards) computed &= shard instanceof ShardInput.Computed;
        out.each(computed ? List.<ShardInput>of() : shards, (o, shard) -> {
            o.array(1);
            ModelCodec.write(o, shard);
            o.end();
        });
    }

    static List<ShardInput> shards(CborIn in, int size) {
        List<ShardInput> shards = in.eachArray(ANY, ModelCodec::shardInput);
        while (shards.size() < size) shards.add(ShardInput.Computed.HERE);
        return shards;
    }

    /** In columns; results as one list, or one result if all are equal. */
    static void details(CborOut out, List<Detail> details) {
        out.array(6);
        column(out, details, d -> d.wall().toNanos());
        column(out, details, d -> d.cpu().toNanos());
        column(out, details, Detail::units);
        column(out, details, d -> d.result().isPresent() ? 1 : 0);
        List<Bytes> results = new ArrayList<>();
        for (Detail d : details) d.result().ifPresent(results::add);
        boolean equal = !results.isEmpty();
        for (Bytes result : results) equal &= result.equals(results.get(0));
        out.each(
                equal ? results.subList(0, 1) : results,
                (o, r) -> o.array(1).put(r).end());
        List<Integer> wrong = new ArrayList<>();
        for (int i = 0; i < details.size(); i++) if (!details.get(i).error().isEmpty()) wrong.add(i);
        out.each(wrong, (o, i) -> o.array(2).put(i).put(details.get(i).error()).end());
        out.end();
    }

    static List<Detail> details(CborIn in) {
        in.array();
        List<Long> walls = in.steps(ANY);
        List<Long> cpus = in.steps(ANY);
        List<Long> units = in.steps(ANY);
        List<Long> has = in.steps(ANY);
        List<Bytes> results = in.eachArray(ANY, i -> i.bytes(Limits.INLINE));
        String[] errors = new String[walls.size()];
        in.eachArray(ANY, i -> errors[(int) i.number(0, errors.length - 1)] = i.text(Limits.ERROR_TEXT));
        in.end();
        List<Detail> details = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < walls.size(); i++) {
            Optional<Bytes> result = has.get(i) == 0
                    ? Optional.empty()
                    : Optional.of(results.size() == 1 ? results.get(0) : results.get(next++));
            details.add(new Detail(
                    Duration.ofNanos(walls.get(i)),
                    Duration.ofNanos(cpus.get(i)),
                    units.get(i),
                    result,
                    errors[i] == null ? "" : errors[i]));
        }
        return details;
    }

    static <T> void column(CborOut out, List<T> items, ToLongFunction<T> field) {
        List<Long> numbers = new ArrayList<>(items.size());
        for (T item : items) numbers.add(field.applyAsLong(item));
        out.steps(numbers);
    }
}
