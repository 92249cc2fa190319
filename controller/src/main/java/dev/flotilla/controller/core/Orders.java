package dev.flotilla.controller.core;

import dev.flotilla.codec.Sizes;
import dev.flotilla.core.Moment;
import dev.flotilla.link.Order;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Limits;
import dev.flotilla.model.Spec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Builds orders from what the agent does not show yet (PROTOCOL section 3, Sending). At most one order that wants an answer is in flight per
 * device; news collects meanwhile. An unanswered one is built again from the newest state.
 */
final class Orders {
    private static final Duration LEAST_BEAT = Duration.ofSeconds(1);
    static final Duration IDLE_BEAT = Duration.ofMinutes(5);
    private final Ledger ledger;
    private final Sessions sessions;

    Orders(Ledger ledger, Sessions sessions) {
        this.ledger = ledger;
        this.sessions = sessions;
    }

    /** Says what is due to every device that something changed for. */
    void say(Step step) {
        for (DeviceId id : sessions.takeTouched()) {
            Session session = sessions.all.get(id);
            if (session != null && session.met()) say(step, session);
        }
    }

    private void say(Step step, Session session) {
        boolean mayAsk = session.inFlight == 0;
        boolean asks = mayAsk
                && (!session.unsent.isEmpty()
                        || !session.cancel.isEmpty()
                        || !session.permits.isEmpty()
                        || session.need.isPresent()
                        || ledger.device(session.id).owesKept(ledger));
        if (!asks && !session.mustAnswer && session.settle.isEmpty()) return;
        Order order = build(step, session, mayAsk);
        session.mustAnswer = false;
        session.envelopesDown++;
        if (order.wantsAnswer()) {
            session.inFlight = order.n();
            session.inFlightAt = step.at;
            if (session.resent == 0) session.inFlightWait = session.patience.of(session.inFlightBytes);
        }
        step.start(new Effect.SendOrder(session.id, order));
    }

    private Order build(Step step, Session session, boolean mayAsk) {
        DeviceState device = ledger.device(session.id);
        int room = Limits.ENVELOPE - Sizes.ORDER;
        List<Long> settled = new ArrayList<>(session.settle);
        session.settle.clear();
        room -= 20 * settled.size();
        List<Long> cancel = List.of();
        List<Order.Permit> permits = new ArrayList<>();
        List<Order.AssignGroup> groups = List.of();
        List<Spec> specs = new ArrayList<>();
        Optional<Order.Chunk> chunk = Optional.empty();
        session.keptAsked |= mayAsk && device.owesKept(ledger);
        if (mayAsk) {
            cancel = new ArrayList<>(session.cancel);
            session.permits.forEach((serial, boot) -> permits.add(new Order.Permit(serial, boot)));
            session.permits.clear();
            room -= 20 * (cancel.size() + permits.size());
            if (session.need.isPresent()) {
                chunk = Optional.of(new Order.Chunk(
                        session.need.get().digest(), session.need.get().from(), 0, Bytes.EMPTY));
                session.need = Optional.empty();
                room -= Sizes.CHUNK;
            }
            Assigning assigning = new Assigning(session, device, room);
            groups = assigning.groups();
            specs = assigning.specs;
            session.assignSent = assigning.sent;
            session.cancelSent = cancel;
            session.inFlightBytes = Limits.ENVELOPE - assigning.left;
        }
        long n = ++session.lastOut;
        session.saysSettled(n, step.at, settled);
        return new Order(
                session.hello,
                session.greeting,
                n,
                session.lastIn,
                ledger.term,
                0,
                beat(device),
                settled,
                cancel,
                specs,
                groups,
                permits,
                false,
                chunk,
                mayAsk && session.keptAsked ? OptionalLong.of(session.keptAbove) : OptionalLong.empty());
    }

    /** The assignments of one order: as many as fit, oldest first. */
    private static final class Assigning {
        final List<Long> sent = new ArrayList<>();
        final List<Spec> specs = new ArrayList<>();
        private final TreeMap<Long, List<Order.Assignment>> byJob = new TreeMap<>();
        private final TreeMap<Long, JobState> jobs = new TreeMap<>();

        int left;

        Assigning(Session session, DeviceState device, int room) {
            left = room;
            List<Long> dropped = new ArrayList<>();
            for (long serial : session.unsent) {
                Attempt attempt = device.unsettled.get(serial);
                if (attempt == null) {
                    dropped.add(serial);
                    continue;
                }
                JobState job = attempt.job;
                Order.Assignment assignment =
                        new Order.Assignment(serial, attempt.index, attempt.number, job.shard(attempt.index));
                int size = Sizes.assignment(assignment);
                List<Order.Assignment> group = byJob.get(job.number);
                boolean newSpec = group == null && !session.hasSpec(job.digest);
                if (group == null) size += Sizes.GROUP + (newSpec ? Sizes.spec(job.spec) : 0);
                if (size > left) break;
                left -= size;
                if (group == null) {
                    group = new ArrayList<>();
                    byJob.put(job.number, group);
                    jobs.put(job.number, job);
                    if (newSpec) specs.add(job.spec);
                }
                group.add(assignment);
                sent.add(serial);
            }
            if (sent.size() + dropped.size() == session.unsent.size()) session.unsent.clear();
            else {
                session.unsent.removeAll(sent);
                session.unsent.removeAll(dropped);
            }
        }

        List<Order.AssignGroup> groups() {
            List<Order.AssignGroup> groups = new ArrayList<>();
            byJob.forEach((number, assignments) -> {
                JobState job = jobs.get(number);
                Digest digest = job.digest;
                groups.add(new Order.AssignGroup(
                        job.id,
                        digest,
                        job.policy.once(),
                        job.policy.taskTimeout().orElse(Duration.ZERO),
                        assignments));
            });
            return groups;
        }
    }

    /** A quarter of the shortest lost_after among its attempts (PROTOCOL section 3). */
    private Duration beat(DeviceState device) {
        if (device.unsettled.isEmpty()) return IDLE_BEAT;
        Duration shortest = null;
        for (JobState job : ledger.running.values()) {
            if (shortest == null || job.policy.lostAfter().compareTo(shortest) < 0) shortest = job.policy.lostAfter();
        }
        if (shortest == null) return IDLE_BEAT;
        Duration beat = shortest.dividedBy(4);
        if (beat.compareTo(LEAST_BEAT) < 0) return LEAST_BEAT;
        return beat.compareTo(IDLE_BEAT) > 0 ? IDLE_BEAT : beat;
    }

    /** Orders without an answer for too long are built again; each wait is twice the one before. */
    void resend(Step step) {
        for (Session session : sessions.all.values()) {
            if (session.inFlight == 0 || step.at.isBefore(session.inFlightAt.plus(session.inFlightWait))) continue;
            session.owesAgain(ledger.device(session.id));
            session.resent++;
            Duration twice = session.inFlightWait.multipliedBy(2);
            session.inFlightWait = twice.compareTo(Limits.RESEND_MOST) > 0 ? Limits.RESEND_MOST : twice;
            session.mustAnswer = true;
            sessions.touch(session);
        }
    }

    /** When the next unanswered order is due to be said again. */
    Optional<Moment> due() {
        Moment due = null;
        for (Session session : sessions.all.values()) {
            if (session.inFlight == 0) continue;
            Moment at = session.inFlightAt.plus(session.inFlightWait);
            if (due == null || at.isBefore(due)) due = at;
        }
        return Optional.ofNullable(due);
    }
}
