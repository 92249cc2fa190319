package dev.flotilla.controller.core;

import dev.flotilla.link.Detail;
import dev.flotilla.link.NoRoom;
import dev.flotilla.link.Row;
import dev.flotilla.link.RowGroup;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Limits;
import dev.flotilla.model.Quoted;
import dev.flotilla.program.BadResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/** What becomes of each row that a device tells, and of attempts that it tells no more: the tables of PROTOCOL sections 4 and 6. */
final class Rows {
    private final Ledger ledger;
    private final Sessions sessions;
    private final Jobs jobs;

    Rows(Ledger ledger, Sessions sessions, Jobs jobs) {
        this.ledger = ledger;
        this.sessions = sessions;
        this.jobs = jobs;
    }

    /**
     * Takes in the rows of one job. Results are counted together, as one event.
     *
     * @return one-time attempts that run and have no permit on record: for {@link Restoring} to judge
     */
    List<Row> take(Step step, Session session, DeviceState device, RowGroup group) {
        List<Row> unpermitted = new ArrayList<>();
        JobState job = ledger.jobs.get(group.job());
        if (job != null && !job.digest.equals(group.spec())) job = null;
        Counting counting = new Counting(step, device, job, (task, row) -> mayHave(device, task, row));
        for (Row row : group.rows()) {
            Attempt held = device.unsettled.get(row.serial());
            if (row.serial() >= device.next) session.ignore("serial above all that it was given");
            else if (held != null && !same(held, group, row))
                session.ignore("row of another attempt than it was given");
            else if (job == null || row.index() >= job.shards()) foreign(session, group, row);
            else if (row.state().ended()) ended(session, group, row, counting);
            else if (session.settles(row.serial())) session.ignore("what has ended goes on");
            else {
                counting.count();
                if (live(step, session, device, job, group, row)) unpermitted.add(row);
            }
        }
        counting.count();
        return unpermitted;
    }

    /** Takes in results that the device kept. @return how many count */
    int kept(Step step, Session session, DeviceState device, RowGroup group) {
        JobState job = ledger.jobs.get(group.job());
        if (job == null || !job.digest.equals(group.spec())) return 0;
        Counting counting = new Counting(step, device, job, (task, row) -> task == null || task.live == 0);
        for (Row row : group.rows()) {
            boolean result =
                    row.state() == AttemptState.FINISHED && row.detail().isPresent();
            if (!result || row.index() >= job.shards()) continue;
            if (!counting.take(row, row.detail().get()).isEmpty()) session.ignore("kept result that cannot be read");
        }
        int counted = counting.counts.size();
        counting.count();
        return counted;
    }

    /**
     * The device tells of an attempt that the ledger does not hold. It may have it from a time that is missing here, or from before its task was
     * held; nobody is believed of what another device works on (I17).
     */
    private static boolean mayHave(DeviceState device, TaskState task, Row row) {
        if (task == null) return device.lacks(row.serial());
        if (device.lacks(row.serial())) return task.live == 0;
        return task.permit.isPresent() && task.permit.get().isFor(device.id, row.serial())
                || task.hasSpent(device.id, row.serial());
    }

    /** The row says the same as the ledger. */
    boolean same(Attempt attempt, RowGroup group, Row row) {
        return attempt.job.id.equals(group.job())
                && attempt.job.digest.equals(group.spec())
                && attempt.index == row.index()
                && attempt.number == row.attempt();
    }

    /** Of a job that is unknown, or has another spec: nobody wants it. */
    private static void foreign(Session session, RowGroup group, Row row) {
        if (row.state().ended()) settled(session, group, row);
        else {
            session.show(row.serial(), row.state(), group.spec());
            session.cancel.add(row.serial());
        }
    }

    private static void settled(Session session, RowGroup group, Row row) {
        session.unshow(row.serial(), group.spec());
        session.cancel.remove(row.serial());
        session.permits.remove(row.serial());
        session.settle.add(row.serial());
    }

    private void ended(Session session, RowGroup group, Row row, Counting counting) {
        boolean needsDetail = row.state() == AttemptState.FINISHED || row.state() == AttemptState.FAILED;
        if (needsDetail && row.detail().isEmpty()) {
            session.show(row.serial(), row.state(), group.spec());
            return;
        }
        Detail detail = row.detail().orElse(Detail.error(""));
        if (row.state() == AttemptState.FINISHED) {
            session.taskTook(detail.wall().toNanos() / 1e9);
            String wrong = counting.take(row, detail);
            if (!wrong.isEmpty()) counting.other(row, AttemptState.FAILED, wrong);
        } else counting.other(row, row.state(), Quoted.plain(detail.error(), Limits.ERROR_TEXT));
        settled(session, group, row);
        if (row.state() == AttemptState.REFUSED) {
            session.lacksSpec(group.spec());
            if (NoRoom.isSaidBy(detail.error())) session.lacksRoom(counting.step.at);
            else if (counting.job.running()) session.refuses(group.spec(), counting.step.at);
        } else session.accepts(group.spec());
    }

    /** The results of one group, gathered into one event, and the ends that are none. */
    private final class Counting {
        private final Step step;
        private final DeviceState device;
        private final JobState job;
        private final Decoder results;
        private List<Event.Count> counts = new ArrayList<>();
        private TreeSet<Long> indexes = new TreeSet<>();
        private TreeSet<Long> elsewhere = new TreeSet<>();
        /** Whether an attempt that the ledger does not hold may be real. */
        private final BiPredicate<TaskState, Row> believed;

        Counting(Step step, DeviceState device, JobState job, BiPredicate<TaskState, Row> believed) {
            this.step = step;
            this.device = device;
            this.job = job;
            this.results = job == null ? null : new Decoder(job.program);
            this.believed = believed;
        }

        /** First valid result wins (I1). Empty if the row is dealt with, else what is wrong with its result. */
        String take(Row row, Detail detail) {
            if (!job.running() || job.done(row.index()) || indexes.contains(row.index())) {
                waste(row);
                return "";
            }
            TaskState task = job.tasks.get(row.index());
            if (!holds(row) && !believed.test(task, row)) {
                sessions.of(device.id, step.at, ledger).ignore("result of what it was never given");
                return "";
            }
            Bytes result = detail.result().orElse(Bytes.EMPTY);
            try {
                results.decode(result);
            } catch (BadResult bad) {
                return "bad-result: " + Quoted.plain(bad.getMessage(), 200);
            }
            if (task != null && task.attempts > 1) elsewhere.add(row.index());
            counts.add(new Event.Count(row.serial(), row.index(), row.attempt(), result));
            indexes.add(row.index());
            return "";
        }

        private void waste(Row row) {
            if (holds(row))
                step.emit(new Event.Ended(
                        device.id,
                        job.id,
                        List.of(new Event.End(row.serial(), row.index(), row.attempt(), AttemptState.FINISHED, ""))));
        }

        private boolean holds(Row row) {
            Attempt attempt = device.unsettled.get(row.serial());
            return attempt != null && attempt.isFor(job, row.index(), row.attempt());
        }

        /** An end without a result. After a permit nobody knows whether its side effects happened, so the operator decides. */
        void other(Row row, AttemptState state, String error) {
            count();
            TaskState task = job.tasks.get(row.index());
            boolean permitted =
                    task != null && task.permit.isPresent() && task.permit.get().isFor(device.id, row.serial());
            boolean decided = task != null && task.hasSpent(device.id, row.serial());
            boolean isNews = holds(row);
            boolean real = isNews || device.lacks(row.serial());
            boolean started = permitted || real && !decided && state == AttemptState.INTERRUPTED && job.policy.once();
            if (isNews) {
                step.emit(new Event.Ended(
                        device.id,
                        job.id,
                        List.of(new Event.End(row.serial(), row.index(), row.attempt(), state, error))));
            }
            if (!job.running() || job.done(row.index())) return;
            task = job.tasks.get(row.index());
            if (!job.isOpen(row.index())) return;
            if (started) {
                hold(
                        step,
                        job,
                        row.index(),
                        "its attempt on " + device.id + " may have started and is " + state.word()
                                + (error.isEmpty() ? "" : ": " + Quoted.plain(error, 200)));
            } else if (isNews && task != null && task.failures().size() >= job.policy.attempts()) {
                step.emit(new Event.Poisoned(job.id, row.index()));
                jobs.endIfComplete(step, job);
            }
        }

        void count() {
            if (counts.isEmpty()) return;
            for (long index : elsewhere) {
                for (DeviceId failed : job.tasks.get(index).failedOn()) {
                    Session blamed = sessions.all.get(failed);
                    if (blamed != null && !failed.equals(device.id)) blamed.trust.blame();
                }
            }
            sessions.of(device.id, step.at, ledger).trust.praise();
            step.emit(new Event.Counted(device.id, job.id, counts));
            TreeSet<Long> also = elsewhere;
            counts = new ArrayList<>();
            indexes = new TreeSet<>();
            elsewhere = new TreeSet<>();
            if (!also.isEmpty()) unwanted(step, job, also);
            jobs.counted(step, job);
        }
    }

    /** True if it is a one-time attempt that runs without a permit on record. */
    private boolean live(Step step, Session session, DeviceState device, JobState job, RowGroup group, Row row) {
        session.show(row.serial(), row.state(), group.spec());
        session.unsent.remove(row.serial());
        if (!job.running() || job.done(row.index())) {
            session.cancel.add(row.serial());
            return false;
        }
        Attempt attempt = device.unsettled.get(row.serial());
        boolean known = attempt != null && same(attempt, group, row);
        TaskState task = job.tasks.get(row.index());
        boolean open = job.isOpen(row.index());
        boolean held = job.isHeld(row.index());
        boolean permitted =
                task != null && task.permit.isPresent() && task.permit.get().isFor(device.id, row.serial());
        if (job.policy.once() && row.state() == AttemptState.RUNNING) {
            boolean decided = task != null && task.hasSpent(device.id, row.serial());
            if (!open && !held) session.cancel.add(row.serial());
            if (!known && !permitted && !decided && !device.lacks(row.serial())) {
                session.ignore("start of what it was never given");
                session.cancel.add(row.serial());
                return false;
            }
            return !permitted && !decided && open;
        }
        boolean adoptable = !job.policy.once()
                && open
                && (task == null || task.live == 0 && !task.knowsFailure(device.id, device.agentId, row.serial()));
        if (!known && adoptable && attempt == null && device.lacks(row.serial())) {
            step.emit(new Event.Adopted(
                    device.id, job.id, new Event.Placement(row.serial(), row.index(), row.attempt())));
            sessions.lookAt(step.at.plus(job.policy.lostAfter()));
        } else if (!known) {
            session.cancel.add(row.serial());
        } else if (!open) {
            if (row.state() != AttemptState.RUNNING) session.cancel.add(row.serial());
        } else if (attempt.lost && task.live == 0 && task.permit.isEmpty()) {
            step.emit(new Event.Revived(device.id, row.serial()));
            sessions.lookAt(step.at.plus(job.policy.lostAfter()));
            asks(step, session, device, job, task, row);
        } else if (attempt.lost) {
            if (row.state() != AttemptState.RUNNING) session.cancel.add(row.serial());
        } else asks(step, session, device, job, task, row);
        return false;
    }

    /** A permit belongs to the task and names serial and boot; it is on record before it is said (I4). */
    private void asks(Step step, Session session, DeviceState device, JobState job, TaskState task, Row row) {
        if (row.state() != AttemptState.ASKING) return;
        if (!job.policy.once()) { // a permit would hold its task for the operator when the device is silent
            session.ignore("asks for a permit that its work does not need");
            return;
        }
        if (task.permit.isEmpty())
            step.emit(new Event.Permitted(job.id, task.index, device.id, row.serial(), session.boot));
        TaskState.Permit permit = task.permit.orElseThrow();
        if (!permit.isFor(device.id, row.serial())) session.cancel.add(row.serial());
        else if (permit.boot() == session.boot) session.permits.put(row.serial(), session.boot);
        else {
            hold(
                    step,
                    job,
                    task.index,
                    device.id
                            + " asks again after a restart, and may have started it before: a power cut and a restored card look alike");
            session.cancel.add(row.serial());
        }
    }

    /** One task waits for the operator. */
    void hold(Step step, JobState job, long index, String why) {
        step.emit(new Event.Held(job.id, index, why));
        step.start(Effect.Note.warning("task.held", "task", job.id + "/" + index, "why", why));
        jobs.changed(job);
        TreeSet<Long> one = new TreeSet<>();
        one.add(index);
        unwanted(step, job, one);
    }

    /** Attempts that the device lost or never had. One with a permit may have run: its task is held. */
    void gone(Step step, DeviceState device, List<Long> serials, String why) {
        List<Attempt> permitted = new ArrayList<>();
        for (long serial : serials) {
            Attempt attempt = device.unsettled.get(serial);
            TaskState task = attempt.task();
            if (attempt.wanted() && task.permit.isPresent() && task.permit.get().isFor(device.id, serial))
                permitted.add(attempt);
        }
        step.emit(new Event.Gone(device.id, serials, why));
        for (Attempt attempt : permitted) {
            hold(step, attempt.job, attempt.index, "its attempt on " + device.id + " had a permit and is gone: " + why);
        }
    }

    /** Another agent id: a new journal. What the old one held is gone, and its serials are not to be met again. */
    void agentIs(Step step, DeviceState device, String agentId) {
        if (device.agentId.isEmpty() || device.agentId.equals(agentId) || device.unsettled.isEmpty()) return;
        gone(step, device, new ArrayList<>(device.unsettled.keySet()), "its agent has a new journal");
    }

    /** Attempts of these tasks that wait on any device are not wanted any more; those that never left are gone. */
    void unwanted(Step step, JobState job, TreeSet<Long> indexes) {
        unwanted(step, j -> j == job, (j, index) -> indexes.contains(index));
    }

    /** The same for tasks of several jobs, in one walk over all devices. */
    void unwanted(Step step, Predicate<JobState> jobs, BiPredicate<JobState, Long> tasks) {
        for (DeviceState device : ledger.devices.values()) {
            List<Long> unsent = new ArrayList<>();
            Session session = sessions.of(device.id, step.at, ledger);
            for (Attempt attempt : device.unsettled.values()) {
                if (!jobs.test(attempt.job) || !tasks.test(attempt.job, attempt.index)) continue;
                if (session.unsent.remove(attempt.serial)) unsent.add(attempt.serial);
                else cancelUnlessHeldRunning(session, attempt);
            }
            if (!unsent.isEmpty()) gone(step, device, unsent, "it was not sent yet");
            sessions.touch(session);
        }
    }

    private static void cancelUnlessHeldRunning(Session session, Attempt attempt) {
        TaskState task = attempt.task();
        boolean held = task != null && task.status == TaskState.Status.HELD;
        if (held && session.shown.get(attempt.serial) == AttemptState.RUNNING) return;
        session.cancel.add(attempt.serial);
    }

    /** A silent device's attempts are lost; one with a permit may be running, so its task is held instead. */
    void silent(Step step, Session session, DeviceState device, Duration silence) {
        List<Long> lost = new ArrayList<>();
        List<Attempt> permitted = new ArrayList<>();
        for (Attempt attempt : device.unsettled.values()) {
            if (attempt.lost || silence.compareTo(attempt.job.policy.lostAfter()) < 0) continue;
            TaskState task = attempt.task();
            if (task != null && task.permit.isPresent() && task.permit.get().isFor(device.id, attempt.serial)) {
                if (task.status == TaskState.Status.OPEN) permitted.add(attempt);
            } else lost.add(attempt.serial);
        }
        session.silent |= !lost.isEmpty() || !permitted.isEmpty();
        if (!lost.isEmpty()) {
            step.emit(new Event.Lost(device.id, lost, silence));
            session.unsent.removeAll(lost);
            step.start(Effect.Note.warning(
                    "device.silent", "device", device.id, "for", silence.toSeconds() + "s", "lost", lost.size()));
        }
        for (Attempt attempt : permitted) {
            hold(
                    step,
                    attempt.job,
                    attempt.index,
                    device.id + " has a permit for it and is silent for " + silence.toSeconds() + " s");
        }
    }
}
