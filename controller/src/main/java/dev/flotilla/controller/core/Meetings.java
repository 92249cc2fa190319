package dev.flotilla.controller.core;

import dev.flotilla.core.Moment;
import dev.flotilla.link.Greeting;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Presence;
import dev.flotilla.link.Report;
import dev.flotilla.link.Row;
import dev.flotilla.link.RowGroup;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Hello, greeting, full report: the rules of PROTOCOL section 4. What is old, repeated or of another meeting changes nothing (I14). Rows are
 * judged by {@link Rows}.
 */
final class Meetings {
    static final Duration ASK_AGAIN = Duration.ofSeconds(1);
    private static final Duration ASK_AGAIN_MOST = Duration.ofMinutes(2);
    private static final Duration LOOKS_APART = Duration.ofSeconds(1);
    private final Ledger ledger;
    private final Sessions sessions;
    private final Rows rows;
    private final Restoring restoring;

    Meetings(Ledger ledger, Sessions sessions, Rows rows, Restoring restoring) {
        this.ledger = ledger;
        this.sessions = sessions;
        this.rows = rows;
        this.restoring = restoring;
    }

    /** Answers a hello. Changes nothing that lasts: a meeting begins when a full report carries the fresh greeting. */
    void greeted(Step step, DeviceId device, Hello hello, long seq) {
        Session session = sessions.of(device, step.at, ledger);
        if (hello.version() != Hello.VERSION) {
            session.ignore("hello of another version");
            return;
        }
        if (!session.greetings.take(step.at)) {
            session.ignore("hello too soon after others");
            return;
        }
        long greeting;
        if (session.met() && session.hello == hello.hello()) greeting = session.greeting;
        else if (session.pending.isPresent() && session.pending.get().hello() == hello.hello())
            greeting = session.pendingGreeting;
        else {
            greeting = step.dice.id();
            session.pending = Optional.of(hello);
            session.pendingAhead = hello.term() == ledger.term && hello.seq() > seq;
            session.pendingGreeting = greeting;
        }
        step.start(new Effect.SendGreeting(device, new Greeting(hello.hello(), greeting, ledger.term, 0)));
    }

    /** Takes in a report, if it is of the present meeting or begins the next. */
    void reported(Step step, DeviceId id, Report report, int bytes) {
        Session session = sessions.of(id, step.at, ledger);
        DeviceState device = ledger.devices.get(id);
        if (begins(session, report)) {
            Hello hello = session.pending.orElseThrow();
            if (jumps(step, session, device, hello, report)) return;
            device = ledger.device(id);
            session.begin(hello, report.greeting());
            boolean trusted = session.trust.against().isEmpty();
            session.trust.met(step.at, hello.boot(), hello.machineBoot());
            if (trusted)
                session.trust
                        .against()
                        .ifPresent(
                                why -> step.start(Effect.Note.warning("device.set-aside", "device", id, "why", why)));
            session.pending = Optional.empty();
            step.start(Effect.Note.of(
                    "link.met", "device", id, "boot", Long.toHexString(hello.boot()), "version", hello.software()));
            step.start(new Effect.TellDevice(id, "ready"));
            knownAs(step, session, device, hello, report);
        } else if (!session.met() || session.hello != report.hello() || session.greeting != report.greeting()) {
            session.ignore("report of another meeting");
            askForHello(step, session);
            return;
        } else if (report.n() <= session.lastIn) {
            session.ignore("report that is old");
            return;
        } else if (report.capacity().isPresent()) {
            capacityIs(step, session, device, device.agentId, report.capacity().get());
        }
        session.lastIn = report.n();
        session.heard = step.at;
        session.clock = Optional.of(report.wall());
        session.silent = false;
        session.everHeard = true;
        session.presence = Presence.ONLINE;
        session.envelopesUp++;
        session.bytesUp += bytes;
        if (report.full()) full(step, session, device, report);
        for (RowGroup group : report.rows()) take(step, session, device, group);
        restoring.told(step, session, device, report);
        confirmed(step, session, device, report, bytes);
        session.need = report.need().filter(n -> wants(device(id), n.digest()));
        if (report.wantsAnswer()) session.mustAnswer = true;
        sessions.touch(session);
    }

    private void take(Step step, Session session, DeviceState device, RowGroup group) {
        for (Row row : rows.take(step, session, device, group))
            restoring.unpermitted(step, session, device, ledger.jobs.get(group.job()), row.index());
    }

    private DeviceState device(DeviceId id) {
        return ledger.device(id);
    }

    private static boolean begins(Session session, Report report) {
        return report.full()
                && session.pending.isPresent()
                && session.pending.get().hello() == report.hello()
                && session.pendingGreeting == report.greeting();
    }

    /** At most once a second, and less and less often of one that is refused: each time it tells all that it has. */
    void askForHello(Step step, Session session) {
        if (session.askedForHello.isPresent()
                && step.at.since(session.askedForHello.get()).compareTo(session.asksApart) < 0) return;
        session.askedForHello = Optional.of(step.at);
        step.start(new Effect.SendGreeting(session.id, new Greeting(0, 0, ledger.term, 0)));
    }

    /** True if the device tells of serials or terms that no honest history leads to; it is left alone. */
    private boolean jumps(Step step, Session session, DeviceState device, Hello hello, Report report) {
        long next = device == null ? 1 : device.next;
        Optional<String> why = Optional.empty();
        if (report.highest() - next >= Limits.JUMP)
            why = Optional.of("it tells of serial " + report.highest() + ", and the next one here is " + next);
        else if (hello.term() - ledger.term > Limits.TERM_JUMP)
            why = Optional.of("it tells of term " + hello.term() + ", and the one here is " + ledger.term);
        else if (report.capacity().isEmpty()) why = Optional.of("it does not say what it can do");
        if (why.isPresent()) {
            session.pending = Optional.empty(); // another try needs another hello
            session.ignore("impossible serial or term, or no capacity");
            step.start(Effect.Note.warning("device.refused", "device", session.id, "why", why.get()));
        }
        session.trust.refuse(why);
        Duration twice = session.asksApart.multipliedBy(2);
        if (why.isEmpty()) session.asksApart = ASK_AGAIN;
        else session.asksApart = twice.compareTo(ASK_AGAIN_MOST) > 0 ? ASK_AGAIN_MOST : twice;
        return why.isPresent();
    }

    /** Notes who the device is, and whether it has met a controller whose journal was ahead of this one. */
    private void knownAs(Step step, Session session, DeviceState device, Hello hello, Report report) {
        capacityIs(step, session, device, hello.agentId(), report.capacity().orElseThrow());
        boolean lacks = session.pendingAhead || ledger.lacks(hello.term(), hello.seq());
        restoring.met(step, session, device, lacks, report.highest());
    }

    private void capacityIs(
            Step step, Session session, DeviceState device, String agentId, dev.flotilla.model.Capacity capacity) {
        session.capacity = capacity;
        boolean isNew = device.capacity == null || !device.agentId.equals(agentId);
        boolean differs = !isNew
                && (device.capacity.slots() != capacity.slots()
                        || !device.capacity.facts().equals(capacity.facts())
                        || !device.capacity.labels().equals(capacity.labels()));
        if (isNew || differs && session.facts.take(step.at)) {
            rows.agentIs(step, device, agentId);
            step.emit(new Event.DeviceKnown(device.id, agentId, capacity));
        }
    }

    /** A full report lists every row: what the ledger holds beyond it, the agent lost or never got. */
    private void full(Step step, Session session, DeviceState device, Report report) {
        TreeMap<Long, RowGroup> groups = new TreeMap<>();
        TreeMap<Long, Row> listed = new TreeMap<>();
        for (RowGroup group : report.rows()) {
            for (Row row : group.rows()) {
                listed.put(row.serial(), row);
                groups.put(row.serial(), group);
            }
        }
        session.showAnew();
        session.unsent.clear();
        List<Long> gone = new ArrayList<>();
        for (Attempt attempt : device.unsettled.values()) {
            Row row = listed.get(attempt.serial);
            if (row != null && rows.same(attempt, groups.get(attempt.serial), row)) continue;
            boolean reachesAgain =
                    row == null && !attempt.lost && attempt.serial > report.highest() && attempt.wanted();
            if (reachesAgain) session.unsent.add(attempt.serial);
            else gone.add(attempt.serial);
        }
        if (!gone.isEmpty()) rows.gone(step, device, gone, "its agent lost it");
    }

    /** What the last order carried has arrived: the rows show what became of it. */
    private void confirmed(Step step, Session session, DeviceState device, Report report, int bytes) {
        session.settleAgain(report.got(), step.at);
        if (session.inFlight == 0 || report.got() < session.inFlight) return;
        if (report.got() > session.inFlight) {
            // a later sending overtook it, so it will never be applied
            session.owesAgain(device);
            return;
        }
        if (session.resent == 0)
            session.patience.answered(step.at.since(session.inFlightAt), session.inFlightBytes + bytes);
        session.resent = 0;
        TreeSet<Long> gone = new TreeSet<>();
        for (long serial : session.assignSent) {
            Attempt attempt = device.unsettled.get(serial);
            if (attempt == null || session.shown.containsKey(serial)) continue;
            if (attempt.wanted() && !attempt.lost) session.unsent.add(serial);
            else gone.add(serial);
        }
        for (long serial : session.cancelSent) {
            session.cancel.remove(serial);
            if (device.unsettled.containsKey(serial) && !session.shown.containsKey(serial)) gone.add(serial);
        }
        session.answered();
        if (!gone.isEmpty()) rows.gone(step, device, List.copyOf(gone), "it never reached its agent");
    }

    /** True if the device may have these bytes: they are of an attempt that it holds (I17). */
    private static boolean wants(DeviceState device, Digest digest) {
        for (Attempt attempt : device.unsettled.values()) {
            if (attempt.job.shard(attempt.index) instanceof dev.flotilla.model.ShardInput.Stored stored
                    && stored.digest().equals(digest)) return true;
        }
        return false;
    }

    /** An envelope that the edge dropped; of devices that were never met nothing is kept. */
    void ignored(DeviceId id, String reason) {
        Session session = sessions.all.get(id);
        if (session != null) session.ignore(reason);
    }

    /** The broker's hint. One that is degraded cannot say hello: its session is here since this start. */
    void presence(Step step, Input.PresenceSeen seen) {
        DeviceId id = seen.device();
        Session session = sessions.all.get(id);
        if (session == null || session.presence == seen.presence()) return;
        session.presence = seen.presence();
        if (!session.hints.take(step.at)) return; // known, and not told to everybody
        String word = seen.presence().name().toLowerCase(Locale.ROOT);
        step.start(new Effect.TellDevice(id, seen.presence() == Presence.ONLINE ? "ready" : word));
        step.start(Effect.Note.of("device." + word, "device", id));
    }

    /** Silence: attempts of a device that was not heard for a job's {@code lost_after} are placed again. */
    void silence(Step step) {
        sessions.look = Optional.empty();
        for (DeviceState device : ledger.devices.values()) {
            if (device.live == 0) continue;
            Session session = sessions.of(device.id, step.at, ledger);
            Moment owes = session.heard.isBefore(session.busySince) ? session.busySince : session.heard;
            rows.silent(step, session, device, step.at.since(owes));
            for (Attempt attempt : device.unsettled.values()) {
                if (attempt.lost) continue;
                Duration lostAfter = attempt.job.policy.lostAfter();
                Moment due = owes.plus(lostAfter);
                // one that is held may be left, and is looked at again
                sessions.lookAt(step.at.isBefore(due) ? due : step.at.plus(lostAfter));
            }
        }
        sessions.look.ifPresent(at -> {
            Moment soonest = step.at.plus(LOOKS_APART);
            if (at.isBefore(soonest)) sessions.look = Optional.of(soonest);
        });
    }
}
