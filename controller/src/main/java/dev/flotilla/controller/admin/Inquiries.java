package dev.flotilla.controller.admin;

import dev.flotilla.controller.core.Input;
import dev.flotilla.controller.core.View;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Quoted;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** What clients ask of the log: whether it proves an answer, and what happened to a job, a task, an attempt or a device. */
final class Inquiries {
    private final Requests requests;
    private final FileThreads files;
    private final History history;
    private final LongSupplier told;
    /** Requests to verify that are under way, by the topic of their answers and the job that they name. */
    private final Map<String, Replies.Reply> verifying = new ConcurrentHashMap<>();

    /** @param told  a late commit of the journal */
    Inquiries(Requests requests, FileThreads files, History history, LongSupplier told) {
        this.requests = requests;
        this.files = files;
        this.history = history;
        this.told = told;
    }

    /** A client that has no answer yet asks again: it gets the answer that is under way, and the work is not done twice. */
    void verify(String prefix, Replies.Reply reply) {
        String question = reply.topic + " " + prefix;
        Replies.Reply before = verifying.get(question);
        if (before != null && before.answers(reply)) return;
        verifying.put(question, reply);
        try {
            files.later(reply, () -> {
                try {
                    prove(prefix, reply);
                } finally {
                    verifying.remove(question, reply);
                }
            });
        } catch (Refusal full) {
            verifying.remove(question, reply);
            throw full;
        }
    }

    private void prove(String prefix, Replies.Reply reply) {
        long committed = told.getAsLong();
        View view = requests.askAndWait(new Input.Query.Result(prefix));
        if (!(view instanceof View.Result result)) {
            reply.send(view);
            return;
        }
        reply.send(history.verify(new JobId(result.job()), result, committed));
    }

    /** For threads that may wait. */
    void explain(String id, Replies.Reply reply) {
        String noun = id.replaceFirst("[/#].*", "");
        View job = requests.askAndWait(new Input.Query.Job(noun));
        if (job instanceof View.JobDetail detail) {
            reply.send(history.explainJob(detail, id.substring(noun.length())));
            return;
        }
        View device = requests.askAndWait(new Input.Query.Device(noun));
        if (device instanceof View.DeviceDetail detail) reply.send(history.explainDevice(detail));
        else if (((View.Problem) job).what().startsWith("more than one")) reply.send(job);
        else if (((View.Problem) device).what().startsWith("more than one")) reply.send(device);
        else {
            reply.send(new View.Problem(
                    "not-found",
                    3,
                    "nothing is called " + Quoted.plain(id, 80),
                    "it is no job, task, attempt or device of this fleet",
                    "flotilla job list ; flotilla device list",
                    Optional.of("id")));
        }
    }
}
