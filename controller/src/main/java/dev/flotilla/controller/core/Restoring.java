package dev.flotilla.controller.core;

import dev.flotilla.core.Moment;
import dev.flotilla.link.Report;
import dev.flotilla.link.RowGroup;
import java.time.Duration;
import java.util.Optional;

/**
 * A controller that comes back from an older copy of its journal: told so by {@code flotilla controller restore}, or found out by what a device
 * knows (PROTOCOL section 4). What it may have permitted since then nobody here knows, so open one-time tasks wait for the operator, at once and
 * for good; and each device is asked once for the results that it kept. The term leaps, so that a commit of the time that is missing here is
 * told from a commit of a later loss: what the first one explains is no news.
 */
final class Restoring {
    /** Two starts are at most so many terms apart: rarely does one that is drawn again hit one that was lost. */
    static final int STEP = 1 << 18;
    /** More terms than there were since any copy that people bring back, 1024 starts, and small beside the largest jump. */
    private static final long LEAP = 1024L * STEP;
    /** So long a restored controller waits for its devices before it places anything. */
    static final Duration WAIT = Duration.ofSeconds(30);

    private final Ledger ledger;
    private final Sessions sessions;
    private final Rows rows;
    private final Jobs jobs;
    private Optional<Moment> placesAt = Optional.empty();

    Restoring(Ledger ledger, Sessions sessions, Rows rows, Jobs jobs) {
        this.ledger = ledger;
        this.sessions = sessions;
        this.rows = rows;
        this.jobs = jobs;
    }

    /** The journal was put back by the operator. */
    void restored(Step step) {
        step.emit(new Event.Restored(leapt(step, ledger.term)));
        hold(step, "the controller was restored from an older copy: it may have run already");
    }

    /** Drawn, as a start's is: the copy that is put back may be of a time before the last leap. */
    private static long leapt(Step step, long above) {
        return above + LEAP + step.dice.below(STEP);
    }

    /** A start. Its wait, if there is one, begins anew. */
    void begun(Step step) {
        if (!ledger.waits) return;
        placesAt = Optional.of(step.at.plus(WAIT));
        step.start(Effect.Note.warning(
                "journal.restored", "places_in", WAIT.toSeconds() + "s", "waits_for", ledger.owingKept()));
    }

    /** Nothing is placed before devices had the time to say what they hold, or all have said it. */
    boolean waits(Step step) {
        if (!ledger.waits) return false;
        if (placesAt.isEmpty()) return true;
        boolean all = !ledger.devices.isEmpty() && ledger.owingKept().isEmpty();
        if (step.at.isBefore(placesAt.get()) && !all) return true;
        step.emit(new Event.WaitedEnough());
        step.start(Effect.Note.of("journal.restored-places", "not_met", ledger.owingKept()));
        return false;
    }

    /** When the wait is over at the latest. */
    Optional<Moment> due() {
        return ledger.waits ? placesAt : Optional.empty();
    }

    /** A meeting began. Does its hello name a commit that this journal lacks, or its serials one that it never gave? */
    void met(Step step, Session session, DeviceState device, boolean lacks, long highest) {
        if (highest >= device.next) {
            step.emit(new Event.SerialsRaised(device.id, highest + 1));
            lacks = true;
        }
        if (!lacks) return;
        if (isExplained(session, device))
            step.start(Effect.Note.of("journal.restored-met", "device", device.id, "term", session.metTerm));
        else olderCopy(step, device, session.metTerm);
    }

    /** One-time work runs there, and no permit for it is on record. */
    void unpermitted(Step step, Session session, DeviceState device, JobState job, long index) {
        if (!isExplained(session, device)) olderCopy(step, device, ledger.term);
        else {
            TaskState task = job.tasks.get(index);
            if (task == null || task.permit.isEmpty())
                rows.hold(step, job, index, device.id + " runs it since before the controller was restored");
        }
    }

    /** The device speaks of the time that is known to be missing here. */
    private boolean isExplained(Session session, DeviceState device) {
        return device.owesKept(ledger) && session.metTerm < ledger.loss;
    }

    private void olderCopy(Step step, DeviceState device, long termMet) {
        step.start(Effect.Note.warning("journal.older-copy", "device", device.id, "term", termMet));
        step.emit(new Event.OlderCopyFound(device.id, leapt(step, Math.max(ledger.term, termMet))));
        hold(step, "the controller's journal is an older copy, as " + device.id + " shows: it may have run already");
        for (Session session : sessions.all.values()) if (session.met()) sessions.touch(session);
    }

    /** One event, however many tasks: a device that lies must not make the journal grow by every task of every job. */
    private void hold(Step step, String why) {
        boolean any = false;
        for (JobState job : ledger.running.values()) any |= job.policy.once() && job.hasOpen();
        if (!any) return;
        step.emit(new Event.OnceHeld(why));
        for (JobState job : ledger.running.values()) {
            if (!job.policy.once() || job.held() == 0) continue;
            step.start(Effect.Note.warning("job.held", "job", job.id, "tasks", job.held(), "why", why));
            jobs.changed(job);
        }
        rows.unwanted(step, job -> job.policy.once(), (job, index) -> job.isHeld(index));
    }

    /** Kept results count as any late result does; a device is asked until it has no more of them. */
    void told(Step step, Session session, DeviceState device, Report report) {
        if (!device.owesKept(ledger)) return;
        if (report.kept().isEmpty()) {
            // an agent that does not know the question answers the order without it; a beat answers nothing
            boolean answers = session.keptAsked && report.wantsAnswer() && report.got() == session.inFlight;
            if (answers) all(step, session, device);
            return;
        }
        Report.Kept kept = report.kept().get();
        long last = kept.above();
        for (RowGroup group : kept.rows()) {
            session.keptTold += rows.kept(step, session, device, group);
            if (!group.rows().isEmpty())
                last = Math.max(last, group.rows().get(group.rows().size() - 1).serial());
        }
        if (kept.above() != session.keptAbove) return;
        session.keptAbove = last;
        if (!kept.more()) all(step, session, device);
    }

    private void all(Step step, Session session, DeviceState device) {
        step.emit(new Event.KeptTold(device.id));
        step.start(Effect.Note.of(
                "journal.restored-told",
                "device",
                device.id,
                "counted",
                session.keptTold,
                "not_met",
                ledger.owingKept()));
        session.keptAbove = 0;
        session.keptTold = 0;
    }
}
