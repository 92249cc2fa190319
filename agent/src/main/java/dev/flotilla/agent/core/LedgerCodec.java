package dev.flotilla.agent.core;

import dev.flotilla.codec.CborIn;
import dev.flotilla.codec.CborOut;
import dev.flotilla.codec.ModelCodec;
import dev.flotilla.codec.SpecCodec;
import dev.flotilla.link.Detail;
import dev.flotilla.model.Digest;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The whole ledger in bytes, and back: a snapshot. Everything is written in key order, so equal ledgers give equal bytes (I9). To add a field:
 * append it to its array, read it with a default where the array ends, and add a snapshot of the last release to the tests.
 */
final class LedgerCodec {
    private LedgerCodec() {}

    static byte[] write(Ledger ledger) {
        TreeMap<Work, Long> works = new TreeMap<>();
        for (Attempt attempt : ledger.attempts.values()) works.put(attempt.work, 0L);
        for (Kept kept : ledger.kept.values()) works.put(kept.work(), 0L);
        long number = 0;
        for (var entry : works.entrySet()) entry.setValue(number++);
        CborOut out = new CborOut();
        out.array(8).put(ledger.agentId).put(ledger.term).put(ledger.seq).put(ledger.highest);
        out.each(ledger.specs.values(), (o, spec) -> {
            o.array(1);
            ModelCodec.write(o, spec);
            o.end();
        });
        out.each(works.keySet(), EventCodec::work);
        attempts(out, new ArrayList<>(ledger.attempts.values()), works);
        kept(out, ledger.kept, works);
        return out.end().bytes();
    }

    private static void kept(CborOut out, TreeMap<Long, Kept> kept, TreeMap<Work, Long> works) {
        List<Kept> all = new ArrayList<>(kept.values());
        out.array(5).steps(new ArrayList<>(kept.keySet()));
        EventCodec.column(out, all, k -> works.get(k.work()));
        EventCodec.column(out, all, Kept::index);
        EventCodec.column(out, all, Kept::number);
        EventCodec.details(out, all.stream().map(Kept::detail).toList());
        out.end();
    }

    private static void kept(CborIn in, Ledger ledger, List<Work> works) {
        in.array();
        List<Long> serials = in.steps(EventCodec.ANY);
        List<Long> work = in.steps(EventCodec.ANY);
        List<Long> indexes = in.steps(EventCodec.ANY);
        List<Long> numbers = in.steps(EventCodec.ANY);
        List<Detail> details = EventCodec.details(in);
        in.end();
        for (int i = 0; i < serials.size(); i++) {
            ledger.keep(
                    serials.get(i),
                    new Kept(
                            works.get(work.get(i).intValue()),
                            indexes.get(i),
                            numbers.get(i).intValue(),
                            details.get(i)));
        }
    }

    private static void attempts(CborOut out, List<Attempt> attempts, TreeMap<Work, Long> works) {
        out.array(10);
        EventCodec.column(out, attempts, a -> a.serial);
        EventCodec.column(out, attempts, a -> works.get(a.work));
        EventCodec.column(out, attempts, a -> a.index);
        EventCodec.column(out, attempts, a -> a.number);
        EventCodec.column(out, attempts, a -> a.state.ordinal());
        EventCodec.column(out, attempts, a -> a.revision);
        EventCodec.column(out, attempts, a -> a.interruptions);
        EventCodec.shards(out, attempts.stream().map(a -> a.shard).toList());
        EventCodec.column(out, attempts, a -> a.detail.isPresent() ? 1 : 0);
        EventCodec.details(
                out, attempts.stream().flatMap(a -> a.detail.stream()).toList());
        out.end();
    }

    static Ledger read(byte[] snapshot) {
        return CborIn.whole(snapshot, LedgerCodec::read);
    }

    private static Ledger read(CborIn in) {
        in.array();
        Ledger ledger = new Ledger();
        ledger.agentId = in.text(EventCodec.ID);
        ledger.term = in.number();
        ledger.seq = in.number();
        ledger.highest = in.number();
        TreeMap<Digest, Spec> specs = new TreeMap<>();
        for (Spec spec : in.eachArray(EventCodec.ANY, ModelCodec::spec)) specs.put(SpecCodec.digest(spec), spec);
        List<Work> works = in.eachArray(EventCodec.ANY, EventCodec::workFields);
        in.array();
        List<Long> serials = in.steps(EventCodec.ANY);
        List<Long> work = in.steps(EventCodec.ANY);
        List<Long> indexes = in.steps(EventCodec.ANY);
        List<Long> numbers = in.steps(EventCodec.ANY);
        List<Long> states = in.steps(EventCodec.ANY);
        List<Long> revisions = in.steps(EventCodec.ANY);
        List<Long> interruptions = in.steps(EventCodec.ANY);
        List<ShardInput> shards = EventCodec.shards(in, serials.size());
        List<Long> ended = in.steps(EventCodec.ANY);
        List<Detail> details = EventCodec.details(in);
        in.end();
        if (in.more()) kept(in, ledger, works);
        in.end();
        int next = 0;
        for (int i = 0; i < serials.size(); i++) {
            Attempt attempt = new Attempt(
                    serials.get(i),
                    works.get(work.get(i).intValue()),
                    indexes.get(i),
                    numbers.get(i).intValue(),
                    shards.get(i));
            attempt.state = EventCodec.state(states.get(i));
            attempt.revision = revisions.get(i);
            attempt.interruptions = interruptions.get(i).intValue();
            if (ended.get(i) == 1) attempt.detail = Optional.of(details.get(next++));
            ledger.hold(attempt.work.spec(), Optional.ofNullable(specs.get(attempt.work.spec())), 1);
            ledger.add(attempt);
        }
        return ledger;
    }
}
