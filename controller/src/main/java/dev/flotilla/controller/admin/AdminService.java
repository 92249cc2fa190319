package dev.flotilla.controller.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.Topics;
import dev.flotilla.controller.core.Input;
import dev.flotilla.controller.core.View;
import dev.flotilla.controller.enrol.Enrolment;
import dev.flotilla.loop.Loop;
import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Nearest;
import dev.flotilla.model.Quoted;
import dev.flotilla.shard.ShardPlan;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The door for clients: reads a request's verb and fields, and has it carried out by whom it concerns. Each request is answered once. */
public final class AdminService implements AutoCloseable {
    private static final int LARGEST_CORRELATION = 64;
    /** So that the page fits a message, however long the names are. */
    private static final int JOBS_A_PAGE = 200;

    private static final List<String> VERBS = List.of(
            "controller.info",
            "job.submit",
            "job.list",
            "job.show",
            "job.result",
            "job.shards",
            "job.cancel",
            "job.release",
            "job.remove",
            "job.verify",
            "device.list",
            "device.show",
            "device.approve",
            "device.remove",
            "token.create",
            "token.list",
            "token.revoke",
            "explain",
            "artifact.stat",
            "artifact.put");

    private final Topics topics;
    private final String version;
    private final Replies replies;
    private final Storage storage;
    private final Requests requests;
    private final FileThreads files = new FileThreads();
    private final Submissions submissions;
    private final Artifacts artifacts;
    private final Inquiries inquiries;
    private final Joining joining;

    /**
     * @param loop      offers an input to the controller's loop
     * @param trouble   what is wrong with the journal
     * @param told      a late commit of the journal
     * @param work      an empty folder for files in the making
     * @param enrolment  of a controller that takes devices from other machines
     */
    public AdminService(
            Topics topics,
            String version,
            Consumer<Input> loop,
            Supplier<Loop.Trouble> trouble,
            LongSupplier told,
            ArtifactStore artifacts,
            Path work,
            History history,
            Optional<Enrolment> enrolment) {
        this.topics = topics;
        this.version = version;
        replies = new Replies(topics);
        storage = new Storage(trouble, work);
        requests = new Requests(loop, storage);
        submissions = new Submissions(requests, files, storage, artifacts, work, told);
        this.artifacts = new Artifacts(artifacts, storage);
        inquiries = new Inquiries(requests, files, history, told);
        joining = new Joining(topics, requests, replies, enrolment);
    }

    /** Where replies go; before this nothing is received. */
    public void speakThrough(Carrier through) {
        replies.speakThrough(through);
        storage.watch(files);
    }

    /** A message on {@code admin/{verb}}. Never blocks. */
    public void received(String verb, Carrier.Message message) {
        Optional<Replies.Reply> begun = replies.begin(verb, message);
        if (begun.isEmpty()) return;
        Replies.Reply reply = begun.get();
        try {
            if (message.payload().length > Replies.LARGEST
                    || message.correlation().map(c -> c.length).orElse(0) > LARGEST_CORRELATION) {
                throw Refusal.usage(
                        null,
                        "the request is too large",
                        "a request has at most 128 KiB, correlation data 64 bytes",
                        "send an artifact in chunks");
            }
            take(verb, Json.parse(message.payload()), reply);
        } catch (Refusal refusal) {
            reply.send(refusal.problem());
        } catch (RuntimeException e) {
            reply.ended();
            throw e;
        }
    }

    private void take(String verb, JsonNode request, Replies.Reply reply) {
        switch (verb) {
            case "controller.info" -> {
                new Fields("", request);
                requests.ask(new Input.Query.Info(), view -> {
                    if (!(view instanceof View.Info info)) {
                        reply.send(view);
                        return;
                    }
                    ObjectNode out = Json.MAPPER.createObjectNode();
                    out.put("ok", true)
                            .put("fleet", info.fleet())
                            .put("version", version)
                            .put("term", info.term());
                    out.put("devices_met", info.devicesMet()).put("jobs_running", info.jobsRunning());
                    out.set("restored", Json.MAPPER.valueToTree(info.restored()));
                    out.put("state", storage.state());
                    reply.send(out);
                });
            }
            case "job.submit" -> submissions.submit(request, reply);
            case "job.list" -> {
                Fields fields = new Fields("", request, "limit", "before");
                long limit = fields.maybeNumber("limit").orElse(JOBS_A_PAGE);
                if (limit < 1 || limit > JOBS_A_PAGE)
                    throw Refusal.usage(
                            "limit",
                            "a page has 1 to " + JOBS_A_PAGE + " jobs",
                            "limit is " + limit,
                            "ask for the next page with before");
                requests.ask(new Input.Query.Jobs(fields.maybeNumber("before"), (int) limit), reply::send);
            }
            case "job.show" ->
                requests.ask(new Input.Query.Job(new Fields("", request, "job").text("job")), reply::send);
            case "job.result" ->
                requests.ask(new Input.Query.Result(new Fields("", request, "job").text("job")), reply::send);
            case "job.shards" -> {
                Fields fields = new Fields("", request, "job", "from");
                requests.ask(
                        new Input.Query.Shards(
                                fields.text("job"), fields.maybeNumber("from").orElse(0)),
                        reply::send);
            }
            case "job.cancel" -> {
                String job = new Fields("", request, "job").text("job");
                requests.write(reply::send, id -> new Input.CancelAsked(id, job, Instant.now()));
            }
            case "job.remove" -> {
                String job = new Fields("", request, "job").text("job");
                requests.write(reply::send, id -> new Input.RemoveAsked(id, job));
            }
            case "job.release" -> release(new Fields("", request, "job", "again"), reply);
            case "job.verify" -> inquiries.verify(new Fields("", request, "job").text("job"), reply);
            case "device.list" -> {
                new Fields("", request);
                requests.ask(new Input.Query.Devices(), reply::send);
            }
            case "device.show" ->
                requests.ask(new Input.Query.Device(new Fields("", request, "device").text("device")), reply::send);
            case "device.approve" -> {
                String device = Joining.device(new Fields("", request, "device"));
                requests.write(reply::send, id -> new Input.ApproveAsked(id, device));
            }
            case "device.remove" -> {
                String device = Joining.device(new Fields("", request, "device"));
                requests.write(reply::send, id -> new Input.RemoveDeviceAsked(id, device));
            }
            case "token.create" -> joining.create(request, reply);
            case "token.list" -> {
                new Fields("", request);
                requests.ask(new Input.Query.Tokens(), reply::send);
            }
            case "token.revoke" -> {
                String token = new Fields("", request, "token").text("token");
                requests.write(reply::send, id -> new Input.RevokeAsked(id, token));
            }
            case "explain" ->
                files.later(reply, () -> inquiries.explain(new Fields("", request, "id").text("id"), reply));
            case "artifact.stat" ->
                files.later(reply, () -> reply.send(artifacts.stat(new Fields("", request, "digest"))));
            case "artifact.put" ->
                files.later(
                        reply,
                        () -> reply.send(artifacts.put(new Fields("", request, "digest", "offset", "total", "data"))));
            default ->
                throw new Refusal(new View.Problem(
                        "not-found",
                        3,
                        "no verb is called " + Quoted.plain(verb, 64),
                        Nearest.of(verb, VERBS)
                                .map(v -> "did you mean " + v + "?")
                                .orElse("there are " + String.join(", ", VERBS)),
                        "docs/admin-api.md lists every verb",
                        Optional.empty()));
        }
    }

    /** Who holds a token asks to join, as that client of the broker. Never blocks. */
    public void joinAsked(String client, byte[] request) {
        joining.asked(client, request);
    }

    /** What a submit would refuse before it looks at files, devices or other jobs; a client says so before it sends a file. Any thread. */
    public static Optional<View.Problem> check(JsonNode job) {
        try {
            JobRequest.read(job, () -> new JobId("unnamed"));
            return Optional.empty();
        } catch (Refusal refusal) {
            return Optional.of(refusal.problem());
        }
    }

    private void release(Fields fields, Replies.Reply reply) {
        String text = fields.text("job");
        int slash = text.indexOf('/');
        OptionalLong index = OptionalLong.empty();
        if (slash >= 0) {
            String digits = text.substring(slash + 1);
            if (!digits.matches("[0-9]{1,18}"))
                throw Refusal.usage(
                        "job",
                        "no task is called " + Quoted.plain(text, 80),
                        "a task is written job/index",
                        "flotilla job show JOB");
            index = OptionalLong.of(Long.parseLong(digits));
        }
        String job = slash < 0 ? text : text.substring(0, slash);
        boolean again = fields.flag("again", true);
        OptionalLong only = index;
        requests.write(reply::send, id -> new Input.ReleaseAsked(id, job, only, again));
    }

    /** A question that cannot be answered, since the journal cannot even be read. Any thread. */
    public void unread(long request) {
        requests.replied(request, storage.unwritten());
    }

    /** The core's reply; called by the loop's thread. */
    public void replied(long request, View view) {
        requests.replied(request, view);
    }

    /** The core was rebuilt: what it was asked and had not answered is lost, and clients ask again. */
    public void forgotten() {
        requests.forgotten();
    }

    /** Tells watchers of a job. */
    public void tell(View.JobEvent event) {
        replies.publish(Carrier.Message.of(topics.jobEvent(new JobId(event.job())), Json.bytes(event)));
    }

    /** Makes the plan's large shards known by their own digests; to be said again after a start. */
    public void register(ShardPlan plan) {
        submissions.register(plan);
    }

    /** The plan's job has ended. */
    public void unregister(ShardPlan plan) {
        submissions.unregister(plan);
    }

    /** Forgets these artifacts and all that were put long ago, but for those that a job needs, or a submit that is under way. Any thread. */
    public void forget(SortedSet<Digest> digests) {
        submissions.forget(digests);
    }

    @Override
    public void close() {
        joining.close();
        files.close();
    }
}
