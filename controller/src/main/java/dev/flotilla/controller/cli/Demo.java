package dev.flotilla.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.job.JobVerify;
import dev.flotilla.controller.cli.job.ResultText;
import dev.flotilla.controller.cli.job.Submitter;
import dev.flotilla.controller.cli.job.Waiting;
import dev.flotilla.controller.cli.local.Child;
import dev.flotilla.controller.cli.local.Fleet;
import dev.flotilla.controller.cli.local.Stop;
import dev.flotilla.controller.cli.shell.AdminClient;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.cli.ui.Progress;
import dev.flotilla.controller.cli.ui.Words;
import dev.flotilla.model.Exit;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla demo}. */
@Command(
        name = "demo",
        description = {
            "Show it: a controller and four agents as processes on this machine, one answer, nothing left.",
            "They sum 0 to 999,999 in four shards of 250,000; the answer is printed with what it covers."
        },
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla demo",
            "  flotilla demo --chaos          4,000 shards; one agent is killed (SIGKILL) and started again"
        })
public final class Demo implements java.util.concurrent.Callable<Integer> {
    private static final int AGENTS = 4;
    private static final String RANGE = "0..1000000";
    private static final long CHAOS_SHARDS = 4000;
    /** The tasks of the chaos are paced so that the job takes about this long: the agent that dies holds work. */
    private static final Duration CHAOS_LASTS = Duration.ofSeconds(5);

    private static final int MOST_KILLS = 5;
    private static final Set<String> HAS = new TreeSet<>(List.of("accepted", "running"));
    private static final Duration RESTART = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofMillis(20);
    private static final Duration CHAOS_PATIENCE = Duration.ofMinutes(2);
    private static final Pattern RESUMED = Pattern.compile("redo\\.resumed unfinished=([0-9]+) finished=([0-9]+)");

    private final Shell shell;

    @Option(names = "--chaos", description = "Kill one agent in the middle of 4,000 shards, and start it again.")
    boolean chaos;

    Demo(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws Exception {
        Instant begun = Instant.ofEpochMilli(Long.getLong("flotilla.began", System.currentTimeMillis()));
        Fleet fleet = new Fleet(new FleetName("demo"), Optional.empty());
        Stop.onSignal(Exit.INTERRUPTED, () -> {
            fleet.close();
            shell.terminal().say("stopped, nothing is left behind");
        });
        List<String> lines = new ArrayList<>();
        ObjectNode result;
        try (Progress progress = new Progress(shell.terminal())) {
            progress.note("starting a controller with its broker, and " + AGENTS + " agents");
            progress.at(0, AGENTS + 1, "controller");
            fleet.startController(0);
            progress.at(1, AGENTS + 1, "agents");
            fleet.startAgents(AGENTS);
            String job = Submitter.freshId();
            try (AdminClient client = AdminClient.open(fleet.context(), Optional.of(job))) {
                fleet.awaitAgents(client, met -> progress.at(1 + met, AGENTS + 1, "agents " + met + "/" + AGENTS));
                result = chaos ? chaos(fleet, client, job, progress, lines) : sum(client, job, progress);
                List<JsonNode> shards = new ArrayList<>();
                if (!chaos)
                    client.ask("job.shards", Replies.object().put("job", job))
                            .path("shards")
                            .forEach(shards::add);
                lines.addAll(0, ResultText.about(result, shards, Instant.now(), ZoneId.systemDefault()));
            }
        } finally {
            Stop.itself(fleet::close);
        }
        shell.print(ResultText.value(result));
        shell.print(lines);
        shell.print(List.of("in all    " + Words.span(Duration.between(begun, Instant.now()))
                + ", processes and all; everything is stopped, nothing is left behind"));
        return result.path("exit").asInt();
    }

    /** Each agent gets one shard: in turn. */
    private ObjectNode sum(AdminClient client, String job, Progress progress) {
        submit(client, job, 4, Duration.ZERO, progress);
        return new Waiting(shell, client, job).result(Optional.empty(), progress);
    }

    private void submit(AdminClient client, String job, long shards, Duration delay, Progress progress) {
        ObjectNode request = Replies.object().put("id", job).put("name", "demo");
        request.putObject("input").put("range", RANGE);
        request.putObject("shard").put("count", shards);
        ObjectNode program = request.putObject("program").put("builtin", "sum");
        if (!delay.isZero()) program.put("delay", delay.toMillis() + "ms");
        request.putObject("place").put("policy", "round-robin");
        ObjectNode submitted = client.ask("job.submit", request);
        progress.note("sum over " + submitted.path("input").asText() + ", in "
                + Words.count(submitted.path("shards").asLong(), "shard"));
    }

    private ObjectNode chaos(Fleet fleet, AdminClient client, String job, Progress progress, List<String> lines)
            throws IOException {
        long slots = 0;
        for (JsonNode d : client.ask("device.list", Replies.object()).path("devices"))
            slots += d.path("slots").asLong();
        submit(client, job, CHAOS_SHARDS, CHAOS_LASTS.multipliedBy(slots).dividedBy(CHAOS_SHARDS), progress);
        Child victim = fleet.agents().get(1);
        long before = 0;
        Redo redo = new Redo(0, 0);
        // Between two orders an agent may have nothing unfinished for a moment; then it dies once more.
        for (int kills = 0; kills < MOST_KILLS && redo.unfinished == 0; kills++) {
            awaitWork(client, job, victim, progress);
            victim.kill();
            before = device(client, victim).path("counted").asLong();
            progress.note("killed " + victim.name() + " (SIGKILL, pid " + victim.pid() + ") after "
                    + Words.count(before, "counted result"));
            long logged = Files.size(victim.log());
            victim = fleet.again(victim);
            redo = redo(victim, logged);
            progress.note("started it again (pid " + victim.pid() + "); its redo log holds " + redo);
            lines.add("killed    " + victim.name() + " after " + Words.count(before, "counted result"));
        }
        ObjectNode result = new Waiting(shell, client, job).result(Optional.of(CHAOS_PATIENCE), progress);
        long more = device(client, victim).path("counted").asLong() - before;
        ObjectNode proof = client.askLong("job.verify", Replies.object().put("job", job));
        lines.add("resumed   from its redo log with " + redo + "; " + Words.count(more, "more result")
                + " of it counted after its return");
        if (result.path("wasted").asLong() == 0) lines.add("wasted    0 results: none came twice");
        JobVerify.text(proof).forEach(line -> lines.add("proof     " + line));
        if (!proof.path("verified").asBoolean())
            throw new UserError(
                    Exit.FAILED,
                    "the answer was not verified",
                    proof.path("says").asText(),
                    "please report this");
        return result;
    }

    private static JsonNode device(AdminClient client, Child agent) {
        return client.ask("device.show", Replies.object().put("device", agent.name()));
    }

    /** Until a result of it was counted and it has said that it holds more work. */
    private static void awaitWork(AdminClient client, String job, Child agent, Progress progress) {
        while (true) {
            JsonNode device = device(client, agent);
            if (device.path("counted").asLong() > 0) {
                for (JsonNode attempt : device.path("live")) {
                    if (HAS.contains(attempt.path("state").asText())) return;
                }
            }
            ObjectNode result = client.ask("job.result", Replies.object().put("job", job));
            if (result.path("final").asBoolean())
                throw new UserError(
                        Exit.FAILED,
                        "the job ended before " + agent.name() + " could be killed",
                        "it held no unfinished work when it was looked at",
                        "flotilla demo --chaos");
            JsonNode coverage = result.path("coverage");
            progress.at(
                    coverage.path("shards_counted").asLong(),
                    coverage.path("shards_total").asLong(),
                    "waiting for the first result of " + agent.name());
        }
    }

    /** What an agent found when it started again. */
    private record Redo(long unfinished, long finished) {
        @Override
        public String toString() {
            return Words.count(unfinished, "unfinished task") + " and " + Words.count(finished, "result")
                    + " not yet settled";
        }
    }

    /** What the agent's own log says of its redo log, from that place on; it says nothing if there is nothing in it. */
    private static Redo redo(Child agent, long from) throws IOException {
        long end = System.nanoTime() + RESTART.toNanos();
        while (System.nanoTime() < end) {
            String said = Files.readString(agent.log());
            said = said.substring((int) Math.min(from, said.length()));
            Matcher m = RESUMED.matcher(said);
            if (m.find()) return new Redo(Long.parseLong(m.group(1)), Long.parseLong(m.group(2)));
            if (said.contains(" link.met ")) return new Redo(0, 0);
            LockSupport.parkNanos(LOOK.toNanos());
        }
        throw agent.failed("the agent " + agent.name() + " did not come back");
    }
}
