package dev.flotilla.controller.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.artifact.BadInput;
import dev.flotilla.artifact.FileCutter;
import dev.flotilla.controller.core.Input;
import dev.flotilla.controller.core.View;
import dev.flotilla.core.Dice;
import dev.flotilla.log.Log;
import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.program.Builtins;
import dev.flotilla.shard.ShardPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Makes a submitted job of a request: cuts its file into shards, and keeps the file for as long as a job needs it. */
final class Submissions {
    /** How long a file waits for its job to be submitted. */
    private static final Duration UPLOAD_KEPT = Duration.ofDays(1);

    private final Requests requests;
    private final FileThreads files;
    private final Storage storage;
    private final ArtifactStore artifacts;
    private final Path work;
    private final LongSupplier told;
    private final Uploads uploads = new Uploads();
    private final Dice ids = new Dice(new SecureRandom().nextLong());

    /**
     * @param work  an empty folder for files in the making
     * @param told  a late commit of the journal
     */
    Submissions(
            Requests requests,
            FileThreads files,
            Storage storage,
            ArtifactStore artifacts,
            Path work,
            LongSupplier told) {
        this.requests = requests;
        this.files = files;
        this.storage = storage;
        this.artifacts = artifacts;
        this.work = work;
        this.told = told;
    }

    /** Never blocks: what needs a file, or what the devices can do now, goes on {@link FileThreads}. @throws Refusal if the job is none */
    void submit(JsonNode request, Replies.Reply reply) {
        JobRequest job = JobRequest.read(request, this::freshId);
        if (job.range().isPresent() && (job.count().isPresent() || job.size().isPresent())) submitRange(job, 0, reply);
        else
            files.later(reply, () -> {
                long slots = defaultShards(job);
                if (job.range().isPresent()) submitRange(job, slots, reply);
                else submitFile(job, slots, reply);
            });
    }

    private JobId freshId() {
        StringBuilder id = new StringBuilder();
        synchronized (ids) {
            for (int i = 0; i < 20; i++) id.append("abcdefghijklmnopqrstuvwxyz234567".charAt(ids.below(32)));
        }
        return new JobId(id.toString());
    }

    private long defaultShards(JobRequest job) {
        if (job.count().isPresent() || job.size().isPresent()) return 1;
        View view = requests.askAndWait(new Input.Query.Fit(Optional.of(job.policy())));
        if (view instanceof View.Problem problem) throw new Refusal(problem);
        return Math.max(1, ((View.Fit) view).slots());
    }

    private void submitRange(JobRequest job, long defaultCount, Replies.Reply reply) {
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

    private void submitFile(JobRequest job, long defaultCount, Replies.Reply reply) {
        JobRequest.File file = job.file().orElseThrow();
        // cutting may write; only for a job that is there already, which the core says
        if (storage.isShortOfDisk()
                && !(requests.askAndWait(new Input.Query.Job(job.id().value())) instanceof View.JobDetail))
            throw storage.noRoom();
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
    void register(ShardPlan plan) {
        for (ShardPlan.Slice slice : plan.slices()) {
            slice.digest()
                    .ifPresent(digest ->
                            artifacts.register(digest, plan.file().orElseThrow(), slice.offset(), slice.length()));
        }
    }

    /** The plan's job has ended. */
    void unregister(ShardPlan plan) {
        for (ShardPlan.Slice slice : plan.slices()) slice.digest().ifPresent(artifacts::unregister);
    }

    /** Forgets these artifacts and all that were put long ago, but for those that a job needs, or a submit that is under way. Any thread. */
    void forget(SortedSet<Digest> digests) {
        if (uploads.mayGo(digests)) files.execute(this::forget);
    }

    private void forget() {
        do {
            TreeSet<Digest> idle = uploads.going();
            try {
                View view = requests.askAndWait(new Input.Query.Artifacts());
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
        requests.write(
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
                        storage.wasShortOfDisk()));
    }
}
