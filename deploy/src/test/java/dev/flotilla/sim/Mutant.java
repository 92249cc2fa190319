package dev.flotilla.sim;

import static dev.flotilla.sim.Patch.agent;
import static dev.flotilla.sim.Patch.controller;
import static dev.flotilla.sim.Patch.shared;

import java.util.List;
import java.util.Locale;

/**
 * A rule of PROTOCOL left out of the shipped code, to see that the simulator misses it. To add one: the rule in words, and what stands in the
 * code without it. A rule that two places keep is left out of both.
 */
enum Mutant {
    MEETING_AGENT(
            "an agent acts on orders of its present meeting alone",
            agent(
                    "core/Orders",
                    "if (!session.met() || order.hello() != session.hello || order.greeting() != session.greeting) {",
                    "if (!session.met()) {")),
    MEETING_CONTROLLER(
            "the controller acts on reports of the present meeting alone",
            controller(
                    "core/Meetings",
                    "} else if (!session.met() || session.hello != report.hello() || session.greeting != report.greeting()) {",
                    "} else if (!session.met()) {")),
    OLD_ORDERS(
            "an agent drops an order whose number is not higher than the last",
            agent("core/Orders", "if (order.n() <= session.got) {", "if (false) {")),
    OLD_REPORTS(
            "the controller drops a report whose number is not higher than the last",
            controller("core/Meetings", "} else if (report.n() <= session.lastIn) {", "} else if (false) {")),
    GREETING(
            "a meeting begins when a report carries the fresh greeting",
            controller("core/Meetings", "&& session.pendingGreeting == report.greeting();", ";")),
    TAG(
            "an envelope with a wrong tag is dropped",
            shared(
                    "security/LinkKey",
                    "return MessageDigest.isEqual(claimed, tag(direction, fleet, device, body))",
                    "return claimed.length > 0")),
    COMMIT_FIRST(
            "effects go out after the commit",
            shared("loop/Loop", "if (durable || (!pending", "letGo(effects);\nif (durable || (!pending"),
            shared("loop/Loop", "}\n letGo(effects);\n if (pending.isEmpty()", "}\n if (pending.isEmpty()")),
    COMMIT_FAILS(
            "a commit that fails lets nothing out", shared("loop/Loop", "commit(); backoff = FIRST_PROBE; }", """
                    try { commit(); } catch (JournalFailed e) { letGo(effects); throw e; }
                    backoff = FIRST_PROBE; }""")),
    LAZY_BEFORE_SAID(
            "what is said takes lazy events along to the disk",
            shared(
                    "loop/Loop",
                    "if (durable || (!pending.isEmpty() && effects.stream().anyMatch(machine::speaks))) {",
                    "if (durable) {")),
    SETTLE_AFTER_COMMIT(
            "settled leaves after its result is on disk",
            controller(
                    "core/ControllerMachine",
                    "return event instanceof Event.DeviceKnown ?",
                    "return event instanceof Event.DeviceKnown || event instanceof Event.Counted ?"),
            controller("core/ControllerMachine", "|| effect instanceof Effect.SendOrder", "")),
    PERMIT(
            "one-time work starts with a permit alone",
            agent(
                    "core/Running",
                    "for (long serial : List.copyOf(permitted)) {",
                    "for (long serial : List.copyOf(ledger.asking)) {")),
    PERMIT_AT_ONCE(
            "one-time work never runs where it is accepted",
            agent("core/Orders", "} else if (!work.once() && atOnce(", "} else if (atOnce(")),
    PERMIT_BOOT(
            "a permit is good for the boot that it names",
            controller("core/Rows", "else if (permit.boot() == session.boot) session", "else if (true) session"),
            agent("core/Running", "if (permit.boot() == session.boot && ledger", "if (ledger")),
    PERMIT_JOURNALED(
            "a permit is on disk before it is said",
            controller(
                    "core/Rows",
                    "step.emit(new Event.Permitted(job.id, task.index, device.id, row.serial(), session.boot));",
                    "task.permit = java.util.Optional.of(new TaskState.Permit(device.id, row.serial(), session.boot));")),
    PERMIT_OF_TASK(
            "a permit belongs to the task: no second attempt gets one",
            controller(
                    "core/Rows",
                    "if (task != null && task.permit.isPresent() && task.permit.get().isFor(device.id, attempt.serial)) { if (task",
                    "if (false) { if (task"),
            controller(
                    "core/Rows",
                    "if (task.permit.isEmpty()) step.emit(",
                    "if (task.permit.filter(p -> p.isFor(device.id, row.serial())).isEmpty()) step.emit("),
            controller(
                    "core/Ledger",
                    "task.status == TaskState.Status.OPEN && task.permit.isEmpty())",
                    "task.status == TaskState.Status.OPEN)")),
    PERMIT_LOST(
            "a permitted attempt is never counted lost: its task is held",
            controller(
                    "core/Rows",
                    "if (task != null && task.permit.isPresent() && task.permit.get().isFor(device.id, attempt.serial)) { if (task",
                    "if (false) { if (task")),
    PERMIT_ENDED(
            "one-time work that ended otherwise than finished is held",
            controller("core/Rows", "if (started) {", "if (false) {")),
    ONCE_INTERRUPTED(
            "one-time work that ran when the agent stopped is interrupted, not run again",
            agent(
                    "core/Running",
                    "if (attempt.work.once()) { ends",
                    "if (attempt.work.once()) { again.add(serial); permitted.add(serial); } else if (false) { ends")),
    ONCE_SYNCED(
            "a start of one-time work is on disk before it starts",
            agent(
                    "core/AgentMachine",
                    "|| event instanceof Event.Started started && !started.synced();",
                    "|| event instanceof Event.Started;")),
    FIRST_RESULT(
            "the first result wins",
            controller(
                    "core/Rows",
                    "if (!job.running() || job.done(row.index()) || indexes.contains(row.index())) {",
                    "if (!job.running()) {")),
    FOLD_BY_TASK(
            "the first result wins, and the fold has a place for one result of each task",
            controller(
                    "core/Rows",
                    "if (!job.running() || job.done(row.index()) || indexes.contains(row.index())) {",
                    "if (!job.running()) {"),
            controller("fold/FoldTree", "|| index >= tasks || has(index))", "|| index >= tasks)")),
    END_FREEZES(
            "after its end nothing changes a job's answer",
            controller(
                    "core/Rows",
                    "if (!job.running() || job.done(row.index()) || indexes.contains(row.index())) {",
                    "if (job.done(row.index()) || indexes.contains(row.index())) {")),
    END_CANCELS(
            "when a job ends its attempts are cancelled",
            controller("core/Jobs", "else session.cancel.add(attempt.serial);\n }\n if (!unsent", "\n }\n if (!unsent"),
            controller(
                    "core/Rows",
                    "if (!job.running() || job.done(row.index())) { session.cancel.add(row.serial()); return false; }",
                    "if (!job.running() || job.done(row.index())) return false;")),
    NOTED_IN_MEMORY(
            "what is noted is known for one meeting",
            agent("core/Session", "dirty.clear();", ""),
            agent("core/Session", "attempts.forEach(dirty::add);", ""),
            agent("core/Reports", ".rows(full ? ledger.attempts.keySet() : session.dirty)", ".rows(session.dirty)"),
            agent("core/Session", "if (greeting != 0) dirty.add(serial);", "dirty.add(serial);")),
    FULL_LISTS_ALL(
            "a full report lists every row",
            agent(
                    "core/Reports",
                    "List<RowGroup> rows = listing.rows(full ? ledger.attempts.keySet() : session.dirty);",
                    "List<RowGroup> rows = listing.rows(full ? ledger.running : session.dirty);")),
    ENDED_KEPT(
            "an ended attempt is kept until it is settled",
            agent(
                    "core/Reports",
                    "for (RowGroup group : report.rows()) for (Row row : group.rows()) noted(row);",
                    """
                    for (RowGroup group : report.rows()) for (Row row : group.rows()) {
                        noted(row);
                        if (!session.unsettled.contains(row.serial())) continue;
                        session.forgotten(row.serial());
                        step.emit(new Event.Forgotten(List.of(row.serial())));
                    }""")),
    SERIAL_ONCE(
            "a serial is never given twice",
            controller("core/Placing", "new Batch(ledger.device(chosen.device()).next,", """
                    new Batch(ledger.device(chosen.device()).unsettled.isEmpty()
                            ? 1 : ledger.device(chosen.device()).unsettled.lastKey() + 1,""")),
    CONFIRMS_ORDER(
            "got confirms exactly that order",
            controller("core/Meetings", "if (report.got() > session.inFlight) {", "if (false) {")),
    CONFIRMS_REPORT(
            "re confirms exactly that report",
            agent(
                    "core/Reports",
                    "if (session.inFlight.isEmpty() || session.inFlight.get().report().n() != re) return;",
                    "if (session.inFlight.isEmpty() || session.inFlight.get().report().n() > re) return;")),
    ONE_ORDER(
            "one order that wants an answer is under way",
            controller("core/Orders", "boolean mayAsk = session.inFlight == 0;", "boolean mayAsk = true;")),
    SAID_AGAIN(
            "an order without an answer is said again",
            controller(
                    "core/Orders",
                    "if (session.inFlight == 0 || step.at.isBefore(session.inFlightAt.plus(session.inFlightWait))) continue;",
                    "if (true) continue;")),
    LOST(
            "a silent device's tasks are placed again",
            controller("core/Rows", "if (attempt.lost || silence", "if (true || silence")),
    SLOTS(
            "a device runs as many tasks as it has slots",
            agent("core/Running", "return ledger.running.size() + more < slots;", "return true;")),
    OLDER_COPY_HOLDS(
            "a controller that is an older copy holds its open one-time tasks",
            controller("core/Restoring", "if (!any) return;", "if (any || !any) return;")),
    OLDER_COPY_TOLD(
            "a hello that tells of a commit which the journal lacks shows that it is an older copy",
            controller(
                    "core/Meetings",
                    "restoring.met(step, session, device, lacks, report.highest());",
                    "restoring.met(step, session, device, false, report.highest());")),
    TERM_RAISED(
            "each start of the controller is a new term",
            controller(
                    "core/ControllerCore",
                    "new Event.Started(ledger.term + 1 + step.dice.below(Restoring.STEP), seq)",
                    "new Event.Started(1, seq)"),
            controller(
                    "core/Restoring", "leapt(step, Math.max(ledger.term, termMet))", "Math.max(ledger.term, termMet)")),
    SERIAL_RAISED(
            "a controller that meets a serial which it never gave goes on above it",
            controller("core/Restoring", "if (highest >= device.next) {", "if (false) {"),
            agent("core/Orders", "if (a.serial() <= before)", "if (false)")),
    SERIAL_OLD(
            "an agent never starts a serial again that it may have forgotten",
            agent("core/Orders", "if (a.serial() <= before)", "if (false)"),
            controller(
                    "core/Meetings",
                    "&& attempt.serial > report.highest() && attempt.wanted();",
                    "&& attempt.wanted();")),
    SAME_TASK(
            "a row is of an attempt if task, attempt and spec digest are the same",
            controller("core/Rows", "&& attempt.index == row.index()\n && attempt.number == row.attempt();", ";")),
    SPEC_DIGEST(
            "a result counts under the job's own spec alone",
            controller("core/Rows", "if (job != null && !job.digest.equals(group.spec())) job = null;", ""),
            controller(
                    "core/Rows",
                    "if (job == null || !job.digest.equals(group.spec())) return 0;",
                    "if (job == null) return 0;"),
            controller("core/Rows", "&& attempt.job.digest.equals(group.spec())", "")),
    ADOPT_LIVE(
            "an attempt is adopted only if its task has no other live one",
            controller("core/Rows", "(task == null || task.live == 0 && !task", "(task == null || !task")),
    REVIVE_LIVE(
            "a lost attempt lives again only if its task has no other live one",
            controller(
                    "core/Rows",
                    "} else if (attempt.lost && task.live == 0 && task.permit.isEmpty()) {",
                    "} else if (attempt.lost) {")),
    FAILURE_ONCE(
            "an attempt that has failed counts once",
            controller("core/Rows", "boolean isNews = holds(row);", "boolean isNews = true;"),
            controller("core/Rows", "&& !task.knowsFailure(device.id, device.agentId, row.serial()));", ");"),
            controller(
                    "core/Ledger",
                    "if (attempt == null || !attempt.isFor(job, end.index(), end.attempt())) return; TaskState task = attempt.task();",
                    "TaskState task = job.tasks.get(end.index());"),
            controller("core/Ledger", "&& !task.knowsFailure(device.id, device.agentId, end.serial())) {", ") {")),
    PERMIT_SPENT(
            "what the operator has decided on is not held for the same permit again",
            controller("core/TaskState", "for (Permit p : spent) if (p.isFor(device, serial)) return true;", "")),
    PERMIT_GONE(
            "a permitted attempt that its agent has lost is held",
            controller(
                    "core/Rows",
                    "if (attempt.wanted() && task.permit.isPresent() && task.permit.get().isFor(device.id, serial))",
                    "if (false)")),
    IMPOSSIBLE(
            "a row of a task that the job does not have is nobody's",
            controller(
                    "core/Rows",
                    "if (job == null || row.index() >= job.shards()) foreign(",
                    "if (job == null) foreign(")),
    RESULT_READ(
            "a result counts if it can be read",
            controller(
                    "core/Rows",
                    "return \"bad-result: \" + Quoted.plain(bad.getMessage(), 200);",
                    "step.start(Effect.Note.of(\"bad\", \"result\", bad.getMessage()));")),
    ARTIFACT_OWN(
            "a device gets the bytes of its own attempts alone",
            controller(
                    "core/Meetings",
                    "session.need = report.need().filter(n -> wants(device(id), n.digest()));",
                    "session.need = report.need();")),
    JUMP(
            "a device that tells of an impossible serial is left alone",
            controller("core/Meetings", "if (jumps(step, session, device, hello, report)) return;", "")),
    WINDOW(
            "a device holds at most its window",
            controller("core/Placing", "if (!chosen.hasRoom()) room.remove(chosen);", "")),
    AGAIN_KEPT(
            "repeatable work that ran when the agent stopped runs again",
            agent("core/Running", "} else again.add(serial);", "}")),
    ;

    /** The rule, in words. */
    final String rule;

    final List<Patch> patches;

    Mutant(String rule, Patch... patches) {
        this.rule = rule;
        this.patches = List.of(patches);
    }

    /** As people type it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
