package dev.flotilla.controller.core;

import dev.flotilla.core.Core;
import dev.flotilla.core.Decision;
import dev.flotilla.core.Moment;
import dev.flotilla.core.Stamped;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.JobId;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One fleet's controller. Each input has one rule, in the class that its family has: {@link Meetings} and {@link Rows} for what devices say,
 * {@link Jobs} for what clients ask, {@link Placing} for who gets what, {@link Orders} for what is said to devices, {@link Restoring} for a
 * journal that is an older copy, {@link Membership} for who is of the fleet.
 */
public final class ControllerCore implements Core<Input, Event, Effect> {
    private final FleetName fleet;
    private final Ledger ledger;
    private final Sessions sessions = new Sessions();
    private final Views views;
    private final Jobs jobs;
    private final Meetings meetings;
    private final Placing placing;
    private final Orders orders;
    private final Restoring restoring;
    private final Membership membership;

    ControllerCore(FleetName fleet, Ledger ledger) {
        this.fleet = fleet;
        this.ledger = ledger;
        this.views = new Views(ledger, sessions);
        this.jobs = new Jobs(ledger, sessions, views);
        Rows rows = new Rows(ledger, sessions, jobs);
        this.restoring = new Restoring(ledger, sessions, rows, jobs);
        this.membership = new Membership(ledger, sessions, rows);
        this.meetings = new Meetings(ledger, sessions, rows, restoring);
        this.placing = new Placing(ledger, sessions);
        this.orders = new Orders(ledger, sessions);
    }

    /** A core with nothing in its ledger. */
    public ControllerCore(FleetName fleet) {
        this(fleet, new Ledger());
    }

    @Override
    public Decision<Event, Effect> decide(Stamped<Input> stamped) {
        Step step = new Step(stamped.at(), stamped.dice(), ledger);
        Input in = stamped.input();
        if (in instanceof Input.Reported i) {
            if (!membership.isOut(i.device())) meetings.reported(step, i.device(), i.report(), i.bytes());
        } else if (in instanceof Input.Ticked) ticked(step);
        else if (in instanceof Input.Greeted i) {
            if (!membership.isOut(i.device())) meetings.greeted(step, i.device(), i.hello(), i.seq());
        } else if (in instanceof Input.Submitted i) jobs.submitted(step, i);
        else if (in instanceof Input.Asked i && i.query() instanceof Input.Query.Tokens) {
            step.start(new Effect.Reply(i.request(), membership.tokens(i.wall())));
        } else if (in instanceof Input.Asked i) {
            step.start(new Effect.Reply(
                    i.request(), views.answer(i.query(), jobs, restoring, step.at, i.wall(), fleet.value())));
        } else if (in instanceof Input.CancelAsked i) jobs.cancelAsked(step, i);
        else if (in instanceof Input.ReleaseAsked i) jobs.releaseAsked(step, i);
        else if (in instanceof Input.RemoveAsked i) jobs.removeAsked(step, i);
        else if (in instanceof Input.ArtifactMissing i) jobs.artifactMissing(step, i.digest());
        else if (in instanceof Input.JoinAsked i) membership.joinAsked(step, i);
        else if (in instanceof Input.TokenAsked i) membership.tokenAsked(step, i);
        else if (in instanceof Input.RevokeAsked i) membership.revokeAsked(step, i);
        else if (in instanceof Input.ApproveAsked i) membership.approveAsked(step, i);
        else if (in instanceof Input.RemoveDeviceAsked i) membership.removeAsked(step, i);
        else if (in instanceof Input.PresenceSeen i) meetings.presence(step, i);
        else if (in instanceof Input.Ignored i) meetings.ignored(i.device(), i.reason());
        else if (in instanceof Input.Begun i) begun(step, i.seq());
        else if (in instanceof Input.Restored) restoring.restored(step);
        else throw new AssertionError("no rule for " + in);
        jobs.tell(step);
        if (!restoring.waits(step)) placing.place(step);
        orders.say(step);
        return step.decision();
    }

    /**
     * A new term, on disk before anything is said in it. The step is drawn, so that a start which an older copy has lost is not given again. Every
     * device's silence counts from now, and meetings that it may think go on do not.
     */
    private void begun(Step step, long seq) {
        step.emit(new Event.Started(ledger.term + 1 + step.dice.below(Restoring.STEP), seq));
        membership.begun(step);
        for (DeviceState device : ledger.devices.values())
            if (!membership.isOut(device.id)) meetings.askForHello(step, sessions.of(device.id, step.at, ledger));
        jobs.begun(step);
        restoring.begun(step);
        meetings.silence(step);
    }

    private void ticked(Step step) {
        jobs.ticked(step);
        orders.resend(step);
        if (sessions.look.isPresent() && !step.at.isBefore(sessions.look.get())) meetings.silence(step);
    }

    @Override
    public void apply(Event event) {
        ledger.apply(event);
    }

    @Override
    public Optional<Moment> wakeAt() {
        List<Moment> due = new ArrayList<>();
        if (!ledger.running.isEmpty()) sessions.look.ifPresent(due::add);
        jobs.due().ifPresent(due::add);
        if (!ledger.waits) placing.due().ifPresent(due::add);
        orders.due().ifPresent(due::add);
        restoring.due().ifPresent(due::add);
        return due.stream().min(Moment::compareTo);
    }

    @Override
    public byte[] snapshot() {
        return LedgerCodec.write(ledger);
    }

    @Override
    public long keepFrom() {
        return ledger.keepFrom();
    }

    /** A job's value and how many of its tasks it covers, for the proof of an answer; empty if there is no such job. */
    public Optional<Map.Entry<Optional<BigDecimal>, Long>> proof(JobId job) {
        return Optional.ofNullable(ledger.jobs.get(job)).map(Views::proof);
    }

    /** What a journal's copy is good for: its fleet's work, for people and for those who carry its files along. */
    public record Standing(
            long jobsRunning, SortedMap<String, Long> held, List<String> devices, SortedSet<Digest> files) {}

    /** Running jobs, held tasks by job, devices, and the artifacts that running jobs need. */
    public Standing standing() {
        TreeMap<String, Long> held = new TreeMap<>();
        TreeSet<Digest> files = new TreeSet<>();
        for (JobState job : ledger.running.values()) {
            if (job.held() > 0) held.put(job.id.value(), job.held());
            job.plan.file().ifPresent(files::add);
        }
        return new Standing(
                ledger.running.size(),
                held,
                ledger.devices.keySet().stream().map(DeviceId::value).toList(),
                files);
    }

    /** The ledger, for the simulator's invariants; nobody else looks inside. */
    Ledger ledger() {
        return ledger;
    }

    /** What is in memory, for the same. */
    Sessions sessions() {
        return sessions;
    }
}
