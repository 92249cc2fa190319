package dev.flotilla.agent.core;

import dev.flotilla.link.Order;
import dev.flotilla.link.Report;
import dev.flotilla.model.Digest;
import dev.flotilla.model.ShardInput;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Inputs that are fetched in chunks, one artifact at a time, the oldest attempt's first. In memory: what is there is asked of the disk once
 * after each start. A chunk that was lost is asked for again by the next report.
 */
final class Artifacts {
    /** What became of the attempts that wait for an artifact. */
    record Arrival(List<Long> ready, List<Long> failed) {
        static final Arrival NOTHING = new Arrival(List.of(), List.of());
    }

    private static final int TRIES = 3;

    private static final class Fetch {
        final TreeSet<Long> users = new TreeSet<>();
        boolean looked;
        boolean whole;
        boolean storing;
        long have;
        int spoilt;
    }

    private final TreeMap<Digest, Fetch> fetches = new TreeMap<>();
    /** Attempts whose input is not here yet. */
    private final TreeMap<Long, Digest> waiting = new TreeMap<>();

    /** The attempt needs this input; true if all of it is here. */
    boolean here(Step step, long serial, ShardInput shard) {
        if (!(shard instanceof ShardInput.Stored stored)) return true;
        Fetch fetch = fetches.get(stored.digest());
        if (fetch == null) {
            fetch = new Fetch();
            fetches.put(stored.digest(), fetch);
            step.start(new Effect.Look(stored.digest()));
        }
        fetch.users.add(serial);
        if (!fetch.whole) waiting.put(serial, stored.digest());
        return fetch.whole;
    }

    /** True unless the attempt waits for its input. */
    boolean has(long serial) {
        return !waiting.containsKey(serial);
    }

    /** The attempt has ended; an artifact without users is forgotten. */
    void release(Step step, long serial, ShardInput shard) {
        if (!(shard instanceof ShardInput.Stored stored)) return;
        waiting.remove(serial);
        Fetch fetch = fetches.get(stored.digest());
        if (fetch == null) return;
        fetch.users.remove(serial);
        if (!fetch.users.isEmpty()) return;
        fetches.remove(stored.digest());
        step.start(new Effect.Forget(stored.digest()));
    }

    /** A chunk that goes on where the bytes on disk end is stored; any other is old. */
    void arrived(Step step, Order.Chunk chunk) {
        Fetch fetch = fetches.get(chunk.digest());
        boolean next = fetch != null && fetch.looked && !fetch.whole && !fetch.storing && chunk.offset() == fetch.have;
        if (!next || chunk.data().size() == 0) return;
        fetch.storing = true;
        step.start(new Effect.Store(chunk));
    }

    /** What the disk says. An artifact that does not grow when a chunk is stored is asked for again, a few times; on a full disk, until there is room. */
    Arrival stored(Input.Stored input, boolean shortOfDisk) {
        Fetch fetch = fetches.get(input.digest());
        if (fetch == null || fetch.whole) return Arrival.NOTHING;
        if (fetch.storing && !input.whole() && input.have() <= fetch.have && !shortOfDisk) fetch.spoilt++;
        fetch.looked = true;
        fetch.storing = false;
        fetch.have = input.have();
        fetch.whole = input.whole();
        if (!fetch.whole && fetch.spoilt < TRIES) return Arrival.NOTHING;
        List<Long> users = new ArrayList<>(fetch.users);
        waiting.keySet().removeAll(users);
        return fetch.whole ? new Arrival(users, List.of()) : new Arrival(List.of(), users);
    }

    /** The bytes to ask for; empty while there are none, or a chunk is being stored. */
    Optional<Report.Need> need() {
        if (waiting.isEmpty()) return Optional.empty();
        Digest digest = waiting.firstEntry().getValue();
        Fetch fetch = fetches.get(digest);
        return fetch.looked && !fetch.storing ? Optional.of(new Report.Need(digest, fetch.have)) : Optional.empty();
    }
}
