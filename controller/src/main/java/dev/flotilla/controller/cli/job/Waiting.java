package dev.flotilla.controller.cli.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.local.Stop;
import dev.flotilla.controller.cli.shell.AdminClient;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.cli.ui.Progress;
import dev.flotilla.controller.cli.ui.Terminal;
import dev.flotilla.controller.cli.ui.Words;
import dev.flotilla.model.Exit;
import dev.flotilla.model.UserError;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Waits for a job. Events make the progress live and may be lost; {@code job.result} is asked once a second and is the truth. A link or a controller
 * that goes away is waited for. Ctrl-C ends the wait, not the job.
 */
public final class Waiting {
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration ANSWER = Duration.ofSeconds(3);
    private static final Duration STUCK = Duration.ofMillis(1500);
    /** Up to so many shards are named one by one. */
    private static final int FEW = 16;

    private final Shell shell;
    private final AdminClient client;
    private final String job;
    private String lost = "";
    private String toldWhy = "";
    private long lastCounted = -1;
    private long movedAt = System.nanoTime();

    /** @param client  hears of that job's events, if the id is whole */
    public Waiting(Shell shell, AdminClient client, String job) {
        this.shell = shell;
        this.client = client;
        this.job = job;
    }

    /** Waits, prints the answer. @return the exit code */
    public int toTheEnd(Optional<Duration> limit, boolean json) {
        Progress progress = new Progress(shell.terminal());
        Thread detach = new Thread(() -> {
            progress.close();
            shell.terminal().say("detached: the job goes on without this command");
            shell.terminal().say("next:  flotilla job wait " + job);
        });
        Runtime.getRuntime().addShutdownHook(detach);
        ObjectNode result;
        try (progress) {
            result = result(limit, progress);
        } finally {
            stay(detach);
        }
        return print(shell, client, result, json);
    }

    /** Takes the hook back, unless it runs: then Ctrl-C came first, and nothing more is printed. */
    private static void stay(Thread detach) {
        try {
            Runtime.getRuntime().removeShutdownHook(detach);
        } catch (IllegalStateException shuttingDown) {
            Stop.untilTheEnd();
        }
    }

    /** The result when the job has ended or the time is up. */
    public ObjectNode result(Optional<Duration> limit, Progress progress) {
        long end = limit.map(l -> System.nanoTime() + l.toNanos()).orElse(Long.MAX_VALUE);
        ObjectNode last = null;
        while (true) {
            Optional<ObjectNode> asked = ask(progress);
            if (asked.isPresent()) {
                last = asked.get();
                if (last.path("final").asBoolean()) return last;
                shown(progress, last.path("coverage"), last.path("value"), "");
                whyWaiting(progress, last.at("/coverage/shards_counted").asLong());
            }
            if (System.nanoTime() >= end) {
                if (last != null) return last;
                throw new UserError(
                        Exit.TIMED_OUT,
                        "the wait ended with nothing to show",
                        "no controller answered meanwhile",
                        "flotilla job wait " + job);
            }
            listen(progress, Math.min(end, System.nanoTime() + POLL.toNanos()));
        }
    }

    private Optional<ObjectNode> ask(Progress progress) {
        Optional<ObjectNode> reply = Optional.empty();
        String trouble = "no answer";
        try {
            reply = client.ask("job.result", Replies.object().put("job", job), ANSWER);
        } catch (UserError e) {
            if (e.exit() != Exit.NO_CONTROLLER) throw e;
            trouble = e.what();
        }
        if (reply.isPresent()) {
            if (!lost.isEmpty()) progress.note("the controller answers again");
            lost = "";
            return reply;
        }
        if (client.wasCut()) trouble = "the link to the broker is lost";
        if (!trouble.equals(lost)) progress.note(trouble + ", trying again; the job goes on");
        lost = trouble;
        return reply;
    }

    /** Shows news until that time, or until there is news of the end. */
    private void listen(Progress progress, long until) {
        while (System.nanoTime() < until) {
            Optional<ObjectNode> news = client.news(Duration.ofNanos(Math.max(1, until - System.nanoTime())));
            if (news.isEmpty()) continue;
            ObjectNode event = news.get();
            if (event.path("final").asBoolean()) return;
            StringBuilder devices = new StringBuilder();
            for (JsonNode d : event.path("devices")) {
                devices.append("  ")
                        .append(d.path("device").asText())
                        .append(' ')
                        .append(d.path("counted").asLong());
            }
            shown(progress, event, event.path("value"), devices.toString());
        }
    }

    private static void shown(Progress progress, JsonNode counts, JsonNode value, String devices) {
        long counted = counts.path("shards_counted").asLong();
        long total = counts.path("shards_total").asLong();
        String so = value.isNumber() ? "  so far " + Words.value(value.decimalValue()) : "";
        progress.at(counted, total, Words.count(counted) + "/" + Words.count(total) + " shards" + so + devices);
    }

    /** A job that does not move says why, once for each reason. */
    private void whyWaiting(Progress progress, long counted) {
        long now = System.nanoTime();
        if (counted != lastCounted) {
            lastCounted = counted;
            movedAt = now;
            return;
        }
        if (now - movedAt < STUCK.toNanos()) return;
        Optional<ObjectNode> show;
        try {
            show = client.ask("job.show", Replies.object().put("job", job), ANSWER);
        } catch (UserError e) {
            if (e.exit() != Exit.NO_CONTROLLER) throw e;
            return; // the next question for the result tells of it
        }
        if (show.isEmpty() || show.get().at("/tasks/running").asLong() > 0) return;
        List<String> reasons = new ArrayList<>();
        show.get().path("placement_notes").forEach(note -> reasons.add(note.asText()));
        String why = String.join("; ", reasons);
        if (why.isEmpty() || why.equals(toldWhy)) return;
        progress.note("waiting: " + why);
        toldWhy = why;
    }

    /** Prints a result: for people the value alone on stdout and what it covers on stderr; or one object. @return the exit code */
    static int print(Shell shell, AdminClient client, ObjectNode result, boolean json) {
        if (json) {
            shell.json(result);
            return result.path("exit").asInt();
        }
        List<JsonNode> shards = new ArrayList<>();
        if (result.at("/coverage/shards_total").asLong() <= FEW
                && result.at("/coverage/shards_counted").asLong() > 0) {
            client.ask(
                            "job.shards",
                            Replies.object().put("job", result.path("job").asText()),
                            ANSWER)
                    .ifPresent(reply -> reply.path("shards").forEach(shards::add));
        }
        shell.print(ResultText.value(result));
        Terminal terminal = shell.terminal();
        for (String line : ResultText.about(result, shards, Instant.now(), ZoneId.systemDefault())) {
            if (!line.startsWith("coverage")) terminal.say(line);
            else
                terminal.say(terminal.paint(
                        line.endsWith("nothing missing") ? Terminal.Colour.GOOD : Terminal.Colour.POOR, line));
        }
        return result.path("exit").asInt();
    }
}
