package dev.flotilla.controller.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.controller.core.ControllerMachine;
import dev.flotilla.controller.core.Event;
import dev.flotilla.controller.core.View;
import dev.flotilla.controller.fold.FoldTree;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.journal.JournalReader;
import dev.flotilla.model.AttemptId;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.Spec;
import dev.flotilla.program.BadResult;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.program.Partial;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Reads the recovery log: proves an answer, and tells what happened to a job, a task, an attempt or a device. */
public final class History {
    /** Opens the log for reading. */
    public interface Log {
        JournalReader open() throws JournalFailed;
    }

    private static final int MOST_WRONG = 20;
    private final ControllerMachine machine;
    private final Log log;
    private final ArtifactStore artifacts;

    public History(ControllerMachine machine, Log log, ArtifactStore artifacts) {
        this.machine = machine;
        this.log = log;
        this.artifacts = artifacts;
    }

    /**
     * Walks the chain, computes shards of the job again, folds its results again and compares with what clients are told.
     *
     * @param committed  a batch that the log must have
     */
    ObjectNode verify(JobId job, View.Result told, long committed) {
        Walk walk = new Walk(job);
        try (JournalReader reader = log.open()) {
            walk.before = reader.before();
            long last = reader.inspect(walk);
            if (last < committed)
                walk.logWrong("the log ends at batch " + last + ", and batch " + committed + " was committed");
        } catch (JournalFailed e) {
            walk.logWrong(e.getMessage());
        }
        if (walk.proof == null) walk.logWrong("the log does not have the job's submission");
        Optional<BigDecimal> value = walk.proof == null
                ? Optional.empty()
                : walk.proof.fold.value().flatMap(p -> p.answer().value());
        long results = walk.proof == null ? 0 : walk.proof.fold.counted();
        boolean same = value.equals(told.value()) && results == told.coverage().shardsCounted();
        if (!same && told.isFinal())
            walk.logWrong(
                    "the log gives " + value.map(BigDecimal::toPlainString).orElse("nothing") + " from " + results
                            + " results, and clients are told "
                            + told.value().map(BigDecimal::toPlainString).orElse("nothing") + " from "
                            + told.coverage().shardsCounted());
        if (walk.proof != null && told.isFinal()) sameDevices(walk, told);
        boolean verified = walk.wrong.isEmpty();
        ObjectNode out = Json.MAPPER.createObjectNode();
        out.put("ok", true)
                .put("verified", verified)
                .put("batches", walk.batches)
                .put("results", results)
                .put("recomputed", walk.proof == null ? 0 : walk.proof.again.done());
        out.put("value", value.orElse(null));
        out.put("says", verified ? proved(walk, results, told) : String.join("; ", walk.wrong));
        ArrayNode wrong = out.putArray("wrong");
        walk.wrong.forEach(wrong::add);
        if (!verified && walk.proof != null && walk.proof.again.anyWrong() && !walk.logIsWrong)
            out.put(
                    "next",
                    "flotilla device list          whoever computed these is broken or lies: run the job again without it");
        else if (!verified)
            out.put(
                    "next",
                    "keep the data directory as it is, and flotilla controller restore FILE --data DIR with a backup");
        return out;
    }

    private static void sameDevices(Walk walk, View.Result told) {
        TreeMap<String, Long> said = new TreeMap<>();
        told.coverage().devices().byDevice().forEach(d -> said.put(d.device(), d.shards()));
        TreeSet<String> all = new TreeSet<>(said.keySet());
        all.addAll(walk.proof.byDevice.keySet());
        for (String device : all) {
            long inLog = walk.proof.byDevice.getOrDefault(device, 0L);
            long toClients = said.getOrDefault(device, 0L);
            if (inLog != toClients)
                walk.logWrong(
                        "the log has " + inLog + " shards by device " + device + ", and clients are told " + toClients);
        }
    }

    private static String proved(Walk walk, long results, View.Result told) {
        return "the chain of " + walk.batches + " batches is whole"
                + (walk.before > 0 ? " from batch " + (walk.before + 1) + ", those before went with removed jobs" : "")
                + "; " + results + " results, each of another shard, fold to "
                + (told.isFinal() ? "the same value" : "the value so far, which is not compared while the job runs")
                + "; " + walk.proof.again.says(results);
    }

    /** Everything that is wrong with the log, and the job's results in it. */
    private final class Walk implements JournalReader.Inspector {
        private final JobId job;
        private final List<String> wrong = new ArrayList<>();
        private Proof proof;
        private long before;
        private long batches;
        private long damaged = -1;
        private boolean logIsWrong;

        Walk(JobId job) {
            this.job = job;
        }

        void logWrong(String what) {
            logIsWrong = true;
            wrong(what);
        }

        void wrong(String what) {
            if (wrong.size() < MOST_WRONG) wrong.add(what);
        }

        @Override
        public void damage(long seq, String what) {
            damaged = seq;
            logWrong(what);
        }

        @Override
        public void batch(long seq, byte[] body, byte[] hash) {
            batches++;
            try {
                boolean about = false;
                for (Event event : machine.decode(body)) {
                    if (event instanceof Event.JobSubmitted e && e.job().equals(job)) {
                        about = true;
                        if (proof == null)
                            proof = new Proof(new Recomputation(e, artifacts, Recomputation.BUDGET), e.spec());
                    } else if (event instanceof Event.Counted e && e.job().equals(job)) {
                        about = true;
                        if (proof == null) logWrong("batch " + seq + " counts results before the job's submission");
                        else proof.count(e, this);
                    }
                }
                if (damaged == seq)
                    logWrong("batch " + seq + (about ? " holds results of this job" : " holds no result of this job"));
            } catch (RuntimeException e) {
                logWrong("batch " + seq + " cannot be understood: " + e.getMessage());
            }
        }
    }

    /** One job's results as the log has them, folded anew; memory holds the gaps alone. */
    private static final class Proof {
        final FoldTree fold;
        final Recomputation again;
        final TreeMap<String, Long> byDevice = new TreeMap<>();
        private final Builtin program;

        Proof(Recomputation again, Spec spec) {
            this.again = again;
            fold = new FoldTree(spec.sharding().count());
            program = Builtins.find(spec.program().builtin());
        }

        void count(Event.Counted event, Walk walk) {
            for (Event.Count count : event.counts()) {
                try {
                    Partial result = program.decode(count.result().array());
                    if (fold.has(count.index())) {
                        walk.logWrong("shard " + count.index() + " was counted twice");
                        continue;
                    }
                    fold.add(count.index(), result);
                    byDevice.merge(event.device().value(), 1L, Long::sum);
                    again.check(event, count.index(), result).ifPresent(walk::wrong);
                } catch (BadResult e) {
                    walk.logWrong("shard " + count.index() + ": " + e.getMessage());
                }
            }
        }
    }

    /** {@code rest} is empty for the job, {@code /index} for a task, {@code /index#n} for an attempt. */
    ObjectNode explainJob(View.JobDetail detail, String rest) {
        JobId job = new JobId(detail.summary().job());
        long index = -1;
        if (!rest.isEmpty()) {
            String digits = rest.startsWith("/") ? rest.substring(1).replaceFirst("#.*", "") : "";
            if (!digits.matches("[0-9]{1,18}"))
                throw Refusal.usage(
                        "id",
                        "no task is called " + Quoted.plain(detail.summary().job() + rest, 80),
                        "a task is written job/index",
                        "flotilla job show " + job);
            index = Long.parseLong(digits);
            if (index >= detail.summary().shardsTotal())
                throw notFound(
                        "task",
                        job + rest,
                        "the job has tasks 0 to " + (detail.summary().shardsTotal() - 1),
                        job);
        }
        Optional<AttemptId> attempt = rest.indexOf('#') < 0 ? Optional.empty() : Optional.of(attempt(job + rest));
        List<String> why = new ArrayList<>();
        if (index < 0) {
            why.addAll(detail.placementNotes());
            detail.held().stream().limit(5).forEach(h -> why.add(h.task() + " needs your decision: " + h.reason()));
            detail.poisoned().stream()
                    .limit(5)
                    .forEach(p -> why.add(p.task() + " failed everywhere: " + String.join("; ", p.errors())));
        }
        long task = index;
        Story story =
                index < 0 ? Story.ofJob(job) : attempt.map(Story::ofAttempt).orElseGet(() -> Story.ofTask(job, task));
        why.addAll(told(story));
        if (!story.isTrue()) throw notFound("attempt", job + rest, "the log knows no such attempt", job);
        View.JobSummary s = detail.summary();
        String what = index < 0
                ? "job " + s.job() + " is " + s.state() + ": " + s.program() + " over " + s.input() + ", "
                        + s.shardsCounted() + " of " + s.shardsTotal() + " shards counted"
                : (attempt.isPresent() ? "attempt " : "task ") + job + rest + " of " + s.program() + " over "
                        + s.input();
        String next;
        if (!detail.held().isEmpty()) next = "flotilla job release " + job + " --again          or --give-up";
        else if (s.state().equals("running")) next = "flotilla job wait " + job;
        else next = "flotilla job result " + job;
        return explanation(what, why, next);
    }

    private static AttemptId attempt(String id) {
        try {
            return AttemptId.parse(id);
        } catch (IllegalArgumentException e) {
            throw Refusal.usage(
                    "id", "no attempt is called " + Quoted.plain(id, 80), e.getMessage(), "flotilla job list");
        }
    }

    private static Refusal notFound(String noun, String id, String why, JobId job) {
        return new Refusal(new View.Problem(
                "not-found",
                3,
                "no " + noun + " is called " + Quoted.plain(id, 80),
                why,
                "flotilla job show " + job,
                Optional.of("id")));
    }

    ObjectNode explainDevice(View.DeviceDetail detail) {
        View.DeviceSummary s = detail.summary();
        List<String> why = new ArrayList<>();
        why.add(detail.counted() + " of its results were counted, " + detail.wasted()
                + " came again or too late and were not");
        detail.setAside().ifPresent(why::add);
        detail.ignored().forEach((reason, n) -> why.add(n + " envelopes ignored: " + reason));
        why.addAll(told(Story.ofDevice(s.device())));
        String what = "device " + s.device() + " is " + s.state()
                + s.since().map(t -> ", last heard " + time(t)).orElse("") + ", holds " + s.held() + " attempts on "
                + s.slots() + " slots";
        return explanation(
                what,
                why,
                s.state().equals("ready")
                        ? "flotilla device show " + s.device()
                        : "look at the agent's log on " + s.device());
    }

    private static ObjectNode explanation(String what, List<String> why, String next) {
        ObjectNode out = Json.MAPPER.createObjectNode();
        out.put("ok", true).put("what", what);
        ArrayNode lines = out.putArray("why");
        why.forEach(lines::add);
        return out.put("next", next);
    }

    private List<String> told(Story story) {
        try (JournalReader reader = log.open()) {
            reader.replay(
                    reader.before(), (seq, body) -> machine.decode(body).forEach(event -> story.event(seq, event)));
        } catch (JournalFailed e) {
            story.note("the log cannot be read further: " + e.getMessage());
        }
        return story.lines();
    }

    /** To the second, in UTC: as much as a person compares. */
    static String time(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
