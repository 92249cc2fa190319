package dev.flotilla.agent.core;

import dev.flotilla.core.Core;
import dev.flotilla.core.Decision;
import dev.flotilla.core.Moment;
import dev.flotilla.core.Stamped;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Capacity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One device's agent. Each input has one rule, in the class that its family has: {@link Meetings} for hello and greeting, {@link Orders} for
 * what the controller wants, {@link Running} for what runs, {@link Artifacts} for inputs that are fetched, {@link Reports} for what is said.
 * {@link Input.Begun} comes first.
 */
public final class AgentCore implements Core<Input, Event, Effect> {
    private final Ledger ledger;
    private final Session session = new Session();
    private final Artifacts artifacts = new Artifacts();
    private final Running running;
    private final Reports reports;
    private final Orders orders;
    private final Meetings meetings;
    private Moment last = new Moment(0);

    AgentCore(Ledger ledger) {
        this.ledger = ledger;
        this.running = new Running(ledger, session, artifacts);
        this.reports = new Reports(ledger, session, artifacts);
        this.orders = new Orders(ledger, session, running, reports, artifacts);
        this.meetings = new Meetings(ledger, session, orders);
    }

    /** A core with nothing in its ledger. */
    public AgentCore() {
        this(new Ledger());
    }

    @Override
    public Decision<Event, Effect> decide(Stamped<Input> stamped) {
        Step step = new Step(stamped.at(), stamped.dice(), ledger, session);
        last = step.at;
        Input in = stamped.input();
        if (in instanceof Input.Ordered i) orders.ordered(step, i.order(), i.bytes());
        else if (in instanceof Input.Ended i) running.ended(step, i);
        else if (in instanceof Input.Ticked) meetings.ticked(step);
        else if (in instanceof Input.Stored i) running.stored(step, i);
        else if (in instanceof Input.Measured i) measured(step, i.capacity());
        else if (in instanceof Input.Greeted i) meetings.greeted(step, i.greeting());
        else if (in instanceof Input.ControllerSeen i) meetings.seen(step, i.startId());
        else if (in instanceof Input.Connected) meetings.connected(step);
        else if (in instanceof Input.Disconnected) meetings.disconnected();
        else if (in instanceof Input.Ignored i) orders.ignored(step, i.reason());
        else if (in instanceof Input.Begun i) begun(step, i);
        else throw new AssertionError("no rule for " + in);
        if (session.begun()) {
            running.begin(step);
            reports.say(step);
        }
        return step.decision();
    }

    /** A core begins once; the link may be up already. */
    private void begun(Step step, Input.Begun input) {
        if (session.begun()) return;
        session.begunAt = step.at;
        session.boot = step.dice.id();
        session.machineBoot = input.machineBoot();
        session.software = input.software();
        session.capacity = input.capacity();
        session.idleBeat = input.beat();
        if (ledger.agentId.isEmpty()) {
            step.emit(new Event.Born(String.format("%016x%016x", step.dice.next(), step.dice.next())));
        }
        running.begun(step, input.cleanStop());
        if (session.linkUp) meetings.connected(step);
    }

    private void measured(Step step, Capacity now) {
        Optional<String> before = session.begun() ? session.capacity.paused() : Optional.empty();
        session.capacity = now;
        if (now.paused().equals(before)) return;
        if (now.paused().isPresent())
            step.start(Effect.Note.warning("work.paused", "why", now.paused().get()));
        else step.start(Effect.Note.of("work.resumed", "was", before.get()));
    }

    @Override
    public void apply(Event event) {
        ledger.apply(event);
    }

    @Override
    public Optional<Moment> wakeAt() {
        List<Moment> due = new ArrayList<>();
        if (running.putOff()) due.add(last);
        meetings.due().ifPresent(due::add);
        reports.due().ifPresent(due::add);
        return due.stream().min(Moment::compareTo);
    }

    @Override
    public byte[] snapshot() {
        return LedgerCodec.write(ledger);
    }

    /** Every attempt that the device holds, by serial. */
    public SortedMap<Long, AttemptState> attempts() {
        TreeMap<Long, AttemptState> states = new TreeMap<>();
        ledger.attempts.forEach((serial, attempt) -> states.put(serial, attempt.state));
        return states;
    }

    /** The ledger, for the simulator's invariants; nobody else looks inside. */
    Ledger ledger() {
        return ledger;
    }

    /** What is in memory, for the same. */
    Session session() {
        return session;
    }
}
