package dev.flotilla.controller.core;

import dev.flotilla.controller.fold.FoldTree;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.JobId;
import dev.flotilla.program.BadResult;
import dev.flotilla.shard.ShardPlan;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What must survive: jobs, tasks, attempts, devices. It changes in {@link #apply} alone, so replaying the recovery log is apply alone. Rules
 * are decided elsewhere; here each event is carried out to the letter.
 */
final class Ledger {
    long term;
    private static final long LEAPT = -1;
    /** Start of each term in the journal: term to the last commit before it; {@link #LEAPT} for one that no start began. */
    final TreeMap<Long, Long> terms = new TreeMap<>();

    final TreeMap<DeviceId, DeviceState> devices = new TreeMap<>();
    final TreeMap<JobId, JobState> jobs = new TreeMap<>();
    /** Jobs by the order of their submission; the running ones are placed in that order. */
    final TreeMap<Long, JobState> running = new TreeMap<>();

    /** All jobs by the order of their submission. */
    final TreeMap<Long, JobState> numbered = new TreeMap<>();
    /** Ids of jobs that were removed: an id names one job for ever, so that a late submit makes no second one. */
    final TreeSet<JobId> removed = new TreeSet<>();

    /** Tokens by their ids. */
    final TreeMap<String, TokenState> tokens = new TreeMap<>();

    final TreeMap<DeviceId, Member> members = new TreeMap<>();

    long jobsSubmitted;
    /** Not 0: this journal once was an older copy, and its term leapt to this one when that was known. */
    long loss;
    /** It was restored, and its devices had no time yet to say what they hold. */
    boolean waits;

    DeviceState device(DeviceId id) {
        return devices.computeIfAbsent(id, DeviceState::new);
    }

    void apply(Event event) {
        if (event instanceof Event.Counted e) counted(e);
        else if (event instanceof Event.Placed e) placed(e.device(), e.job(), e.placements());
        else if (event instanceof Event.Ended e)
            for (Event.End end : e.ends()) ended(device(e.device()), jobs.get(e.job()), end);
        else if (event instanceof Event.Adopted e) placed(e.device(), e.job(), List.of(e.placement()));
        else if (event instanceof Event.Lost e) e.serials().forEach(s -> lost(device(e.device()), s));
        else if (event instanceof Event.Gone e) e.serials().forEach(s -> remove(device(e.device()), s));
        else if (event instanceof Event.Revived e) revived(device(e.device()), e.serial());
        else if (event instanceof Event.JobSubmitted e) submitted(e);
        else if (event instanceof Event.JobEnded e) jobEnded(e);
        else if (event instanceof Event.JobRemoved e) removed(jobs.get(e.job()));
        else if (event instanceof Event.Permitted e) {
            jobs.get(e.job()).task(e.index()).permit =
                    Optional.of(new TaskState.Permit(e.device(), e.serial(), e.boot()));
        } else if (event instanceof Event.Held e) held(e);
        else if (event instanceof Event.Released e) e.indexes().forEach(i -> released(jobs.get(e.job()), i, e.again()));
        else if (event instanceof Event.Poisoned e) poisoned(jobs.get(e.job()), e.index());
        else if (event instanceof Event.DeadlineLeft e) jobs.get(e.job()).deadlineLeft = Optional.of(e.left());
        else if (event instanceof Event.DeviceKnown e) {
            device(e.device()).agentId = e.agentId();
            device(e.device()).capacity = e.capacity();
        } else if (event instanceof Event.SerialsRaised e) device(e.device()).raise(e.next());
        else if (event instanceof Event.Started e) {
            term = e.term();
            terms.put(e.term(), e.seq());
        } else if (event instanceof Event.OlderCopyFound e) leaps(e.term());
        else if (event instanceof Event.Restored e) {
            leaps(e.term());
            waits = true;
        } else if (event instanceof Event.OnceHeld e) onceHeld(e.why());
        else if (event instanceof Event.WaitedEnough) waits = false;
        else if (event instanceof Event.KeptTold e) device(e.device()).keptTold = loss;
        else if (event instanceof Event.RestReleased e) jobs.get(e.job()).restHeld = Optional.empty();
        else if (event instanceof Event.TokenMade e) {
            tokens.keySet().removeAll(e.forgotten());
            tokens.put(e.token(), new TokenState(e));
        } else if (event instanceof Event.TokenRevoked e) tokens.get(e.token()).revoked = true;
        else if (event instanceof Event.Joined e) joined(e);
        else if (event instanceof Event.DeviceApproved e) members.get(e.device()).state = Member.State.ACTIVE;
        else if (event instanceof Event.DeviceRemoved e) {
            member(e.device()).state = Member.State.REMOVED;
        } else throw new AssertionError("no way to apply " + event);
    }

    private void joined(Event.Joined e) {
        tokens.get(e.token()).joined.put(e.key(), e.device());
        Member member = member(e.device());
        member.state = e.pending() ? Member.State.PENDING : Member.State.ACTIVE;
        member.keyVersion = e.keyVersion();
        member.key = Optional.of(e.key());
        member.until = e.until();
        member.labels = new TreeMap<>(e.labels());
    }

    /** It is none of the fleet any more. */
    boolean isRemoved(DeviceId device) {
        Member member = members.get(device);
        return member != null && member.state == Member.State.REMOVED;
    }

    private Member member(DeviceId device) {
        return members.computeIfAbsent(device, Member::new);
    }

    private void leaps(long to) {
        term = to;
        terms.put(to, LEAPT);
        loss = to;
    }

    /** A device has met that commit, and this journal never had its term, or began the next one before it. */
    boolean lacks(long metTerm, long seq) {
        if (metTerm == 0) return false;
        if (!terms.containsKey(metTerm)) return true;
        for (long start : terms.tailMap(metTerm, false).values()) if (start != LEAPT) return seq > start;
        return false;
    }

    private void onceHeld(String why) {
        for (JobState job : running.values()) {
            if (!job.policy.once()) continue;
            for (TaskState task : job.tasks.values()) {
                if (task.status != TaskState.Status.OPEN) continue;
                task.status = TaskState.Status.HELD;
                task.heldWhy = Optional.of(why);
                job.tasksHeld++;
            }
            job.again.clear();
            if (job.neverPlaced() > 0) job.restHeld = Optional.of(why);
        }
    }

    private void submitted(Event.JobSubmitted e) {
        JobState job = new JobState(
                e.job(),
                ++jobsSubmitted,
                e.name(),
                e.spec(),
                e.policy(),
                e.plan(),
                e.submitted(),
                e.seq(),
                new FoldTree(e.spec().sharding().count()));
        add(job);
    }

    /** Adds a job as the snapshot has it, or as it was just submitted. */
    void add(JobState job) {
        jobs.put(job.id, job);
        numbered.put(job.number, job);
        if (job.running()) running.put(job.number, job);
    }

    /** It has ended, so that no task of it is open; what devices may still say of it is of a job that nobody knows. */
    private void removed(JobState job) {
        jobs.remove(job.id);
        numbered.remove(job.number);
        removed.add(job.id);
        for (DeviceState device : devices.values()) {
            for (Attempt attempt : List.copyOf(device.unsettled.values())) {
                if (attempt.job != job) continue;
                device.unsettled.remove(attempt.serial);
                if (!attempt.lost) device.live--;
            }
        }
    }

    /** No batch before this one is of a job that is kept. */
    long keepFrom() {
        long from = Long.MAX_VALUE;
        for (JobState job : jobs.values()) from = Math.min(from, job.seq + 1);
        return from;
    }

    private void placed(DeviceId on, JobId of, List<Event.Placement> placements) {
        DeviceState device = device(on);
        JobState job = jobs.get(of);
        for (Event.Placement p : placements) placed(device, job, p);
        job.skipKnown();
        job.givenTo.merge(device.id, (long) placements.size(), Long::sum);
    }

    private static void placed(DeviceState device, JobState job, Event.Placement p) {
        TaskState task = job.task(p.index());
        task.attempts = Math.max(task.attempts, p.attempt());
        task.live++;
        job.again.remove(p.index());
        device.unsettled.put(p.serial(), new Attempt(p.serial(), job, p.index(), p.attempt()));
        device.live++;
        job.live++;
        device.next = Math.max(device.next, p.serial() + 1);
    }

    private void counted(Event.Counted e) {
        JobState job = jobs.get(e.job());
        DeviceState device = device(e.device());
        Decoder results = new Decoder(job.program);
        for (Event.Count c : e.counts()) {
            Attempt attempt = device.unsettled.get(c.serial());
            if (attempt != null && attempt.isFor(job, c.index(), c.attempt())) remove(device, c.serial());
            TaskState task = job.tasks.remove(c.index());
            if (task != null) {
                if (task.status == TaskState.Status.HELD) job.tasksHeld--;
                if (task.status == TaskState.Status.POISONED) job.poisoned--;
            }
            job.again.remove(c.index());
            try {
                job.fold.add(c.index(), results.decode(c.result()));
            } catch (BadResult bad) {
                throw new IllegalStateException("a counted result cannot be read: " + bad.getMessage(), bad);
            }
            job.ranOn.put(c.index(), device.id, c.attempt());
        }
        job.skipKnown();
        job.countedBy.merge(device.id, (long) e.counts().size(), Long::sum);
        device.counted += e.counts().size();
    }

    private void ended(DeviceState device, JobState job, Event.End end) {
        if (end.state() == AttemptState.FINISHED) {
            job.wasted++;
            device.wasted++;
        }
        Attempt attempt = device.unsettled.get(end.serial());
        if (attempt == null || !attempt.isFor(job, end.index(), end.attempt())) return;
        TaskState task = attempt.task();
        if (end.state() == AttemptState.FAILED
                && task != null
                && !task.knowsFailure(device.id, device.agentId, end.serial())) {
            task.failed(new TaskState.Failure(device.id, device.agentId, end.serial(), end.error()));
        }
        remove(device, end.serial());
    }

    /** Takes an attempt off its device; an open task without another one is to be placed again. */
    private void remove(DeviceState device, long serial) {
        Attempt attempt = device.unsettled.remove(serial);
        if (attempt != null && !attempt.lost) notLive(device, attempt);
    }

    private void lost(DeviceState device, long serial) {
        Attempt attempt = device.unsettled.get(serial);
        if (attempt == null || attempt.lost) return;
        attempt.lost = true;
        notLive(device, attempt);
    }

    private void revived(DeviceState device, long serial) {
        Attempt attempt = device.unsettled.get(serial);
        attempt.lost = false;
        device.live++;
        attempt.job.live++;
        attempt.task().live++;
        attempt.job.again.remove(attempt.index);
    }

    private void notLive(DeviceState device, Attempt attempt) {
        device.live--;
        attempt.job.live--;
        TaskState task = attempt.task();
        if (task == null) return;
        task.live--;
        placeAgain(attempt.job, task);
    }

    private static void placeAgain(JobState job, TaskState task) {
        if (job.running() && task.live == 0 && task.status == TaskState.Status.OPEN && task.permit.isEmpty())
            job.again.add(task.index);
    }

    private void held(Event.Held e) {
        JobState job = jobs.get(e.job());
        TaskState task = job.task(e.index());
        if (task.status == TaskState.Status.OPEN) job.tasksHeld++;
        task.status = TaskState.Status.HELD;
        task.heldWhy = Optional.of(e.why());
        job.again.remove(e.index());
        job.skipKnown();
    }

    private void released(JobState job, long index, boolean again) {
        TaskState task = job.task(index);
        if (task.status == TaskState.Status.HELD) job.tasksHeld--;
        task.heldWhy = Optional.empty();
        task.spendPermit();
        if (again) {
            task.status = TaskState.Status.OPEN;
            placeAgain(job, task);
        } else {
            task.failed(new TaskState.Failure(new DeviceId("operator"), "", 0, "given up by the operator"));
            task.status = TaskState.Status.OPEN;
            poisoned(job, index);
        }
    }

    private void poisoned(JobState job, long index) {
        TaskState task = job.task(index);
        if (task.status != TaskState.Status.POISONED) job.poisoned++;
        task.status = TaskState.Status.POISONED;
        job.again.remove(index);
    }

    private void jobEnded(Event.JobEnded e) {
        JobState job = jobs.get(e.job());
        job.state = e.state();
        job.endedWhy = e.why();
        job.ran = e.ran();
        for (DeviceState device : devices.values()) {
            for (Attempt attempt : device.unsettled.values())
                if (attempt.job == job && !job.done(attempt.index)) job.unanswered.merge(device.id, 1L, Long::sum);
        }
        job.again.clear();
        job.tasks.values().removeIf(task -> task.status != TaskState.Status.POISONED);
        job.tasksHeld = 0;
        job.restHeld = Optional.empty();
        job.plan = ShardPlan.COMPUTED;
        running.remove(job.number);
    }

    /** Devices that have not told what they kept since this journal was known to be an older copy. */
    List<DeviceId> owingKept() {
        return devices.values().stream()
                .filter(d -> d.owesKept(this) && !isRemoved(d.id))
                .map(d -> d.id)
                .toList();
    }

    /** Jobs whose id begins so; the one of exactly that id alone, if there is one. */
    Collection<JobState> jobsLike(String prefix) {
        for (JobState job : jobs.values()) if (job.id.value().equals(prefix)) return List.of(job);
        if (prefix.isEmpty()) return List.of();
        return jobs.values().stream()
                .filter(j -> j.id.value().startsWith(prefix))
                .toList();
    }

    /** Devices whose id begins so; the one of exactly that id alone, if there is one. */
    Collection<DeviceState> devicesLike(String prefix) {
        for (DeviceState device : devices.values()) if (device.id.value().equals(prefix)) return List.of(device);
        if (prefix.isEmpty()) return List.of();
        return devices.values().stream()
                .filter(d -> d.id.value().startsWith(prefix))
                .toList();
    }
}
