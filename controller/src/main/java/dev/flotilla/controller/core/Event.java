package dev.flotilla.controller.core;

import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Policy;
import dev.flotilla.model.Spec;
import dev.flotilla.shard.ShardPlan;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/** What changes in the ledger. Each carries many attempts where it can, because tasks come by the thousand. */
public sealed interface Event {
    /** The controller started: its term, and the journal's last commit before that. */
    record Started(long term, long seq) implements Event {}

    /** A device began a meeting for the first time, or as another than it was. */
    record DeviceKnown(DeviceId device, String agentId, Capacity capacity) implements Event {}

    /** The device has accepted serials that this journal does not know: it is an older copy. */
    record SerialsRaised(DeviceId device, long next) implements Event {}

    /** The device has met a commit that this journal lacks: it is an older copy. {@code term} is above any that was in use. */
    record OlderCopyFound(DeviceId device, long term) implements Event {}

    /** The operator put an older copy of the journal in its place. {@code term} is above any that was in use. */
    record Restored(long term) implements Event {}

    /** Every open task of every running one-time job waits for the operator. */
    record OnceHeld(String why) implements Event {}

    /** A restored controller has waited for its devices, and places again. */
    record WaitedEnough() implements Event {}

    /** The device has told all results that it kept. */
    record KeptTold(DeviceId device) implements Event {}

    /** The operator's word on held tasks that were never placed: they may run. */
    record RestReleased(JobId job) implements Event {}

    /** A client's job. {@code submitted} is by this machine's clock, for people; {@code seq} is a commit before this one. */
    record JobSubmitted(JobId job, String name, Spec spec, Policy policy, ShardPlan plan, Instant submitted, long seq)
            implements Event {}

    /** Tasks of one job went to one device; {@code why} is the policy's reason for the first. */
    record Placed(DeviceId device, JobId job, List<Placement> placements, String why) implements Event {}

    /** A device works on a task that this journal had not placed: taken over. */
    record Adopted(DeviceId device, JobId job, Placement placement) implements Event {}

    /** Results that enter the value. */
    record Counted(DeviceId device, JobId job, List<Count> counts) implements Event {}

    /** Attempts that ended otherwise, or whose result is waste. */
    record Ended(DeviceId device, JobId job, List<End> ends) implements Event {}

    /** The device was silent for too long; its attempts are placed again, and may still be the first to answer. */
    record Lost(DeviceId device, List<Long> serials, Duration silent) implements Event {}

    /** The device lost these attempts, or never got them. */
    record Gone(DeviceId device, List<Long> serials, String why) implements Event {}

    /** A lost attempt is live again. */
    record Revived(DeviceId device, long serial) implements Event {}

    /** A one-time task may start: that attempt, in that boot. */
    record Permitted(JobId job, long index, DeviceId device, long serial, long boot) implements Event {}

    /** A task waits for the operator. */
    record Held(JobId job, long index, String why) implements Event {}

    /** The operator decided on held tasks. */
    record Released(JobId job, List<Long> indexes, boolean again) implements Event {}

    /** A task has failed as often as it may. */
    record Poisoned(JobId job, long index) implements Event {}

    /** What is left of a job's time. */
    record DeadlineLeft(JobId job, Duration left) implements Event {}

    /** The job ended; value and coverage never change any more. {@code ran} is by this process's clock. */
    record JobEnded(JobId job, JobState.State state, String why, Duration ran) implements Event {}

    /** A client removed a job that had ended: nothing is kept of it but its id, which names no other job. */
    record JobRemoved(JobId job) implements Event {}

    /** A token: so many may join with it until then. {@code forgotten}: tokens of no use any more, that make room for it. */
    record TokenMade(
            String token,
            int uses,
            Instant expires,
            SortedMap<String, String> labels,
            Optional<DeviceId> replaces,
            boolean approve,
            List<String> forgotten)
            implements Event {}

    /** Nobody more joins with it. */
    record TokenRevoked(String token) implements Event {}

    /** A device has joined, or another in its place. {@code key} is its public key's hash, {@code until} the end of its certificate. */
    record Joined(
            DeviceId device,
            String token,
            Digest key,
            int keyVersion,
            boolean pending,
            Instant until,
            SortedMap<String, String> labels)
            implements Event {}

    /** The operator's word on a device that waited for it. */
    record DeviceApproved(DeviceId device) implements Event {}

    /** The device is none of the fleet any more. */
    record DeviceRemoved(DeviceId device) implements Event {}

    /** One attempt given to a device. */
    record Placement(long serial, long index, int attempt) {}

    /** One result. */
    record Count(long serial, long index, int attempt, Bytes result) {}

    /** One end without a counted result; FINISHED means that the result is waste. */
    record End(long serial, long index, int attempt, AttemptState state, String error) {}
}
