package dev.flotilla.agent.core;

import dev.flotilla.core.Moment;
import dev.flotilla.link.Greeting;
import dev.flotilla.link.Hello;
import java.time.Duration;
import java.util.Optional;

/** Hello, greeting, full report: the agent's side of PROTOCOL section 4. The agent goes on working meanwhile. */
final class Meetings {
    /** The least wait from one hello to the next. */
    private static final Duration PACE = Duration.ofSeconds(1);

    private final Ledger ledger;
    private final Session session;
    private final Orders orders;

    Meetings(Ledger ledger, Session session, Orders orders) {
        this.ledger = ledger;
        this.session = session;
        this.orders = orders;
    }

    void connected(Step step) {
        session.linkUp = true;
        wanted(step);
    }

    void disconnected() {
        session.linkUp = false;
        session.endMeeting();
        session.helloAgain.stop();
    }

    /**
     * The controller's presence. A start id that is new asks for a hello: whatever was said to the start before is not known to this one. So does
     * one that is known while there is no meeting: the controller was cut off itself, and the hellos of that time found nobody.
     */
    void seen(Step step, String startId) {
        if (startId.isEmpty() || startId.equals(session.controllerStart) && session.greeting != 0) return;
        session.controllerStart = startId;
        if (session.linkUp) wanted(step);
    }

    void greeted(Step step, Greeting greeting) {
        if (!session.linkUp) return;
        if (greeting.greeting() == 0) {
            wanted(step);
        } else if (greeting.hello() != session.hello || session.met()) {
            orders.ignored(step, "greeting of another hello");
        } else {
            session.helloAgain.stop();
            session.meet(greeting.greeting(), ledger.attempts.keySet());
        }
    }

    /** A hello is wanted: at once, or when the last one is a second old. One that was not answered keeps its number. */
    private void wanted(Step step) {
        if (!session.begun()) return;
        boolean answered = session.greeting != 0 || session.helloAgain.due().isEmpty();
        session.endMeeting();
        if (answered) session.hello = step.dice.id();
        session.helloAgain.stop();
        Moment paced = session.helloSaid.map(said -> said.plus(PACE)).orElse(step.at);
        if (step.at.isBefore(paced)) session.helloAgain.at(paced);
        else say(step);
    }

    /** Says a hello that is due. */
    void ticked(Step step) {
        if (session.linkUp && session.greeting == 0 && session.helloAgain.isDue(step.at)) say(step);
    }

    private void say(Step step) {
        session.helloSaid = Optional.of(step.at);
        session.helloAgain.again(step.at, PACE);
        step.start(new Effect.Send(new Hello(
                Hello.VERSION,
                session.hello,
                session.boot,
                ledger.agentId,
                ledger.term,
                ledger.seq,
                session.machineBoot,
                session.software)));
    }

    /** When a hello is due. */
    Optional<Moment> due() {
        return session.linkUp && session.greeting == 0 ? session.helloAgain.due() : Optional.empty();
    }
}
