package dev.flotilla.controller.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.core.ControllerMachine;
import dev.flotilla.controller.core.Event;
import dev.flotilla.controller.core.View;
import dev.flotilla.core.Core;
import dev.flotilla.journal.Journal;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.JobId;
import dev.flotilla.program.BadResult;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.program.Partial;
import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Reads the recovery log: proves an answer, and tells what happened to a job, a task, an attempt or a device. */
public final class History {
    private static final int LONGEST = 40;

    /** Walks the log on a connection of its own, from its first batch. */
    public interface Log {
        void walk(Journal.Walker walker) throws JournalFailed;
    }

    private final ControllerMachine machine;
    private final Log log;

    public History(ControllerMachine machine, Log log) {
        this.machine = machine;
        this.log = log;
    }

    /** Walks the chain, folds the job's results again, one after the other, and compares with what clients are told. */
    ObjectNode verify(JobId job, View.Result told) {
        long[] batches = {0};
        TreeMap<Long, Partial> results = new TreeMap<>();
        Builtin[] program = {null};
        Core<?, Event, ?> replayed = machine.birth(Optional.empty(), 0);
        List<String> wrong = new ArrayList<>();
        try {
            log.walk((seq, body) -> {
                batches[0]++;
                for (Event event : machine.decode(body)) {
                    replayed.apply(event);
                    if (event instanceof Event.JobSubmitted e && e.job().equals(job)) program[0] = Builtins.find(e.spec().program().builtin());
                    if (event instanceof Event.Counted e && e.job().equals(job)) count(e, program[0], results, wrong);
                }
            });
        } catch (JournalFailed e) {
            wrong.add(e.getMessage());
        }
        Partial all = null;
        for (Partial partial : results.values()) all = all == null ? partial : all.merge(partial);
        Optional<BigDecimal> value = all == null ? Optional.empty() : all.answer().value();
        boolean same = value.equals(told.value()) && results.size() == told.coverage().shardsCounted();
        if (!same && told.isFinal()) wrong.add("the log gives " + value.map(BigDecimal::toPlainString).orElse("nothing") + " from " + results.size() + " results");
        ObjectNode out = Json.MAPPER.createObjectNode();
        out.put("ok", true).put("verified", wrong.isEmpty()).put("batches", batches[0]).put("results", results.size());
        out.put("value", value.orElse(null));
        out.put("says", wrong.isEmpty()
                ? "the chain of " + batches[0] + " batches is whole; " + results.size() + " results, each of another shard, fold to the same value"
                : String.join("; ", wrong));
        return out;
    }

    private static void count(Event.Counted event, Builtin program, TreeMap<Long, Partial> results, List<String> wrong) {
        for (Event.Count count : event.counts()) {
            try {
                if (results.put(count.index(), program.decode(count.result().array())) != null) wrong.add("shard " + count.index() + " was counted twice");
            } catch (BadResult e) {
                wrong.add("shard " + count.index() + ": " + e.getMessage());
            }
        }
    }

    /** {@code rest} is empty for the job, {@code /index} for a task, {@code /index#n} for an attempt. */
    ObjectNode explainJob(View.JobDetail detail, String rest) {
        JobId job = new JobId(detail.summary().job());
        long index = -1;
        if (!rest.isEmpty()) {
            String digits = rest.replaceFirst("#.*", "").substring(1);
            if (!digits.matches("[0-9]{1,18}")) throw Refusal.usage("id", "no task is called " + detail.summary().job() + rest, "a task is written job/index", "flotilla job show " + job);
            index = Long.parseLong(digits);
        }
        List<String> why = new ArrayList<>();
        if (index < 0) {
            why.addAll(detail.placementNotes());
            detail.held().stream().limit(5).forEach(h -> why.add(h.task() + " needs your decision: " + h.reason()));
            detail.poisoned().stream().limit(5).forEach(p -> why.add(p.task() + " failed everywhere: " + String.join("; ", p.errors())));
        }
        why.addAll(events(job, index, Optional.empty()));
        View.JobSummary s = detail.summary();
        String what = index < 0
                ? "job " + s.job() + " is " + s.state() + ": " + s.program() + " over " + s.input() + ", " + s.shardsCounted() + " of " + s.shardsTotal() + " shards counted"
                : "task " + job + "/" + index + " of " + s.program() + " over " + s.input();
        String next;
        if (!detail.held().isEmpty()) next = "flotilla job release " + job + " --again          or --give-up";
        else if (s.state().equals("running")) next = "flotilla job wait " + job;
        else next = "flotilla job result " + job;
        return explanation(what, why, next);
    }

    ObjectNode explainDevice(View.DeviceDetail detail) {
        View.DeviceSummary s = detail.summary();
        List<String> why = new ArrayList<>();
        why.add("it counted " + detail.counted() + " results, " + detail.wasted() + " more came too late and were not counted");
        detail.setAside().ifPresent(why::add);
        detail.ignored().forEach((reason, n) -> why.add(n + " envelopes ignored: " + reason));
        why.addAll(events(null, -1, Optional.of(s.device())));
        String what = "device " + s.device() + " is " + s.state() + s.since().map(t -> ", last heard " + t).orElse("") + ", holds " + s.held() + " attempts on " + s.slots() + " slots";
        return explanation(what, why, s.state().equals("ready") ? "flotilla device show " + s.device() : "look at the agent's log on " + s.device());
    }

    private static ObjectNode explanation(String what, List<String> why, String next) {
        ObjectNode out = Json.MAPPER.createObjectNode();
        out.put("ok", true).put("what", what);
        ArrayNode lines = out.putArray("why");
        why.forEach(lines::add);
        return out.put("next", next);
    }

    /** The newest lines on a job, one of its tasks (index 0 or more), or a device. */
    private List<String> events(JobId job, long index, Optional<String> device) {
        ArrayDeque<String> lines = new ArrayDeque<>();
        long[] left = {0};
        Map<Long, String> serials = new TreeMap<>();
        try {
            log.walk((seq, body) -> {
                for (Event event : machine.decode(body)) {
                    line(event, job, index, device, serials).ifPresent(line -> {
                        lines.add("commit " + seq + ": " + line);
                        if (lines.size() > LONGEST) {
                            lines.removeFirst();
                            left[0]++;
                        }
                    });
                }
            });
        } catch (JournalFailed e) {
            lines.add("the log cannot be read further: " + e.getMessage());
        }
        List<String> out = new ArrayList<>();
        if (left[0] > 0) out.add(left[0] + " earlier lines left out");
        out.addAll(lines);
        return out;
    }

    private static Optional<String> line(Event event, JobId job, long index, Optional<String> device, Map<Long, String> serials) {
        if (event instanceof Event.Placed e && about(job, device, e.job(), e.device().value())) {
            for (Event.Placement p : e.placements()) {
                if (index < 0) continue;
                if (p.index() != index) continue;
                serials.put(p.serial(), e.device().value());
                return Optional.of("attempt " + p.attempt() + " placed on " + e.device() + ": " + e.why());
            }
            return index >= 0 ? Optional.empty() : Optional.of(e.placements().size() + " tasks of " + e.job() + " placed on " + e.device() + ": " + e.why());
        }
        if (event instanceof Event.Adopted e && about(job, device, e.job(), e.device().value()) && (index < 0 || e.placement().index() == index)) {
            serials.put(e.placement().serial(), e.device().value());
            return Optional.of(e.job() + "/" + e.placement().index() + " taken over from " + e.device() + ", which worked on it");
        }
        if (event instanceof Event.Counted e && about(job, device, e.job(), e.device().value())) {
            if (index < 0) return Optional.of(e.counts().size() + " results of " + e.job() + " counted from " + e.device());
            for (Event.Count c : e.counts()) if (c.index() == index) return Optional.of("counted: attempt " + c.attempt() + " on " + e.device());
            return Optional.empty();
        }
        if (event instanceof Event.Ended e && about(job, device, e.job(), e.device().value())) {
            for (Event.End end : e.ends()) {
                if (index >= 0 && end.index() != index) continue;
                String how = end.state() == AttemptState.FINISHED ? "came too late, not counted" : end.state().word();
                return Optional.of(e.job() + "/" + end.index() + "#" + end.attempt() + " on " + e.device() + " " + how + (end.error().isEmpty() ? "" : ": " + end.error()));
            }
            return Optional.empty();
        }
        if (event instanceof Event.Lost e && aboutSerials(index, device, e.device().value(), e.serials(), serials)) {
            return Optional.of(e.device() + " was silent for " + e.silent().toSeconds() + " s: " + e.serials().size() + " attempts are placed again");
        }
        if (event instanceof Event.Gone e && aboutSerials(index, device, e.device().value(), e.serials(), serials)) {
            return Optional.of(e.serials().size() + " attempts on " + e.device() + " are gone: " + e.why());
        }
        if (event instanceof Event.Permitted e && about(job, device, e.job(), e.device().value()) && (index < 0 || e.index() == index)) {
            return Optional.of(e.job() + "/" + e.index() + " permitted to start on " + e.device());
        }
        if (event instanceof Event.Held e && e.job().equals(job) && (index < 0 || e.index() == index)) return Optional.of(job + "/" + e.index() + " held: " + e.why());
        if (event instanceof Event.Released e && e.job().equals(job) && (index < 0 || e.indexes().contains(index))) {
            return Optional.of(e.indexes().size() + " tasks released by the operator: " + (e.again() ? "run again" : "given up"));
        }
        if (event instanceof Event.Poisoned e && e.job().equals(job) && (index < 0 || e.index() == index)) return Optional.of(job + "/" + e.index() + " failed as often as it may");
        if (event instanceof Event.JobSubmitted e && e.job().equals(job)) return Optional.of("submitted at " + e.submitted());
        if (event instanceof Event.JobEnded e && e.job().equals(job)) return Optional.of("the job ended: " + e.why());
        return Optional.empty();
    }

    private static boolean about(JobId job, Optional<String> device, JobId eventJob, String eventDevice) {
        return job != null ? eventJob.equals(job) : device.orElse("").equals(eventDevice);
    }

    private static boolean aboutSerials(long index, Optional<String> device, String eventDevice, List<Long> lost, Map<Long, String> serials) {
        if (device.isPresent()) return device.get().equals(eventDevice);
        if (index < 0) return false;
        for (long serial : lost) if (eventDevice.equals(serials.get(serial))) return true;
        return false;
    }
}
