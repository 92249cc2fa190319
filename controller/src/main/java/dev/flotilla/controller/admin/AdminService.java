package dev.flotilla.controller.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.artifact.BadInput;
import dev.flotilla.artifact.FileCutter;
import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.Topics;
import dev.flotilla.controller.core.Input;
import dev.flotilla.controller.core.View;
import dev.flotilla.core.Dice;
import dev.flotilla.log.Log;
import dev.flotilla.loop.Loop;
import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Limits;
import dev.flotilla.model.Nearest;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.program.Builtins;
import dev.flotilla.shard.ShardPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Takes a request, asks core, files or log, replies once. What touches files or walks the log runs on two threads of its own, so that neither
 * the carrier nor the loop waits for it.
 */
public final class AdminService implements AutoCloseable {
    private static final int LARGEST_REQUEST = 128 * 1024;
    private static final int LARGEST_CORRELATION = 64;
    private static final int LARGEST_CHUNK = 64 * 1024;
    /** How long a file waits for its job to be submitted. */
    private static final Duration UPLOAD_KEPT = Duration.ofDays(1);

    /** How often the room on the disk is looked at. */
    private static final Duration MEASURED_EACH = Duration.ofSeconds(2);

    /** Requests that wait for the core, each with its answer to come. */
    private static final int WAITING = 256;
    /**
     * Requests that are not answered yet and name the same topic for their answers: a client that asks in a loop must not keep the others out. It
     * writes that topic itself, and the broker tells nobody who sent a message: one that means harm and has a password is bounded by
     * {@link #WAITING} alone, together with all the others.
     */
    private static final int SHARE = 32;
    /** Requests that wait for a thread that may touch files, each with up to 128 KiB of JSON. */
    private static final int WAITING_FOR_FILES = 64;
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
            "explain",
            "artifact.stat",
            "artifact.put");

    private final Topics topics;
    private final String version;
    private final Consumer<Input> loop;
    private final Supplier<Loop.Trouble> trouble;
    private final LongSupplier told;
    private final ArtifactStore artifacts;
    private final Uploads uploads = new Uploads();
    private final Path work;
    private final History history;
    private final Map<Long, Consumer<View>> waiting = new ConcurrentHashMap<>();
    private final AtomicLong requests = new AtomicLong();
    private final ExecutorService files = Executors.newFixedThreadPool(2, task -> new Thread(task, "admin-files"));
    /** Requests that are not answered yet, by the topic of their answers. */
    private final Map<String, Integer> shares = new ConcurrentHashMap<>();

    /** Requests to verify that are under way, by the topic of their answers and the job that they name. */
    private final Map<String, Reply> verifying = new ConcurrentHashMap<>();

    private final Semaphore roomForFiles = new Semaphore(WAITING_FOR_FILES);
    private final Dice ids = new Dice(new SecureRandom().nextLong());
    private volatile Carrier carrier;
    /** Less is left under {@link #work} than is kept for the jobs that are there; as it was lately. */
    private volatile boolean shortOfDisk;

    /**
     * @param loop      offers an input to the controller's loop
     * @param trouble   what is wrong with the journal
     * @param told      a late commit of the journal
     * @param work      an empty folder for files in the making
     */
    public AdminService(
            Topics topics,
            String version,
            Consumer<Input> loop,
            Supplier<Loop.Trouble> trouble,
            LongSupplier told,
            ArtifactStore artifacts,
            Path work,
            History history) {
        this.topics = topics;
        this.version = version;
        this.loop = loop;
        this.trouble = trouble;
        this.told = told;
        this.artifacts = artifacts;
        this.work = work;
        this.history = history;
    }

    /** Where replies go; before this nothing is received. */
    public void speakThrough(Carrier through) {
        carrier = through;
        measureAgain();
    }

    /** A message on {@code admin/{verb}}. Never blocks. */
    public void received(String verb, Carrier.Message message) {
        if (message.replyTo().isEmpty() || !repliesToAClient(message.replyTo().get())) {
            Log.warn("admin.no-reply-topic", "verb", Quoted.plain(verb, 64));
            return;
        }
        Reply reply = new Reply(message.replyTo().get(), message.correlation());
        if (!reply.begun()) return;
        try {
            if (message.payload().length > LARGEST_REQUEST
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

    private boolean repliesToAClient(String topic) {
        String prefix = "flotilla/1/" + topics.fleet() + "/client/";
        return topic.startsWith(prefix)
                && topic.endsWith("/reply")
                && topic.length() < 256
                && topic.indexOf('+') < 0
                && topic.indexOf('#') < 0;
    }

    private void take(String verb, JsonNode request, Reply reply) {
        switch (verb) {
            case "controller.info" -> {
                new Fields("", request);
                ask(new Input.Query.Info(), view -> {
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
                    out.put("state", state());
                    reply.send(out);
                });
            }
            case "job.submit" -> submit(JobRequest.read(request, this::freshId), reply);
            case "job.list" -> {
                Fields fields = new Fields("", request, "limit", "before");
                long limit = fields.maybeNumber("limit").orElse(JOBS_A_PAGE);
                if (limit < 1 || limit > JOBS_A_PAGE)
                    throw Refusal.usage(
                            "limit",
                            "a page has 1 to " + JOBS_A_PAGE + " jobs",
                            "limit is " + limit,
                            "ask for the next page with before");
                ask(new Input.Query.Jobs(fields.maybeNumber("before"), (int) limit), reply::send);
            }
            case "job.show" -> ask(new Input.Query.Job(new Fields("", request, "job").text("job")), reply::send);
            case "job.result" -> ask(new Input.Query.Result(new Fields("", request, "job").text("job")), reply::send);
            case "job.shards" -> {
                Fields fields = new Fields("", request, "job", "from");
                ask(
                        new Input.Query.Shards(
                                fields.text("job"), fields.maybeNumber("from").orElse(0)),
                        reply::send);
            }
            case "job.cancel" -> {
                String job = new Fields("", request, "job").text("job");
                write(reply::send, id -> new Input.CancelAsked(id, job, Instant.now()));
            }
            case "job.remove" -> {
                String job = new Fields("", request, "job").text("job");
                write(reply::send, id -> new Input.RemoveAsked(id, job));
            }
            case "job.release" -> release(new Fields("", request, "job", "again"), reply);
            case "job.verify" -> verify(new Fields("", request, "job").text("job"), reply);
            case "device.list" -> {
                new Fields("", request);
                ask(new Input.Query.Devices(), reply::send);
            }
            case "device.show" ->
                ask(new Input.Query.Device(new Fields("", request, "device").text("device")), reply::send);
            case "explain" -> later(reply, () -> explain(new Fields("", request, "id").text("id"), reply));
            case "artifact.stat" -> later(reply, () -> stat(new Fields("", request, "digest"), reply));
            case "artifact.put" ->
                later(reply, () -> put(new Fields("", request, "digest", "offset", "total", "data"), reply));
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

    /** What a submit would refuse before it looks at files, devices or other jobs; a client says so before it sends a file. Any thread. */
    public static Optional<View.Problem> check(JsonNode job) {
        try {
            JobRequest.read(job, () -> new JobId("unnamed"));
            return Optional.empty();
        } catch (Refusal refusal) {
            return Optional.of(refusal.problem());
        }
    }

    private JobId freshId() {
        StringBuilder id = new StringBuilder();
        synchronized (ids) {
            for (int i = 0; i < 20; i++) id.append("abcdefghijklmnopqrstuvwxyz234567".charAt(ids.below(32)));
        }
        return new JobId(id.toString());
    }

    // Asking the core

    private void ask(Input.Query query, Consumer<View> then) {
        loop.accept(new Input.Asked(register(then), query, Instant.now()));
    }

    private View askAndWait(Input.Query query) {
        CompletableFuture<View> answer = new CompletableFuture<>();
        ask(query, answer::complete);
        try {
            return answer.get(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw busy();
        } catch (ExecutionException | TimeoutException e) {
            throw busy();
        }
    }

    private static Refusal busy() {
        return new Refusal(new View.Problem(
                "degraded",
                5,
                "the controller did not answer in time",
                "it is busy or stopping",
                "try again",
                Optional.empty()));
    }

    private static Refusal full() {
        return new Refusal(new View.Problem(
                "busy",
                5,
                "nothing was done: the controller is busy",
                "too many requests wait for it already",
                "try again in a moment",
                Optional.empty()));
    }

    private String state() {
        return switch (trouble.get()) {
            case NONE -> shortOfDisk ? View.DEGRADED : "ready";
            case STORAGE -> View.DEGRADED;
            case DAMAGED -> "damaged: its journal";
        };
    }

    /** An input that changes something; refused while the journal cannot be written. */
    private void write(Consumer<View> then, java.util.function.LongFunction<Input> input) {
        if (trouble.get() != Loop.Trouble.NONE) throw new Refusal(unwritten());
        loop.accept(input.apply(register(then)));
    }

    /** A disk may keep those waiting who ask it: for threads that may wait for files. */
    private boolean isShortOfDisk() {
        try {
            shortOfDisk = Files.getFileStore(work).getUsableSpace() < Limits.RESERVE;
        } catch (IOException e) {
            shortOfDisk = false; // the write itself will say what is wrong
        }
        return shortOfDisk;
    }

    private void measureAgain() {
        isShortOfDisk();
        CompletableFuture.delayedExecutor(MEASURED_EACH.toSeconds(), TimeUnit.SECONDS, files)
                .execute(this::measureAgain);
    }

    /** What is wrong with the journal comes first: room alone may not heal it. */
    private Refusal noRoom() {
        return new Refusal(trouble.get() == Loop.Trouble.NONE ? View.Problem.noRoom() : unwritten());
    }

    private View.Problem unwritten() {
        if (trouble.get() == Loop.Trouble.DAMAGED)
            return new View.Problem(
                    "damaged",
                    5,
                    "nothing was done: the controller's journal is damaged",
                    "its file was found damaged while it was used, and nothing more may be trusted to it",
                    "stop the controller, move its data directory away, and put a backup in its place: flotilla controller restore BACKUP",
                    Optional.empty());
        return new View.Problem(
                "degraded",
                5,
                "nothing was done: the controller is " + View.DEGRADED,
                "its journal cannot be written now, and what is not on disk was not said",
                "free space in its data directory; it heals by itself",
                Optional.empty());
    }

    /** A question that cannot be answered, since the journal cannot even be read. Any thread. */
    public void unread(long request) {
        replied(request, unwritten());
    }

    private long register(Consumer<View> then) {
        if (waiting.size() >= WAITING) throw full();
        long id = requests.incrementAndGet();
        waiting.put(id, then);
        return id;
    }

    /** The core's reply; called by the loop's thread. */
    public void replied(long request, View view) {
        Consumer<View> then = waiting.remove(request);
        if (then != null) then.accept(view);
    }

    /** The core was rebuilt: what it was asked and had not answered is lost, and clients ask again. */
    public void forgotten() {
        View problem = busy().problem();
        for (Long id : List.copyOf(waiting.keySet())) replied(id, problem);
    }

    /** Tells watchers of a job. */
    public void tell(View.JobEvent event) {
        carrier.publish(Carrier.Message.of(topics.jobEvent(new JobId(event.job())), Json.bytes(event)));
    }

    // Requests that need files or the log

    private void later(Reply reply, Runnable work) {
        if (!roomForFiles.tryAcquire()) throw full();
        files.execute(() -> {
            try {
                work.run();
            } catch (Refusal refusal) {
                reply.send(refusal.problem());
            } catch (RuntimeException e) {
                Log.error("admin.failed", "why", e.toString());
                reply.send(new View.Problem(
                        "degraded",
                        5,
                        "the controller failed on this request",
                        e.toString(),
                        "its log says more",
                        Optional.empty()));
            } finally {
                roomForFiles.release();
            }
        });
    }

    private void submit(JobRequest job, Reply reply) {
        if (job.range().isPresent() && (job.count().isPresent() || job.size().isPresent())) submitRange(job, 0, reply);
        else
            later(reply, () -> {
                long slots = defaultShards(job);
                if (job.range().isPresent()) submitRange(job, slots, reply);
                else submitFile(job, slots, reply);
            });
    }

    private long defaultShards(JobRequest job) {
        if (job.count().isPresent() || job.size().isPresent()) return 1;
        View view = askAndWait(new Input.Query.Fit(Optional.of(job.policy())));
        if (view instanceof View.Problem problem) throw new Refusal(problem);
        return Math.max(1, ((View.Fit) view).slots());
    }

    private void submitRange(JobRequest job, long defaultCount, Reply reply) {
        dev.flotilla.model.Input.Range range = job.range().orElseThrow();
        long asked = job.count().isPresent()
                ? job.count().getAsLong()
                : job.size().isPresent() ? 1 + (range.size() - 1) / job.size().getAsLong() : defaultCount;
        long count = Math.min(asked, range.size());
        List<String> notes = count < asked && job.count().isPresent()
                ? List.of("fewer shards than asked for: " + count + ", one a number")
                : List.of();
        submit(job, range, Sharding.range(count), ShardPlan.COMPUTED, notes, reply::send);
    }

    private void submitFile(JobRequest job, long defaultCount, Reply reply) {
        JobRequest.File file = job.file().orElseThrow();
        // cutting may write; only for a job that is there already, which the core says
        if (isShortOfDisk() && !(askAndWait(new Input.Query.Job(job.id().value())) instanceof View.JobDetail))
            throw noRoom();
        Uploads.Use use = uploads.use(file.digest());
        try {
            FileCutter.Cut cut = cut(job, file, defaultCount);
            cut.plan().file().ifPresent(use::add);
            if (cut.regrouped().isPresent()) artifacts.adopt(cut.regrouped().get());
            register(cut.plan());
            submit(job, cut.input(), cut.sharding(), cut.plan(), cut.notes(), view -> {
                use.end();
                reply.send(view);
            });
        } catch (IOException e) {
            use.end();
            throw new Refusal(new View.Problem(
                    "degraded",
                    5,
                    "the file could not be cut",
                    e.getMessage(),
                    "look at the controller's data directory",
                    Optional.empty()));
        } catch (RuntimeException e) {
            use.end();
            throw e;
        }
    }

    private FileCutter.Cut cut(JobRequest job, JobRequest.File file, long defaultCount) throws IOException {
        if (artifacts.size(file.digest()).isEmpty()) {
            throw Refusal.usage(
                    "input.records.digest",
                    "no artifact has the digest " + file.digest(),
                    "it was not put, or not whole",
                    "put it with artifact.put before the submit");
        }
        try {
            return FileCutter.cut(
                    artifacts.path(file.digest()),
                    file.digest(),
                    file.name(),
                    file.format(),
                    new FileCutter.Request(job.by(), job.count(), job.size(), job.key(), job.seed(), defaultCount),
                    work);
        } catch (BadInput bad) {
            throw Refusal.usage("input.records", bad.what(), bad.why(), bad.next());
        } catch (IllegalArgumentException e) {
            throw Refusal.usage("shard", "the file cannot be cut so", e.getMessage(), "flotilla run --help");
        }
    }

    /** Makes the plan's large shards known by their own digests; to be said again after a start. */
    public void register(ShardPlan plan) {
        for (ShardPlan.Slice slice : plan.slices()) {
            slice.digest()
                    .ifPresent(digest ->
                            artifacts.register(digest, plan.file().orElseThrow(), slice.offset(), slice.length()));
        }
    }

    /** The plan's job has ended. */
    public void unregister(ShardPlan plan) {
        for (ShardPlan.Slice slice : plan.slices()) slice.digest().ifPresent(artifacts::unregister);
    }

    /** Forgets these artifacts and all that were put long ago, but for those that a job needs, or a submit that is under way. Any thread. */
    public void forget(SortedSet<Digest> digests) {
        if (uploads.mayGo(digests)) files.execute(this::forget);
    }

    private void forget() {
        do {
            TreeSet<Digest> idle = uploads.going();
            try {
                View view = askAndWait(new Input.Query.Artifacts());
                if (!(view instanceof View.Artifacts needed)) continue;
                idle.addAll(artifacts.notTouchedFor(UPLOAD_KEPT));
                idle.removeAll(needed.digests());
                for (Digest digest : idle) uploads.unlessUsed(digest, artifacts::forget);
            } catch (IOException | RuntimeException e) {
                Log.warn("artifacts.not-forgotten", "why", e, "until", "the next start");
            }
        } while (uploads.goOn());
    }

    private void submit(
            JobRequest job,
            dev.flotilla.model.Input input,
            Sharding sharding,
            ShardPlan plan,
            List<String> notes,
            Consumer<View> then) {
        ProgramCall call = job.program();
        Spec spec;
        try {
            Builtins.find(call.builtin()).check(input, call);
            spec = new Spec(input, sharding, call);
        } catch (IllegalArgumentException e) {
            throw Refusal.usage(
                    "program",
                    call.builtin() + " cannot run over this input",
                    e.getMessage(),
                    "flotilla run " + call.builtin() + " --help");
        }
        write(
                then,
                id -> new Input.Submitted(
                        id,
                        job.id(),
                        job.name(),
                        spec,
                        job.policy(),
                        plan,
                        notes,
                        Instant.now(),
                        told.getAsLong(),
                        shortOfDisk));
    }

    private void release(Fields fields, Reply reply) {
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
        write(reply::send, id -> new Input.ReleaseAsked(id, job, only, again));
    }

    /** A client that has no answer yet asks again: it gets the answer that is under way, and the work is not done twice. */
    private void verify(String prefix, Reply reply) {
        String question = reply.topic + " " + prefix;
        Reply before = verifying.get(question);
        if (before != null && before.answers(reply)) return;
        verifying.put(question, reply);
        try {
            later(reply, () -> {
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

    private void prove(String prefix, Reply reply) {
        long committed = told.getAsLong();
        View view = askAndWait(new Input.Query.Result(prefix));
        if (!(view instanceof View.Result result)) {
            reply.send(view);
            return;
        }
        reply.send(history.verify(new JobId(result.job()), result, committed));
    }

    private void explain(String id, Reply reply) {
        String noun = id.replaceFirst("[/#].*", "");
        View job = askAndWait(new Input.Query.Job(noun));
        if (job instanceof View.JobDetail detail) {
            reply.send(history.explainJob(detail, id.substring(noun.length())));
            return;
        }
        View device = askAndWait(new Input.Query.Device(noun));
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

    private void stat(Fields fields, Reply reply) {
        Digest digest = fields.parsed("digest", () -> new Digest(fields.text("digest")));
        ObjectNode out = Json.MAPPER.createObjectNode();
        boolean whole = artifacts.size(digest).isPresent();
        if (whole) artifacts.touch(digest);
        out.put("ok", true).put("have", artifacts.have(digest)).put("whole", whole);
        reply.send(out);
    }

    private void put(Fields fields, Reply reply) {
        Digest digest = fields.parsed("digest", () -> new Digest(fields.text("digest")));
        long total = fields.number("total");
        if (total < 0 || total > Limits.ARTIFACT) {
            throw Refusal.usage("total", "the artifact is too large", "an artifact has at most 1 GiB", "cut the file");
        }
        byte[] data;
        try {
            data = Base64.getDecoder().decode(fields.text("data"));
        } catch (IllegalArgumentException e) {
            throw Refusal.usage("data", "data is no base64", e.getMessage(), "docs/admin-api.md shows an upload");
        }
        if (data.length > LARGEST_CHUNK)
            throw Refusal.usage(
                    "data", "the chunk is too large", "a chunk has at most 64 KiB", "send it in smaller ones");
        if (isShortOfDisk()) throw noRoom();
        try {
            ArtifactStore.Put put = artifacts.put(digest, fields.number("offset"), total, data);
            ObjectNode out = Json.MAPPER.createObjectNode();
            out.put("ok", true).put("have", put.have()).put("whole", put.whole());
            reply.send(out);
        } catch (IOException e) {
            throw new Refusal(new View.Problem(
                    "degraded",
                    5,
                    "the chunk was not stored",
                    e.getMessage(),
                    "free space where the controller keeps its data and send it again: it goes on where it stopped",
                    Optional.empty()));
        }
    }

    @Override
    public void close() {
        files.shutdownNow();
    }

    /** Where one request's answer goes. */
    private final class Reply {
        private final String topic;
        private final Optional<byte[]> correlation;
        /** The same request, sent again before this one was answered. */
        private final List<Reply> again = new ArrayList<>();

        private boolean sent;

        Reply(String topic, Optional<byte[]> correlation) {
            this.topic = topic;
            this.correlation = correlation;
        }

        void send(View view) {
            send(Json.reply(view));
        }

        void send(ObjectNode reply) {
            send(Json.bytes(reply));
        }

        /** False if that topic has its share of unanswered requests: its client is told so, and that is all. */
        boolean begun() {
            if (shares.merge(topic, 1, Integer::sum) <= SHARE) return true;
            ended();
            byte[] busy = Json.reply(full().problem());
            carrier.publish(new Carrier.Message(topic, busy, 0, false, Optional.empty(), correlation));
            return false;
        }

        void ended() {
            shares.computeIfPresent(topic, (t, n) -> n == 1 ? null : n - 1);
        }

        /** Whether that one will get this one's answer; false if it is sent already. */
        synchronized boolean answers(Reply other) {
            return !sent && again.add(other);
        }

        private void send(byte[] payload) {
            synchronized (this) {
                sent = true;
            }
            again.forEach(other -> other.send(payload));
            ended();
            if (published(payload)) return;
            Log.warn("admin.reply-dropped", "topic", topic, "bytes", payload.length);
            // perhaps it is larger than the broker takes: then the client should not wait for nothing
            if (payload.length > LARGEST_REQUEST) published(Json.reply(tooLarge(payload.length)));
        }

        private boolean published(byte[] payload) {
            return carrier.publish(new Carrier.Message(topic, payload, 1, false, Optional.empty(), correlation));
        }

        private static View.Problem tooLarge(int bytes) {
            return new View.Problem(
                    "degraded",
                    5,
                    "the reply could not be sent",
                    "it has " + bytes + " bytes, and the broker may not take that much at once",
                    "ask for one job or device, not for all",
                    Optional.empty());
        }
    }
}
