package dev.flotilla.agent.core;

import dev.flotilla.link.Order;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Spec;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What must survive: who the agent is, what it holds and how far that is. It changes in {@link #apply} alone, so replaying the redo log is apply
 * alone. Rules are decided elsewhere; here each event is carried out to the letter.
 */
final class Ledger {
    String agentId = "";
    long term;
    long seq;
    /** The highest serial ever taken; one at or below it that is not here was forgotten and never starts again (I5). */
    long highest;

    final TreeMap<Long, Attempt> attempts = new TreeMap<>();
    final TreeMap<Digest, Spec> specs = new TreeMap<>();
    /** Attempts of each spec; with the last one its body goes. */
    private final TreeMap<Digest, Integer> holders = new TreeMap<>();

    /** Results of settled attempts, for a controller that comes back from an older copy: the newest that have room. */
    final TreeMap<Long, Kept> kept = new TreeMap<>();

    private long keptBytes;

    /** Indexes over the attempts. */
    final TreeSet<Long> running = new TreeSet<>();

    final TreeSet<Long> asking = new TreeSet<>();
    int unended;

    void apply(Event event) {
        if (event instanceof Event.EndedAtOnce e) {
            hold(e.work().spec(), e.body(), e.ends().size());
            for (Event.AtOnce end : e.ends()) {
                add(new Attempt(end.serial(), e.work(), end.index(), end.attempt(), ShardInput.Computed.HERE));
                ended(end.serial(), new Event.End(end.serial(), end.state(), end.detail()));
            }
        } else if (event instanceof Event.Accepted e) {
            hold(e.work().spec(), e.body(), e.assignments().size());
            for (Order.Assignment a : e.assignments()) {
                add(new Attempt(a.serial(), e.work(), a.index(), a.attempt(), a.shard()));
            }
        } else if (event instanceof Event.Ended e) for (Event.End end : e.ends()) ended(end.serial(), end);
        else if (event instanceof Event.Forgotten e) forgotten(e.serials());
        else if (event instanceof Event.Started e) for (long serial : e.serials()) become(serial, AttemptState.RUNNING);
        else if (event instanceof Event.Asked e) for (long serial : e.serials()) become(serial, AttemptState.ASKING);
        else if (event instanceof Event.Again e) {
            for (long serial : e.serials()) {
                become(serial, AttemptState.ACCEPTED);
                attempts.get(serial).interruptions++;
            }
        } else if (event instanceof Event.Met e) {
            term = e.term();
            seq = e.seq();
        } else if (event instanceof Event.Born e) agentId = e.agentId();
        else throw new AssertionError("no way to apply " + event);
    }

    /** So many attempts of that spec are added; {@code body} if no other attempt has it. */
    void hold(Digest spec, Optional<Spec> body, int attempts) {
        body.ifPresent(b -> specs.putIfAbsent(spec, b));
        holders.merge(spec, attempts, Integer::sum);
    }

    /** Adds an attempt as the snapshot has it, or as it was just assigned. */
    void add(Attempt attempt) {
        attempts.put(attempt.serial, attempt);
        highest = Math.max(highest, attempt.serial);
        if (!attempt.state.ended()) unended++;
        index(attempt);
    }

    private void become(long serial, AttemptState state) {
        Attempt attempt = attempts.get(serial);
        attempt.becomes(state);
        index(attempt);
    }

    private void ended(long serial, Event.End end) {
        Attempt attempt = attempts.get(serial);
        attempt.ends(end.state(), end.detail());
        unended--;
        index(attempt);
    }

    private void index(Attempt attempt) {
        if (attempt.state == AttemptState.RUNNING) running.add(attempt.serial);
        else running.remove(attempt.serial);
        if (attempt.state == AttemptState.ASKING) asking.add(attempt.serial);
        else asking.remove(attempt.serial);
    }

    private void forgotten(List<Long> serials) {
        Work work = null;
        int same = 0;
        for (long serial : serials) {
            Attempt attempt = attempts.remove(serial);
            if (attempt.state == AttemptState.FINISHED) keep(serial, Kept.of(attempt));
            if (work != null && attempt.work != work) {
                letGo(work.spec(), same);
                same = 0;
            }
            work = attempt.work;
            same++;
        }
        if (work != null) letGo(work.spec(), same);
    }

    /** The oldest go out first: serials only grow. */
    void keep(long serial, Kept result) {
        Kept before = kept.put(serial, result);
        keptBytes += result.bytes() - (before == null ? 0 : before.bytes());
        while (kept.size() > Limits.KEPT || keptBytes > Limits.KEPT_BYTES)
            keptBytes -= kept.pollFirstEntry().getValue().bytes();
    }

    private void letGo(Digest spec, int attempts) {
        if (holders.merge(spec, -attempts, Integer::sum) > 0) return;
        holders.remove(spec);
        specs.remove(spec);
    }
}
