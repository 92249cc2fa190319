package dev.flotilla.agent.core;

import dev.flotilla.link.Detail;
import dev.flotilla.link.Order;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * What runs, and what may run next: the table of PROTOCOL section 5. The queues are in memory and are made again from the ledger at each start;
 * oldest first.
 */
final class Running {
    private static final int MOST_INTERRUPTIONS = 3;
    private final Ledger ledger;
    private final Session session;
    private final Artifacts artifacts;

    /** Accepted attempts whose input is here: repeatable ones that are instant, other repeatable ones, one-time ones. */
    private final TreeSet<Long> instant = new TreeSet<>();

    private final TreeSet<Long> ready = new TreeSet<>();
    private final TreeSet<Long> readyOnce = new TreeSet<>();
    /** One-time attempts that may start in this boot. */
    private final TreeSet<Long> permitted = new TreeSet<>();
    /** The agent did not stop cleanly: starts are synced, one at a time, until a task has ended. */
    private boolean careful;

    Running(Ledger ledger, Session session, Artifacts artifacts) {
        this.ledger = ledger;
        this.session = session;
        this.artifacts = artifacts;
    }

    /** Whatever ran when the agent stopped runs no more. */
    void begun(Step step, boolean cleanStop) {
        careful = !cleanStop;
        step.start(new Effect.ForgetOthers(needed()));
        int unfinished = 0;
        for (Attempt attempt : ledger.attempts.values()) {
            if (attempt.state.ended()) continue;
            unfinished++;
            artifacts.here(step, attempt.serial, attempt.shard);
        }
        int finished = ledger.attempts.size() - unfinished;
        if (finished + unfinished > 0)
            step.start(Effect.Note.of("redo.resumed", "unfinished", unfinished, "finished", finished));
        List<Long> again = new ArrayList<>();
        List<Event.End> ends = new ArrayList<>();
        for (long serial : ledger.running) {
            Attempt attempt = ledger.attempts.get(serial);
            if (attempt.work.once()) {
                ends.add(new Event.End(
                        serial, AttemptState.INTERRUPTED, Detail.error("interrupted: the agent stopped while it ran")));
            } else if (attempt.interruptions >= MOST_INTERRUPTIONS) {
                ends.add(new Event.End(
                        serial,
                        AttemptState.FAILED,
                        Detail.error("crash-loop: the agent stopped " + (attempt.interruptions + 1)
                                + " times while it ran")));
            } else again.add(serial);
        }
        if (!again.isEmpty()) step.emit(new Event.Again(again), again);
        end(step, ends);
        for (Attempt attempt : ledger.attempts.values()) {
            if (attempt.state == AttemptState.ACCEPTED) accepted(step, attempt);
        }
    }

    private TreeSet<Digest> needed() {
        TreeSet<Digest> needed = new TreeSet<>();
        for (Attempt attempt : ledger.attempts.values())
            if (!attempt.state.ended() && attempt.shard instanceof ShardInput.Stored stored)
                needed.add(stored.digest());
        return needed;
    }

    /** The attempt waits for its input, or may start. */
    void accepted(Step step, Attempt attempt) {
        if (artifacts.here(step, attempt.serial, attempt.shard)) ready(attempt);
    }

    private void ready(Attempt attempt) {
        if (attempt.state != AttemptState.ACCEPTED) return;
        if (attempt.work.once()) readyOnce.add(attempt.serial);
        else if (isInstant(attempt)) instant.add(attempt.serial);
        else ready.add(attempt.serial);
    }

    private boolean isInstant(Attempt attempt) {
        try {
            return program(attempt).instant(attempt.index, attempt.shard);
        } catch (IllegalArgumentException unknownProgram) {
            return false; // accepted by a newer version of the agent: the executor says what is wrong with it
        }
    }

    private Program program(Attempt attempt) {
        return new Program(ledger.specs.get(attempt.work.spec()));
    }

    /** True if instant work may run where it is accepted: nothing older waits, and no start needs to be on disk first. */
    boolean atOnce() {
        return !careful && !paused() && instant.isEmpty();
    }

    /** Work was put off: it goes on in the next step. */
    boolean putOff() {
        return !careful && !paused() && !instant.isEmpty();
    }

    /** What runs goes on; nothing begins. */
    private boolean paused() {
        return session.begun() && session.capacity.paused().isPresent();
    }

    void stored(Step step, Input.Stored input) {
        Artifacts.Arrival arrival = artifacts.stored(input, session.capacity.shortOfDisk());
        for (long serial : arrival.ready()) ready(ledger.attempts.get(serial));
        List<Event.End> ends = new ArrayList<>();
        for (long serial : arrival.failed()) {
            ends.add(new Event.End(
                    serial,
                    AttemptState.FAILED,
                    Detail.error(
                            "bad-artifact: " + input.digest() + " cannot be stored, or is not what it should be")));
        }
        end(step, ends);
    }

    /** A permit for another boot is of no use; one is used up by its start. */
    void permit(Order.Permit permit) {
        if (permit.boot() == session.boot && ledger.asking.contains(permit.serial())) permitted.add(permit.serial());
    }

    /** Attempts that wait or run are not wanted any more. */
    void cancel(Step step, List<Long> serials) {
        List<Event.End> ends = new ArrayList<>();
        for (long serial : new TreeSet<>(serials)) {
            Attempt attempt = ledger.attempts.get(serial);
            if (attempt == null || attempt.state.ended()) continue;
            if (attempt.state == AttemptState.RUNNING) step.start(new Effect.Kill(serial));
            ends.add(new Event.End(serial, AttemptState.CANCELLED, Detail.error("")));
        }
        end(step, ends);
    }

    /** The executor's word; it is believed of an attempt that runs here and of no other. */
    void ended(Step step, Input.Ended input) {
        if (!ledger.running.contains(input.serial())) return;
        careful = false;
        AttemptState state = input.state() == AttemptState.FINISHED ? AttemptState.FINISHED : AttemptState.FAILED;
        Program.Outcome outcome = Program.bounded(new Program.Outcome(state, input.detail()));
        end(step, List.of(new Event.End(input.serial(), outcome.state(), outcome.detail())));
    }

    private void end(Step step, List<Event.End> ends) {
        if (ends.isEmpty()) return;
        List<Long> serials = new ArrayList<>();
        for (Event.End end : ends) {
            Attempt attempt = ledger.attempts.get(end.serial());
            artifacts.release(step, end.serial(), attempt.shard);
            instant.remove(end.serial());
            ready.remove(end.serial());
            readyOnce.remove(end.serial());
            permitted.remove(end.serial());
            serials.add(end.serial());
        }
        step.emit(new Event.Ended(ends), serials);
        noteFailures(step, ends);
    }

    /** One line, however many they are. */
    private void noteFailures(Step step, List<Event.End> ends) {
        List<Event.End> failed =
                ends.stream().filter(e -> e.state() == AttemptState.FAILED).toList();
        if (failed.isEmpty()) return;
        Event.End first = failed.get(0);
        step.start(Effect.Note.warning(
                "attempt.failed",
                "attempt",
                ledger.attempts.get(first.serial()).id(),
                "error",
                Quoted.plain(first.detail().error(), 200),
                "failed",
                failed.size()));
    }

    /** Starts what may start. */
    void begin(Step step) {
        if (paused()) return;
        for (long serial : List.copyOf(permitted)) {
            if (!free() || !artifacts.has(serial)) continue;
            permitted.remove(serial);
            start(step, serial, true);
        }
        if (!careful) runInstant(step);
        List<Long> serials = new ArrayList<>();
        while (free(serials.size()) && !ready.isEmpty()) {
            long serial = ready.pollFirst();
            if (careful) start(step, serial, true);
            else serials.add(serial);
        }
        while (careful && free() && !instant.isEmpty()) start(step, instant.pollFirst(), true);
        if (!serials.isEmpty()) {
            step.emit(new Event.Started(serials, false), serials);
            for (long serial : serials) startEffect(step, serial);
        }
        ask(step);
    }

    private boolean free() {
        return free(0);
    }

    private boolean free(int more) {
        int slots = careful ? 1 : session.capacity.slots();
        return ledger.running.size() + more < slots;
    }

    private void start(Step step, long serial, boolean synced) {
        step.emit(new Event.Started(List.of(serial), synced), List.of(serial));
        startEffect(step, serial);
    }

    private void startEffect(Step step, long serial) {
        Attempt attempt = ledger.attempts.get(serial);
        Spec spec = ledger.specs.get(attempt.work.spec());
        step.start(new Effect.Start(serial, attempt.id(), spec, attempt.shard, attempt.work.timeout()));
    }

    /** What was put off, as much as one step may work. */
    private void runInstant(Step step) {
        List<Event.End> ends = new ArrayList<>();
        for (long serial : instant) {
            Attempt attempt = ledger.attempts.get(serial);
            Program program = program(attempt);
            if (!step.spend(program.cost(attempt.index, attempt.shard))) break;
            Program.Outcome outcome = program.run(attempt.index, attempt.shard);
            ends.add(new Event.End(serial, outcome.state(), outcome.detail()));
        }
        end(step, ends);
    }

    /** One-time work asks before it may start; asking holds no slot. */
    private void ask(Step step) {
        List<Long> serials = new ArrayList<>();
        while (ledger.asking.size() + serials.size() < session.capacity.slots() && !readyOnce.isEmpty()) {
            serials.add(readyOnce.pollFirst());
        }
        if (!serials.isEmpty()) step.emit(new Event.Asked(serials), serials);
    }
}
