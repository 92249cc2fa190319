package dev.flotilla.controller.core;

import dev.flotilla.link.Hello;
import dev.flotilla.link.Presence;
import dev.flotilla.link.Report;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Policy;
import dev.flotilla.model.Spec;
import dev.flotilla.shard.ShardPlan;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;

/** What happened, as the loop saw it. Envelopes are authentic and decoded; requests are well formed. */
public sealed interface Input {
    /** The process has started; {@code seq} is the journal's last commit that holds an event. */
    record Begun(long seq) implements Input {}

    /** The journal is an older copy that the operator put in its place; said before {@link Begun}, once. */
    record Restored() implements Input {}

    /** The time that the core asked for has come. */
    record Ticked() implements Input {}

    /** A device wants to meet; {@code seq} is a commit of this journal at or after the last one that was told to any device. */
    record Greeted(DeviceId device, Hello hello, long seq) implements Input {}

    /** A device's report; {@code bytes} is its size on the wire. */
    record Reported(DeviceId device, Report report, int bytes) implements Input {}

    /** A hint from the broker: the device came or went. */
    record PresenceSeen(DeviceId device, Presence presence) implements Input {}

    /** An envelope of the device was dropped by the edge. */
    record Ignored(DeviceId device, String reason) implements Input {}

    /**
     * A client submits a job whose file is cut already. {@code notes} are for people; {@code seq} is a commit of this journal, a late one;
     * {@code shortOfDisk}: there is no room for a new one.
     */
    record Submitted(
            long request,
            JobId job,
            String name,
            Spec spec,
            Policy policy,
            ShardPlan plan,
            List<String> notes,
            Instant wall,
            long seq,
            boolean shortOfDisk)
            implements Input {}

    /** A client ends a job; by a unique prefix of its id. */
    record CancelAsked(long request, String job, Instant wall) implements Input {}

    /** A client removes a job that has ended; by a unique prefix of its id. */
    record RemoveAsked(long request, String job) implements Input {}

    /** A file that a running job needs is not in the store any more: the file itself, or one of its large shards. */
    record ArtifactMissing(Digest digest) implements Input {}

    /** A client decides on held tasks: all of a job, or one. */
    record ReleaseAsked(long request, String job, OptionalLong index, boolean again) implements Input {}

    /** A client makes a token; its id is drawn, its secret comes from the fleet's. */
    record TokenAsked(
            long request,
            String token,
            int uses,
            Instant expires,
            SortedMap<String, String> labels,
            Optional<DeviceId> replaces,
            boolean approve,
            Instant wall)
            implements Input {}

    /** A client revokes a token. */
    record RevokeAsked(long request, String token) implements Input {}

    /** Who holds a token joins; {@code key} is the hash of a public key that it has shown to be its own, {@code name} its host's. */
    record JoinAsked(long request, String token, Digest key, String name, Instant wall) implements Input {}

    /** A client's word on a device that waits for it. */
    record ApproveAsked(long request, String device) implements Input {}

    /** A client removes a device, by its whole id. */
    record RemoveDeviceAsked(long request, String device) implements Input {}

    /** A client reads. */
    record Asked(long request, Query query, Instant wall) implements Input {}

    /** What can be read. Ids may be a unique prefix. */
    sealed interface Query {
        record Info() implements Query {}

        /** The newest jobs, at most {@code limit} of them, of those before {@code before}: what the last page ended with. */
        record Jobs(OptionalLong before, int limit) implements Query {}

        /** Every artifact that a job needs. */
        record Artifacts() implements Query {}

        record Job(String job) implements Query {}

        record Result(String job) implements Query {}

        record Shards(String job, long from) implements Query {}

        record Devices() implements Query {}

        record Tokens() implements Query {}

        record Device(String device) implements Query {}

        /** What the devices could do at once: the default number of shards, and which devices a job's labels and terms refuse. */
        record Fit(Optional<Policy> policy) implements Query {}
    }
}
