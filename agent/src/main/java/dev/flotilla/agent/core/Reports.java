package dev.flotilla.agent.core;

import dev.flotilla.codec.RowSizes;
import dev.flotilla.codec.Sizes;
import dev.flotilla.core.Moment;
import dev.flotilla.link.Report;
import dev.flotilla.link.Row;
import dev.flotilla.link.RowGroup;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.Limits;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * Builds reports from what is not noted yet (PROTOCOL section 3, Sending). At most one that wants an answer is in flight; news collects
 * meanwhile. An unanswered one is built again from the newest state. Beats go out whatever else is under way.
 */
final class Reports {
    private final Ledger ledger;
    private final Session session;
    private final Artifacts artifacts;

    Reports(Ledger ledger, Session session, Artifacts artifacts) {
        this.ledger = ledger;
        this.session = session;
        this.artifacts = artifacts;
    }

    /** The controller has applied the report of that number: what it carried is noted, if it is still so. */
    void confirmed(Step step, long re, int bytes) {
        if (session.inFlight.isEmpty() || session.inFlight.get().report().n() != re) return;
        Report report = session.inFlight.get().report();
        session.patience.answered(
                step.at.since(session.inFlight.get().at()),
                session.inFlight.get().bytes() + bytes);
        session.inFlight = Optional.empty();
        session.reportAgain.stop();
        if (report.full()) session.full = false;
        if (report.kept().isPresent()
                && session.keptWanted.equals(OptionalLong.of(report.kept().get().above())))
            session.keptWanted = OptionalLong.empty();
        report.capacity().ifPresent(c -> session.capacityNoted = Optional.of(c));
        for (RowGroup group : report.rows()) for (Row row : group.rows()) noted(row);
        boolean waits = session.settleAgain.due().isPresent();
        if (!session.unsettled.isEmpty() && !waits) session.settleAgain.again(step.at, session.patience.of(0));
    }

    private void noted(Row row) {
        Attempt attempt = ledger.attempts.get(row.serial());
        if (attempt == null || attempt.revision != row.revision()) return;
        if (!row.state().ended()) session.dirty.remove(row.serial());
        else if (row.detail().isPresent()) {
            session.dirty.remove(row.serial());
            session.unsettled.add(row.serial());
        }
    }

    /** Says what is due. */
    void say(Step step) {
        if (!session.met()) return;
        boolean beat = !step.at.isBefore(session.said.plus(beat()));
        if (session.inFlight.isPresent()) {
            if (session.reportAgain.isDue(step.at)) send(step);
            else if (beat) sendBeat(step);
            return;
        }
        if (session.settleAgain.isDue(step.at)) {
            session.dirty.addAll(session.unsettled);
            session.unsettled.clear();
            session.settleAgain.pause();
        }
        Optional<Report.Need> need = artifacts.need();
        boolean asks = need.isPresent() && (!need.equals(session.asked) || session.needAgain.isDue(step.at));
        if (beat || session.full || session.mustAnswer || !session.dirty.isEmpty() || asks || capacityIsNew())
            send(step);
    }

    private void send(Step step) {
        Built built = build(step);
        Report report = built.report();
        session.mustAnswer = false;
        session.said = step.at;
        session.gotTold = report.got();
        needTold(step.at, report.need());
        if (report.wantsAnswer()) {
            session.inFlight = Optional.of(new Session.InFlight(report, step.at, built.bytes()));
            session.reportAgain.again(step.at, session.patience.of(built.bytes()));
        } else {
            session.inFlight = Optional.empty();
            session.reportAgain.stop();
        }
        step.start(new Effect.Send(report));
    }

    private void needTold(Moment now, Optional<Report.Need> need) {
        if (need.isEmpty()) session.needAgain.stop();
        else if (need.equals(session.asked)) session.needAgain.again(now, session.patience.of(0));
        else session.needAgain.start(now, session.patience.of(0));
        session.asked = need;
    }

    /** A sign of life beside an unanswered report. It brings no rows, so it confirms no order either: those rows are the order's answer. */
    private void sendBeat(Step step) {
        session.said = step.at;
        step.start(new Effect.Send(report(
                step,
                session.gotTold,
                false,
                List.of(),
                artifacts.need().filter(session.asked::equals),
                Optional.empty(),
                Optional.empty())));
    }

    private Report report(
            Step step,
            long got,
            boolean full,
            List<RowGroup> rows,
            Optional<Report.Need> need,
            Optional<Capacity> capacity,
            Optional<Report.Kept> kept) {
        return new Report(
                session.hello,
                session.greeting,
                ++session.n,
                got,
                full,
                full ? ledger.highest : 0,
                rows,
                need,
                capacity,
                Instant.EPOCH,
                step.at.since(session.begunAt),
                kept);
    }

    private record Built(Report report, int bytes) {}

    private Built build(Step step) {
        boolean full = session.full;
        boolean tell = full || capacityChanged();
        Optional<Capacity> capacity = tell ? Optional.of(session.capacity) : Optional.empty();
        int room = Limits.ENVELOPE - (tell ? Sizes.REPORT : Sizes.BARE_REPORT);
        Listing listing = new Listing(room);
        List<RowGroup> rows = listing.rows(full ? ledger.attempts.keySet() : session.dirty);
        Optional<Report.Kept> kept = session.keptWanted.isPresent()
                ? Optional.of(kept(session.keptWanted.getAsLong(), listing.room))
                : Optional.empty();
        Report report = report(step, session.got, full, rows, artifacts.need(), capacity, kept);
        int bytes = Sizes.BARE_REPORT + room - listing.room;
        return new Built(report, kept.isPresent() ? bytes + Limits.KEPT_PAGE : bytes);
    }

    /** Kept results above that serial: a page of them, after the news, in the room that is left. */
    private Report.Kept kept(long above, int room) {
        TreeMap<Work, RowSizes> sizes = new TreeMap<>();
        TreeMap<Work, List<Row>> rows = new TreeMap<>();
        int used = 0;
        boolean more = false;
        for (Map.Entry<Long, Kept> entry : ledger.kept.tailMap(above, false).entrySet()) {
            Kept kept = entry.getValue();
            RowSizes size = sizes.get(kept.work());
            int before = size == null ? 0 : size.bytes();
            if (size == null) size = new RowSizes(kept.work().job());
            size.add(kept.row(entry.getKey(), false));
            size.add(kept.detail());
            used += size.bytes() - before;
            more = used > room || used > Limits.KEPT_PAGE && !rows.isEmpty();
            if (more) break;
            sizes.put(kept.work(), size);
            rows.computeIfAbsent(kept.work(), w -> new ArrayList<>()).add(kept.row(entry.getKey(), true));
        }
        List<RowGroup> groups = new ArrayList<>();
        rows.forEach((work, its) -> groups.add(new RowGroup(work.job(), work.spec(), its)));
        return new Report.Kept(above, groups, more);
    }

    /**
     * The rows of one report, oldest first: all of them, and the details that have room. (Only a device that holds a thousand attempts of a
     * thousand jobs has more rows than fit; what is left out is told by the next report.)
     */
    private final class Listing {
        private record Group(Work work, RowSizes sizes, List<Row> rows) {}

        private final TreeMap<Work, Group> groups = new TreeMap<>();
        private int room;

        Listing(int room) {
            this.room = room;
        }

        List<RowGroup> rows(Iterable<Long> serials) {
            List<Attempt> listed = new ArrayList<>();
            List<Group> of = new ArrayList<>();
            Group group = null;
            for (long serial : serials) {
                Attempt attempt = ledger.attempts.get(serial);
                if (group == null || group.work != attempt.work) {
                    group = groups.get(attempt.work);
                    if (group == null) {
                        group = new Group(attempt.work, new RowSizes(attempt.work.job()), new ArrayList<>());
                        if (group.sizes.bytes() > room) break;
                        room -= group.sizes.bytes();
                        groups.put(attempt.work, group);
                    }
                }
                int before = group.sizes.bytes();
                group.sizes.add(attempt.row(false));
                int cost = group.sizes.bytes() - before;
                if (cost > room) break;
                room -= cost;
                listed.add(attempt);
                of.add(group);
            }
            for (int i = 0; i < listed.size(); i++) of.get(i).rows.add(detailed(listed.get(i), of.get(i)));
            List<RowGroup> rows = new ArrayList<>();
            for (Group g : groups.values()) {
                if (!g.rows.isEmpty()) rows.add(new RowGroup(g.work.job(), g.work.spec(), g.rows));
            }
            return rows;
        }

        private Row detailed(Attempt attempt, Group group) {
            if (attempt.detail.isEmpty()) return attempt.row(false);
            int cost = group.sizes.cost(attempt.detail.get());
            if (cost > room) return attempt.row(false);
            room -= cost;
            group.sizes.add(attempt.detail.get());
            return attempt.row(true);
        }
    }

    /** What others place by is told at once; what drifts is told with the next report. */
    private boolean capacityIsNew() {
        if (session.capacityNoted.isEmpty()) return true;
        Capacity told = session.capacityNoted.get();
        Capacity now = session.capacity;
        return now.slots() != told.slots()
                || diskIsNew(now, told)
                || !now.facts().equals(told.facts())
                || !now.labels().equals(told.labels());
    }

    /** A disk at the edge of its reserve would be told with each measurement, were there no gap between both ways. */
    private static boolean diskIsNew(Capacity now, Capacity told) {
        if (!told.shortOfDisk()) return now.shortOfDisk();
        return now.storage().isEmpty() || now.storage().get().free() >= Limits.RESERVE_AGAIN;
    }

    private boolean capacityChanged() {
        if (capacityIsNew()) return true;
        Capacity told = session.capacityNoted.orElseThrow();
        Capacity now = session.capacity;
        return Math.abs(now.load() - told.load()) > 0.25
                || Math.abs(now.memFree() - told.memFree()) > 0.2 * told.memFree()
                || differs(now.storage(), told.storage(), Capacity.Storage::free)
                || differs(now.storage(), told.storage(), s -> s.writtenADay().orElse(0))
                || differs(now.celsius(), told.celsius(), 3)
                || differs(now.speed(), told.speed(), 0.2 * told.speed().orElse(0));
    }

    private static boolean differs(OptionalDouble now, OptionalDouble told, double most) {
        if (now.isPresent() != told.isPresent()) return true;
        return now.isPresent() && Math.abs(now.getAsDouble() - told.getAsDouble()) > most;
    }

    private static boolean differs(
            Optional<Capacity.Storage> now, Optional<Capacity.Storage> told, ToLongFunction<Capacity.Storage> figure) {
        if (now.isEmpty() || told.isEmpty()) return now.isPresent() != told.isPresent();
        long before = figure.applyAsLong(told.get());
        return Math.abs(figure.applyAsLong(now.get()) - before) > 0.2 * before;
    }

    /** The controller has the word while either side knows of work. */
    private Duration beat() {
        boolean idle = ledger.attempts.isEmpty() && session.beat.equals(Session.IDLE_BEAT);
        return idle ? session.idleBeat : session.beat;
    }

    /** When something of this is due, while a meeting goes on. */
    Optional<Moment> due() {
        if (!session.met()) return Optional.empty();
        Moment due = session.said.plus(beat());
        List<Optional<Moment>> others = session.inFlight.isPresent()
                ? List.of(session.reportAgain.due())
                : List.of(session.settleAgain.due(), artifacts.need().flatMap(n -> session.needAgain.due()));
        for (Optional<Moment> other : others)
            if (other.isPresent() && other.get().isBefore(due)) due = other.get();
        return Optional.of(due);
    }
}
