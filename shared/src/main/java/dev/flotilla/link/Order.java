package dev.flotilla.link;

import dev.flotilla.model.Bytes;
import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Spec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * Controller to agent: how things are, as far as the agent does not show it. Applied in the order of its fields.
 *
 * @param hello     with {@code greeting} the meeting
 * @param n         of this sending; grows within a meeting, from 1
 * @param re        highest n of a report applied: what that report carried is noted
 * @param term      the controller's start number; with {@code seq} its commit
 * @param beat      how often the agent must say something at least
 * @param settled   serials whose outcome the controller has on disk, rising
 * @param cancel    serials to end, rising
 * @param specs     specs that the device may lack
 * @param assign    assignments, grouped by job and spec
 * @param permits   one-time attempts that may start, in that very boot
 * @param wantFull  true: the next report must be full
 * @param bytes     a chunk of what the agent needs
 * @param wantKept  the next report must bring the results that the agent kept of settled attempts above this serial; empty: none are wanted
 */
public record Order(
        long hello,
        long greeting,
        long n,
        long re,
        long term,
        long seq,
        Duration beat,
        List<Long> settled,
        List<Long> cancel,
        List<Spec> specs,
        List<AssignGroup> assign,
        List<Permit> permits,
        boolean wantFull,
        Optional<Chunk> bytes,
        OptionalLong wantKept)
        implements Envelope {
    public Order {
        settled = List.copyOf(settled);
        cancel = List.copyOf(cancel);
        specs = List.copyOf(specs);
        assign = List.copyOf(assign);
        permits = List.copyOf(permits);
    }

    /** True if a report must answer it. One with nothing but settled serials is confirmed by the next report's {@code got}. */
    public boolean wantsAnswer() {
        return !cancel.isEmpty()
                || !assign.isEmpty()
                || !permits.isEmpty()
                || wantFull
                || bytes.isPresent()
                || wantKept.isPresent();
    }

    /**
     * The same with what only an edge has. An assignment whose bytes cannot be had is left out: the rest goes all the same, and it is said again.
     *
     * @param commit  the journal's last one
     * @param input   a shard as it travels; empty if its bytes cannot be had
     * @param part    the chunk that is wanted, with its bytes; empty if they cannot be had
     */
    public Order filled(
            long commit, Function<ShardInput, Optional<ShardInput>> input, Function<Chunk, Optional<Chunk>> part) {
        List<AssignGroup> groups = new ArrayList<>();
        for (AssignGroup group : assign) {
            List<Assignment> filled = new ArrayList<>();
            for (Assignment a : group.assignments())
                input.apply(a.shard())
                        .ifPresent(shard -> filled.add(new Assignment(a.serial(), a.index(), a.attempt(), shard)));
            if (!filled.isEmpty())
                groups.add(new AssignGroup(group.job(), group.spec(), group.once(), group.timeout(), filled));
        }
        return new Order(
                hello,
                greeting,
                n,
                re,
                term,
                commit,
                beat,
                settled,
                cancel,
                specs,
                groups,
                permits,
                wantFull,
                bytes.flatMap(part),
                wantKept);
    }

    /** Assignments of one job; {@code once}: its tasks start only with a permit; {@code timeout} zero: none. */
    public record AssignGroup(JobId job, Digest spec, boolean once, Duration timeout, List<Assignment> assignments) {
        public AssignGroup {
            assignments = List.copyOf(assignments);
        }
    }

    /** One attempt for this device. */
    public record Assignment(long serial, long index, int attempt, ShardInput shard) {}

    /** The attempt of that serial may start, in that boot alone. */
    public record Permit(long serial, long boot) {}

    /** Bytes of an artifact from {@code offset}; {@code total} is its whole size. */
    public record Chunk(Digest digest, long offset, long total, Bytes data) {}
}
