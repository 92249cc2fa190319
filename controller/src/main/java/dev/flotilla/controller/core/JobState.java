package dev.flotilla.controller.core;

import dev.flotilla.codec.SpecCodec;
import dev.flotilla.controller.fold.FoldTree;
import dev.flotilla.controller.place.Where;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Limits;
import dev.flotilla.model.Policy;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Spec;
import dev.flotilla.program.Answer;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.program.Partial;
import dev.flotilla.shard.ShardPlan;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** A job in the ledger. Changed by {@link Ledger} alone. */
final class JobState {
    /** How a job stands. */
    public enum State {
        RUNNING,
        DONE,
        PARTIAL,
        FAILED,
        CANCELLED;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    final JobId id;
    final long number;
    final String name;
    final Spec spec;
    final Digest digest;
    final Policy policy;
    final List<Where> where;
    /** Where the shards are; once it has ended nobody needs to know. */
    ShardPlan plan;

    final Instant submitted;
    /** A commit before that of its submission. */
    final long seq;

    final Builtin program;
    /** Results so far; after the job's end they stay as they are. */
    final FoldTree fold;

    State state = State.RUNNING;
    String endedWhy = "";
    Duration ran = Duration.ZERO;
    Optional<Duration> deadlineLeft;
    /** No task from here on was ever placed. */
    long nextNew;
    /** Open tasks that were placed and have no live attempt: to be placed again. */
    final TreeSet<Long> again = new TreeSet<>();
    /** Tasks that were placed and are not done. */
    final TreeMap<Long, TaskState> tasks = new TreeMap<>();

    /** Live attempts of all its tasks. */
    long live;
    /** Once it ended: devices that held shards of it then, which were not counted. */
    final TreeMap<DeviceId, Long> unanswered = new TreeMap<>();

    /** How many of the tasks are held. */
    long tasksHeld;
    /** Tasks that were never placed wait for the operator too, and why. */
    Optional<String> restHeld = Optional.empty();

    long poisoned;
    long wasted;
    final TreeMap<DeviceId, Long> countedBy = new TreeMap<>();
    final TreeMap<DeviceId, Long> givenTo = new TreeMap<>();
    RanOn ranOn;

    JobState(
            JobId id,
            long number,
            String name,
            Spec spec,
            Policy policy,
            ShardPlan plan,
            Instant submitted,
            long seq,
            FoldTree fold) {
        this.id = id;
        this.number = number;
        this.name = name;
        this.spec = spec;
        this.digest = SpecCodec.digest(spec);
        this.policy = policy;
        this.where = policy.where().stream().map(Where::parse).toList();
        this.plan = plan;
        this.submitted = submitted;
        this.seq = seq;
        this.ranOn = new RanOn(spec.sharding().count());
        this.program = Builtins.find(spec.program().builtin());
        this.fold = fold;
        this.deadlineLeft = policy.deadline();
    }

    boolean running() {
        return state == State.RUNNING;
    }

    long shards() {
        return spec.sharding().count();
    }

    boolean done(long index) {
        return fold.has(index);
    }

    /** Tasks that end with neither a result nor an error: what the job's end dropped. */
    long unfinished() {
        return shards() - fold.counted() - poisoned;
    }

    /** Tasks that are neither done, nor were ever placed, taken over or decided on. */
    long neverPlaced() {
        return shards() - fold.counted() - tasks.size();
    }

    /** Tasks that wait for the operator. */
    long held() {
        return tasksHeld + (restHeld.isPresent() ? neverPlaced() : 0);
    }

    boolean isHeld(long index) {
        TaskState task = tasks.get(index);
        return task == null ? restHeld.isPresent() && !done(index) : task.status == TaskState.Status.HELD;
    }

    boolean isOpen(long index) {
        TaskState task = tasks.get(index);
        return task == null ? restHeld.isEmpty() && !done(index) : task.status == TaskState.Status.OPEN;
    }

    boolean hasOpen() {
        if (restHeld.isEmpty() && neverPlaced() > 0) return true;
        for (TaskState task : tasks.values()) if (task.status == TaskState.Status.OPEN) return true;
        return false;
    }

    /** The task, made if it was never placed. */
    TaskState task(long index) {
        return tasks.computeIfAbsent(index, TaskState::new);
    }

    /** The next task without a live attempt, if there is one. */
    Optional<Long> ready() {
        if (!running()) return Optional.empty();
        if (!again.isEmpty()) return Optional.of(again.first());
        return restHeld.isEmpty() && nextNew < shards() ? Optional.of(nextNew) : Optional.empty();
    }

    /** How many tasks have no live attempt and could be placed. */
    long waiting() {
        if (!running()) return 0;
        return again.size() + (restHeld.isEmpty() ? shards() - nextNew : 0);
    }

    /** Moves past what a restored controller met as done or adopted. */
    void skipKnown() {
        while (nextNew < shards() && (tasks.containsKey(nextNew) || done(nextNew))) nextNew++;
    }

    /** What a device needs to work on that shard. */
    ShardInput shard(long index) {
        if (plan.file().isEmpty()) return ShardInput.Computed.HERE;
        ShardPlan.Slice slice = plan.slices().get((int) index);
        if (slice.length() == 0) return new ShardInput.Inline(Bytes.EMPTY, slice.firstLine());
        if (slice.length() <= Limits.INLINE) {
            return new ShardInput.Slice(plan.file().get(), slice.offset(), (int) slice.length(), slice.firstLine());
        }
        return new ShardInput.Stored(slice.digest().orElseThrow(), slice.length(), slice.firstLine());
    }

    Optional<Answer> answer() {
        return fold.value().map(Partial::answer);
    }

    /** In words, say {@code sum of distance}. */
    String programWords() {
        return spec.program().builtin()
                + spec.program().column().map(c -> " of " + c).orElse("");
    }
}
