package dev.flotilla.controller.core;

import dev.flotilla.codec.SpecCodec;
import dev.flotilla.core.Moment;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Limits;
import dev.flotilla.model.Policy;
import dev.flotilla.shard.ShardPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** From submit to end: jobs, their deadlines, and what the operator decides (PROTOCOL section 6). */
final class Jobs {
    private static final Duration EVENTS_APART = Duration.ofMillis(200);
    private static final Duration DEADLINE_NOTED = Duration.ofMinutes(1);
    /** Of tasks that were never placed. */
    private static final long MOST_GIVEN_UP = 100_000;

    /** What of a job lives in memory. */
    private static final class Clock {
        final Moment began;
        Optional<Moment> deadline;
        Moment noted;
        Optional<Moment> told = Optional.empty();
        boolean news;

        Clock(Moment began, Optional<Duration> left) {
            this.began = began;
            this.deadline = left.map(began::plus);
            this.noted = began;
        }
    }

    private final Ledger ledger;
    private final Sessions sessions;
    private final Views views;
    private final TreeMap<Long, Clock> clocks = new TreeMap<>();

    Jobs(Ledger ledger, Sessions sessions, Views views) {
        this.ledger = ledger;
        this.sessions = sessions;
        this.views = views;
    }

    /** The clocks of jobs that run already: their deadlines go on from what was left. What was to be forgotten when it crashed is so now. */
    void begun(Step step) {
        step.start(new Effect.ForgetArtifacts(new TreeSet<>()));
        for (JobState job : ledger.running.values()) {
            clock(job, step.at);
            if (job.plan.file().isPresent()) step.start(new Effect.KnowPlan(job.plan));
        }
    }

    private Clock clock(JobState job, Moment now) {
        return clocks.computeIfAbsent(job.number, n -> new Clock(now, job.deadlineLeft));
    }

    /** The same id with the same spec is the same job. */
    void submitted(Step step, Input.Submitted in) {
        JobState known = ledger.jobs.get(in.job());
        if (known != null) {
            boolean same = known.digest.equals(SpecCodec.digest(in.spec()));
            step.start(new Effect.Reply(
                    in.request(),
                    same
                            ? submission(known, false, List.of("this job was there already: nothing was started"))
                            : new View.Problem(
                                    "conflict",
                                    2,
                                    "job " + in.job() + " exists with another spec",
                                    "an id names one job for ever, so that a submit sent twice makes one job",
                                    "flotilla job show " + in.job() + "          or submit under another id",
                                    Optional.of("id"))));
            return;
        }
        if (ledger.removed.contains(in.job())) {
            step.start(new Effect.Reply(
                    in.request(),
                    new View.Problem(
                            "conflict",
                            2,
                            "job " + in.job() + " was removed",
                            "an id names one job for ever, so that a submit that comes late makes no second one",
                            "submit it under another id",
                            Optional.of("id"))));
            return;
        }
        if (in.shortOfDisk()) {
            step.start(new Effect.Reply(in.request(), View.Problem.noRoom()));
            return;
        }
        if (ledger.running.size() >= Limits.JOBS) {
            step.start(new Effect.Reply(
                    in.request(),
                    new View.Problem(
                            "busy",
                            5,
                            "job not submitted: " + Limits.JOBS + " jobs run already",
                            "a fleet has at most that many at a time",
                            "try again when some have ended, or flotilla job cancel ID",
                            Optional.empty())));
            return;
        }
        View.Fit fit = fit(Optional.of(in.policy()));
        if (fit.known() > 0 && fit.fitting() == 0) {
            step.start(new Effect.Reply(in.request(), cannotPlace(fit)));
            return;
        }
        step.emit(new Event.JobSubmitted(in.job(), in.name(), in.spec(), in.policy(), in.plan(), in.wall(), in.seq()));
        JobState job = ledger.jobs.get(in.job());
        clock(job, step.at);
        List<String> notes = new ArrayList<>(in.notes());
        if (fit.known() == 0) notes.add("no device is met yet: the job waits for one");
        else if (fit.slots() == 0) notes.add(Views.NONE_NOW + ": the job waits for one");
        step.start(
                Effect.Note.of("job.submitted", "job", job.id, "shards", job.shards(), "program", job.programWords()));
        step.start(new Effect.Reply(in.request(), submission(job, true, notes)));
    }

    private static View.Submission submission(JobState job, boolean isNew, List<String> notes) {
        return new View.Submission(
                job.id.value(), isNew, job.state.word(), job.spec.input().words(), job.shards(), notes);
    }

    private static View.Problem cannotPlace(View.Fit fit) {
        return new View.Problem(
                "cannot-place",
                6,
                "job not placed: none of " + fit.known() + " devices fits",
                String.join("; ", fit.refused()),
                "flotilla device list          shows what each device says of itself",
                Optional.of("place"));
    }

    /** Which of the devices that were ever met fit, and the slots of those that are there now. */
    View.Fit fit(Optional<Policy> policy) {
        int slots = 0;
        int known = 0;
        int fitting = 0;
        List<String> refused = new ArrayList<>();
        List<dev.flotilla.controller.place.Where> where = policy.map(p -> p.where().stream()
                        .map(dev.flotilla.controller.place.Where::parse)
                        .toList())
                .orElse(List.of());
        for (DeviceState device : ledger.devices.values()) {
            Session session = sessions.all.get(device.id);
            Capacity capacity = session != null && session.capacity != null ? session.capacity : device.capacity;
            if (capacity == null || ledger.isRemoved(device.id)) continue;
            known++;
            Optional<String> refusal = policy.flatMap(p -> Placing.refusal(capacity, p, where));
            if (refusal.isPresent()) {
                if (refused.size() < 20) refused.add(device.id + ": " + refusal.get());
                continue;
            }
            fitting++;
            if (session != null
                    && session.met()
                    && session.online()
                    && !session.noDisk()
                    && !session.paused()
                    && !session.trust.quarantined()) slots += capacity.slots();
        }
        return new View.Fit(slots, known, fitting, refused);
    }

    /** Results came in: tell watchers, and end the job if it was the last. */
    void counted(Step step, JobState job) {
        changed(job);
        endIfComplete(step, job);
    }

    void changed(JobState job) {
        Clock clock = clocks.get(job.number);
        if (clock != null) clock.news = true;
    }

    void endIfComplete(Step step, JobState job) {
        if (!job.running() || job.fold.counted() + job.poisoned < job.shards()) return;
        end(
                step,
                job,
                byCoverage(job),
                job.poisoned == 0 ? "every shard is counted" : job.poisoned + " shards failed everywhere");
    }

    private static JobState.State byCoverage(JobState job) {
        if (job.fold.counted() == job.shards()) return JobState.State.DONE;
        return job.policy.minCoverage().reached(job.fold.counted(), job.shards()) && job.fold.counted() > 0
                ? JobState.State.PARTIAL
                : JobState.State.FAILED;
    }

    /** After this nothing changes the answer (I3). */
    private void end(Step step, JobState job, JobState.State state, String why) {
        Clock clock = clocks.remove(job.number);
        if (job.plan.file().isPresent()) {
            step.start(new Effect.ForgetPlan(job.plan));
            step.start(new Effect.ForgetArtifacts(
                    new TreeSet<>(List.of(job.plan.file().get()))));
        }
        step.emit(new Event.JobEnded(job.id, state, why, clock == null ? Duration.ZERO : step.at.since(clock.began)));
        step.start(new Effect.TellJob(views.event(job)));
        step.start(Effect.Note.of(
                "job.ended", "job", job.id, "state", state.word(), "counted", job.fold.counted(), "of", job.shards()));
        for (Session session : sessions.all.values()) session.restsNoMore(job.digest);
        for (DeviceState device : ledger.devices.values()) {
            if (device.unsettled.isEmpty()) continue;
            Session session = sessions.of(device.id, step.at, ledger);
            List<Long> unsent = new ArrayList<>();
            for (Attempt attempt : device.unsettled.values()) {
                if (attempt.job != job) continue;
                if (session.unsent.remove(attempt.serial)) unsent.add(attempt.serial);
                else session.cancel.add(attempt.serial);
            }
            if (!unsent.isEmpty()) step.emit(new Event.Gone(device.id, unsent, "the job ended before it was sent"));
            sessions.touch(session);
        }
    }

    void cancelAsked(Step step, Input.CancelAsked in) {
        Object found = one(in.job());
        if (found instanceof View.Problem problem) {
            step.start(new Effect.Reply(in.request(), problem));
            return;
        }
        JobState job = (JobState) found;
        if (job.running()) end(step, job, JobState.State.CANCELLED, "cancelled by a client");
        step.start(new Effect.Reply(in.request(), views.result(job, step.at, in.wall())));
    }

    /** What it said is gone for good: events, answer, file. A removal that is asked for again is answered as the first one was. */
    void removeAsked(Step step, Input.RemoveAsked in) {
        if (wasRemoved(in.job())) {
            step.start(new Effect.Reply(in.request(), new View.Removed(in.job())));
            return;
        }
        Object found = one(in.job());
        if (found instanceof View.Problem problem) {
            step.start(new Effect.Reply(in.request(), problem));
            return;
        }
        JobState job = (JobState) found;
        if (job.running()) {
            step.start(new Effect.Reply(
                    in.request(),
                    new View.Problem(
                            "conflict",
                            2,
                            "job " + job.id + " is running and was not removed",
                            "only a job that has ended can be removed",
                            "flotilla job cancel " + job.id + " ; flotilla job remove " + job.id,
                            Optional.of("job"))));
            return;
        }
        TreeSet<Digest> files = new TreeSet<>();
        if (job.spec.input() instanceof dev.flotilla.model.Input.Records records) files.add(records.file());
        step.emit(new Event.JobRemoved(job.id));
        if (!files.isEmpty()) step.start(new Effect.ForgetArtifacts(files));
        step.start(Effect.Note.of("job.removed", "job", job.id));
        step.start(new Effect.Reply(in.request(), new View.Removed(job.id.value())));
    }

    private boolean wasRemoved(String id) {
        return id.matches("[a-z0-9-]{1,64}") && ledger.removed.contains(new JobId(id));
    }

    /** Nobody can work on a file that is not there: the jobs that need it end now, and say why. */
    void artifactMissing(Step step, Digest digest) {
        for (JobState job : new ArrayList<>(ledger.running.values())) {
            boolean needs = job.plan.file().equals(Optional.of(digest));
            for (ShardPlan.Slice slice : job.plan.slices())
                needs |= slice.digest().equals(Optional.of(digest));
            if (!needs) continue;
            String why = job.spec.input().words() + ": its bytes are not in the controller's store any more, artifact "
                    + job.plan.file().orElseThrow();
            step.start(Effect.Note.warning("artifact.missing", "job", job.id, "why", why));
            end(step, job, byCoverage(job), why);
        }
    }

    /** The artifacts that jobs need: their files, until they are removed, and while they run what the shards are cut from. */
    TreeSet<Digest> artifacts() {
        TreeSet<Digest> needed = new TreeSet<>();
        for (JobState job : ledger.jobs.values()) {
            if (job.spec.input() instanceof dev.flotilla.model.Input.Records records) needed.add(records.file());
            job.plan.file().ifPresent(needed::add);
        }
        return needed;
    }

    /** The job of that prefix, or the problem with it. */
    Object one(String prefix) {
        if (wasRemoved(prefix)) {
            return new View.Problem(
                    "not-found",
                    3,
                    "job " + prefix + " was removed",
                    "nothing is kept of a removed job but its id",
                    "flotilla job list",
                    Optional.of("job"));
        }
        Collection<JobState> like = ledger.jobsLike(prefix);
        if (like.size() == 1) return like.iterator().next();
        return views.notOne("job", prefix, like.stream().map(j -> j.id.value()).toList(), "flotilla job list");
    }

    /** The operator's word on held tasks. Attempts of one that runs again count as lost: a permit is never used twice. */
    void releaseAsked(Step step, Input.ReleaseAsked in) {
        Object found = one(in.job());
        if (found instanceof View.Problem problem) {
            step.start(new Effect.Reply(in.request(), problem));
            return;
        }
        JobState job = (JobState) found;
        TreeSet<Long> indexes = new TreeSet<>();
        job.tasks.forEach((index, task) -> {
            if (task.status == TaskState.Status.HELD
                    && (in.index().isEmpty() || in.index().getAsLong() == index)) indexes.add(index);
        });
        boolean rest = in.index().isEmpty() && job.restHeld.isPresent();
        long released = indexes.size() + (rest ? job.neverPlaced() : 0);
        if (in.index().isPresent()
                && in.index().getAsLong() < job.shards()
                && job.isHeld(in.index().getAsLong())) indexes.add(in.index().getAsLong());
        if (rest && !in.again()) {
            if (job.neverPlaced() > MOST_GIVEN_UP) {
                step.start(new Effect.Reply(in.request(), tooManyToGiveUp(job)));
                return;
            }
            for (long index = job.nextNew; index < job.shards(); index++) if (job.isHeld(index)) indexes.add(index);
        }
        if (indexes.isEmpty() && !rest) {
            step.start(new Effect.Reply(
                    in.request(),
                    new View.Problem(
                            "not-found",
                            3,
                            "nothing of " + in.job() + " needs your decision",
                            "no task of it is held",
                            "flotilla job show " + job.id,
                            Optional.empty())));
            return;
        }
        for (DeviceState device : ledger.devices.values()) {
            List<Long> lost = new ArrayList<>();
            for (Attempt attempt : device.unsettled.values()) {
                if (attempt.job == job && indexes.contains(attempt.index) && !attempt.lost) lost.add(attempt.serial);
            }
            if (lost.isEmpty()) continue;
            step.emit(new Event.Lost(device.id, lost, Duration.ZERO));
            Session session = sessions.of(device.id, step.at, ledger);
            session.unsent.removeAll(lost);
            session.permits.keySet().removeAll(lost);
            for (long serial : lost) if (session.shown.get(serial) != AttemptState.RUNNING) session.cancel.add(serial);
            sessions.touch(session);
        }
        if (!indexes.isEmpty()) step.emit(new Event.Released(job.id, List.copyOf(indexes), in.again()));
        if (rest && in.again()) step.emit(new Event.RestReleased(job.id));
        step.start(new Effect.Reply(in.request(), new View.Released(Math.max(released, indexes.size()))));
        changed(job);
        endIfComplete(step, job);
    }

    private static View.Problem tooManyToGiveUp(JobState job) {
        return new View.Problem(
                "usage",
                2,
                job.neverPlaced() + " tasks of " + job.id + " are too many to give up one by one",
                "each is recorded; at most " + MOST_GIVEN_UP + " are given up at once",
                "flotilla job cancel " + job.id + "          ends the job with what it has",
                Optional.empty());
    }

    /** Deadlines that passed, what is left of the others, and news for watchers. */
    void ticked(Step step) {
        for (JobState job : new ArrayList<>(ledger.running.values())) {
            Clock clock = clock(job, step.at);
            if (clock.deadline.isPresent() && !step.at.isBefore(clock.deadline.get())) {
                end(step, job, byCoverage(job), "its deadline has passed");
                continue;
            }
            if (clock.deadline.isPresent() && !step.at.isBefore(clock.noted.plus(DEADLINE_NOTED))) {
                clock.noted = step.at;
                step.emit(new Event.DeadlineLeft(job.id, clock.deadline.get().since(step.at)));
            }
        }
    }

    /** Tells watchers of what changed, at most five times a second a job. */
    void tell(Step step) {
        for (JobState job : ledger.running.values()) {
            Clock clock = clock(job, step.at);
            if (!clock.news
                    || clock.told.isPresent() && step.at.since(clock.told.get()).compareTo(EVENTS_APART) < 0) continue;
            clock.news = false;
            clock.told = Optional.of(step.at);
            step.start(new Effect.TellJob(views.event(job)));
        }
    }

    Optional<Moment> due() {
        Moment due = null;
        for (JobState job : ledger.running.values()) {
            Clock clock = clocks.get(job.number);
            if (clock == null) continue;
            Moment next = null;
            if (clock.deadline.isPresent()) {
                Moment note = clock.noted.plus(DEADLINE_NOTED);
                next = note.isBefore(clock.deadline.get()) ? note : clock.deadline.get();
            }
            if (clock.news && clock.told.isPresent()) {
                Moment tell = clock.told.get().plus(EVENTS_APART);
                if (next == null || tell.isBefore(next)) next = tell;
            }
            if (next != null && (due == null || next.isBefore(due))) due = next;
        }
        return Optional.ofNullable(due);
    }

    Duration ran(JobState job, Moment now) {
        Clock clock = clocks.get(job.number);
        return clock == null ? job.ran : now.since(clock.began);
    }
}
