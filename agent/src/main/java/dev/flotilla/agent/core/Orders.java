package dev.flotilla.agent.core;

import dev.flotilla.codec.SpecCodec;
import dev.flotilla.link.Detail;
import dev.flotilla.link.NoRoom;
import dev.flotilla.link.Order;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Spec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Applies an order of the present meeting, in the order of its fields (PROTOCOL section 3). What is old or of another meeting changes nothing. */
final class Orders {
    private static final Duration LEAST_BEAT = Duration.ofSeconds(1);
    /** Settled ones whose order was lost are still here when new ones come; beyond this an order is no honest one. */
    private static final int HELD = 2 * Limits.WINDOW;

    private static final int LISTED = 4 * Limits.WINDOW;

    private final Ledger ledger;
    private final Session session;
    private final Running running;
    private final Reports reports;
    private final Artifacts artifacts;

    Orders(Ledger ledger, Session session, Running running, Reports reports, Artifacts artifacts) {
        this.ledger = ledger;
        this.session = session;
        this.running = running;
        this.reports = reports;
        this.artifacts = artifacts;
    }

    void ordered(Step step, Order order, int bytes) {
        if (!session.met() || order.hello() != session.hello || order.greeting() != session.greeting) {
            ignored(step, "order of another meeting");
            return;
        }
        if (order.n() <= session.got) {
            ignored(step, "order that is old");
            return;
        }
        if (session.got == 0) {
            session.full = false;
            step.start(Effect.Note.of(
                    "link.met", "term", order.term(), "beat", order.beat().toSeconds() + "s"));
        }
        session.got = order.n();
        session.beat = order.beat().compareTo(LEAST_BEAT) < 0 ? LEAST_BEAT : order.beat();
        met(step, order.term(), order.seq());
        settled(step, order.settled());
        reports.confirmed(step, order.re(), bytes);
        running.cancel(step, order.cancel());
        if (!order.assign().isEmpty()) assign(step, order);
        order.permits().forEach(running::permit);
        if (order.wantFull()) session.full = true;
        if (order.wantKept().isPresent()) session.keptWanted = order.wantKept();
        order.bytes().ifPresent(chunk -> artifacts.arrived(step, chunk));
        if (order.wantsAnswer()) session.mustAnswer = true;
    }

    void ignored(Step step, String reason) {
        if (session.ignore(reason)) step.start(Effect.Note.of("link.ignored", "what", reason));
    }

    /** The highest commit that was met is told in each hello, so that an older copy of the controller is found out. */
    private void met(Step step, long term, long seq) {
        if (term > ledger.term || term == ledger.term && seq > ledger.seq) step.emit(new Event.Met(term, seq));
    }

    private void settled(Step step, List<Long> serials) {
        List<Long> forgotten = new ArrayList<>();
        long last = 0;
        for (long serial : serials) {
            Attempt attempt = ledger.attempts.get(serial);
            if (serial <= last || attempt == null || !attempt.state.ended()) continue;
            last = serial;
            forgotten.add(serial);
            session.forgotten(serial);
        }
        if (forgotten.isEmpty()) return;
        step.emit(new Event.Forgotten(forgotten));
        if (session.unsettled.isEmpty()) session.settleAgain.stop();
    }

    private void assign(Step step, Order order) {
        TreeMap<Digest, Spec> told = new TreeMap<>();
        for (Spec spec : order.specs()) told.put(SpecCodec.digest(spec), spec);
        long before = ledger.highest;
        for (Order.AssignGroup group : order.assign()) {
            Work work = new Work(group.job(), group.spec(), group.once(), group.timeout());
            Optional<Spec> known = Optional.ofNullable(ledger.specs.get(group.spec()));
            Optional<Spec> spec = known.or(() -> Optional.ofNullable(told.get(group.spec())));
            new Taking(work, spec, known.isEmpty() ? spec : Optional.empty(), before).take(step, group.assignments());
        }
    }

    /** The assignments of one group: accepted, run at once, or refused with the rule. */
    private final class Taking {
        private final Work work;
        private final Optional<Spec> body;
        private final long before;
        private Optional<Program> program = Optional.empty();
        private String noProgram = "unknown-spec: the order names a spec that it does not bring";
        private final List<Order.Assignment> accepted = new ArrayList<>();
        private final List<Event.AtOnce> ended = new ArrayList<>();
        private Optional<String> refusal = Optional.empty();

        Taking(Work work, Optional<Spec> spec, Optional<Spec> body, long before) {
            this.work = work;
            this.body = body;
            this.before = before;
            try {
                program = spec.map(Program::new);
            } catch (IllegalArgumentException e) {
                noProgram = "unknown-program: " + e.getMessage();
            }
        }

        void take(Step step, List<Order.Assignment> assignments) {
            long last = 0;
            for (Order.Assignment a : assignments) {
                if (a.serial() <= last || ledger.attempts.containsKey(a.serial())) continue;
                if (ledger.attempts.size() + accepted.size() + ended.size() >= LISTED) {
                    ignored(step, "assignments beyond any window");
                    break;
                }
                last = a.serial();
                Optional<String> why = why(a);
                if (why.isPresent()) {
                    refusal = why;
                    ended.add(new Event.AtOnce(
                            a.serial(), a.index(), a.attempt(), AttemptState.REFUSED, Detail.error(why.get())));
                } else if (!work.once() && atOnce(step, a.index(), a.shard())) {
                    Program.Outcome outcome = program.orElseThrow().run(a.index(), a.shard());
                    ended.add(new Event.AtOnce(a.serial(), a.index(), a.attempt(), outcome.state(), outcome.detail()));
                } else accepted.add(a);
            }
            emit(step);
        }

        private Optional<String> why(Order.Assignment a) {
            if (program.isEmpty()) return Optional.of(noProgram);
            if (a.serial() <= before)
                return Optional.of("old-serial: " + a.serial() + " was here before, up to " + before + " all were");
            if (session.capacity.shortOfDisk())
                return Optional.of(NoRoom.DISK.error("less than 64 MiB are left on this device"));
            if (session.capacity.paused().isPresent())
                return Optional.of(NoRoom.PAUSED.error("no task begins on this device now, "
                        + session.capacity.paused().get()));
            int window = session.capacity.window();
            boolean full = ledger.unended + accepted.size() >= window
                    || ledger.attempts.size() + accepted.size() + ended.size() >= HELD;
            if (full) return Optional.of(NoRoom.WINDOW.error("the device holds " + window + " attempts at most"));
            return program.get().impossible(a.index(), a.shard());
        }

        private boolean atOnce(Step step, long index, ShardInput shard) {
            Program p = program.orElseThrow();
            return running.atOnce() && p.instant(index, shard) && step.spend(p.cost(index, shard));
        }

        private void emit(Step step) {
            if (!ended.isEmpty()) {
                List<Long> serials = ended.stream().map(Event.AtOnce::serial).toList();
                step.emit(new Event.EndedAtOnce(work, body, ended), serials);
            }
            if (!accepted.isEmpty()) {
                List<Long> serials =
                        accepted.stream().map(Order.Assignment::serial).toList();
                Optional<Spec> missing = ledger.specs.containsKey(work.spec()) ? Optional.empty() : body;
                step.emit(new Event.Accepted(work, missing, accepted), serials);
                for (long serial : serials) running.accepted(step, ledger.attempts.get(serial));
            }
            refusal.ifPresent(
                    rule -> step.start(Effect.Note.warning("attempt.refused", "job", work.job(), "rule", rule)));
        }
    }
}
