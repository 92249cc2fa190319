package dev.flotilla.controller.admin;

import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.controller.core.Event;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Input;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Spec;
import dev.flotilla.program.BadValue;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.program.Partial;
import dev.flotilla.program.ShardData;
import dev.flotilla.shard.Ranges;
import dev.flotilla.shard.ShardPlan;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * Computes shards of a job again, from its spec alone, and compares: an answer that the log proves may still be made of wrong results. All of
 * them if that takes about {@link #BUDGET}, else every so many-th. One thread.
 */
final class Recomputation {
    static final Duration BUDGET = Duration.ofSeconds(10);
    /** About what they take, on a slow machine. */
    private static final long NANOS_A_SHARD = 2_000;

    private static final long NANOS_A_NUMBER = 2;
    private static final long NANOS_A_BYTE = 30;

    private final Spec spec;
    private final ShardPlan plan;
    private final Builtin program;
    private final ProgramCall call;
    private final long every;
    private final long budget;
    private Optional<Path> file = Optional.empty();
    /** Why nothing is computed, or nothing more. */
    private String ended = "";

    private long spent;
    private long done;
    private long wrong;

    Recomputation(Event.JobSubmitted job, ArtifactStore artifacts, Duration budget) {
        spec = job.spec();
        plan = job.plan();
        program = Builtins.find(spec.program().builtin());
        call = new ProgramCall(
                program.name(), spec.program().column(), spec.program().strict(), Duration.ZERO);
        this.budget = budget.toNanos();
        long size = plan.file().isEmpty()
                ? spec.input().size()
                : plan.slices().stream().mapToLong(ShardPlan.Slice::length).sum();
        double cost = (double) NANOS_A_SHARD * spec.sharding().count()
                + (double) (plan.file().isEmpty() ? NANOS_A_NUMBER : NANOS_A_BYTE) * size;
        every = (long) Math.max(1, Math.ceil(cost / this.budget));
        plan.file().ifPresent(digest -> open(digest, artifacts));
    }

    private void open(Digest digest, ArtifactStore artifacts) {
        if (artifacts.size(digest).isEmpty()) {
            ended = "its file is not on the controller's disk any more";
            return;
        }
        Path path = artifacts.path(digest);
        try (DigestInputStream in = new DigestInputStream(Files.newInputStream(path), Digest.sha256())) {
            in.transferTo(java.io.OutputStream.nullOutputStream());
            if (Digest.ofHash(in.getMessageDigest().digest()).equals(digest)) file = Optional.of(path);
            else ended = "its file on the controller's disk is damaged: " + path;
        } catch (IOException e) {
            ended = "its file cannot be read: " + e;
        }
    }

    /** What is wrong with a counted result, if it is computed again and differs. */
    Optional<String> check(Event.Counted by, long index, Partial counted) {
        if (!ended.isEmpty() || index % every != 0) return Optional.empty();
        long began = System.nanoTime();
        String shard = "shard " + index + " by device " + by.device();
        try {
            Partial right = program.map(data(index), call, () -> spent + System.nanoTime() - began > budget)
                    .partial();
            done++;
            if (java.util.Arrays.equals(right.encode(), counted.encode())) return Optional.empty();
            wrong++;
            return Optional.of(shard + ": " + words(counted) + " was counted, and it is " + words(right));
        } catch (BadValue e) {
            done++;
            wrong++;
            return Optional.of(shard + ": " + words(counted) + " was counted, and it must fail: " + e.getMessage());
        } catch (IOException e) {
            ended = "its file cannot be read: " + e;
        } catch (InterruptedException e) {
            if (spent + System.nanoTime() - began <= budget)
                Thread.currentThread().interrupt();
            ended = "the time for it was up";
        } finally {
            spent += System.nanoTime() - began;
        }
        return Optional.empty();
    }

    private static String words(Partial partial) {
        return partial.answer().value().map(java.math.BigDecimal::toPlainString).orElse("nothing")
                + (partial.answer().skipped() > 0 ? " (" + partial.answer().skipped() + " skipped)" : "");
    }

    private ShardData data(long index) {
        if (spec.input() instanceof Input.Range range)
            return Ranges.numbers(range, spec.sharding().count(), index);
        Input.Records of = (Input.Records) spec.input();
        ShardPlan.Slice slice = plan.slices().get((int) index);
        return new ShardData.Records(
                of.name(), of.format(), of.columns(), slice.length(), slice.firstLine(), () -> bytes(slice));
    }

    private InputStream bytes(ShardPlan.Slice slice) throws IOException {
        SeekableByteChannel channel = Files.newByteChannel(file.orElseThrow()).position(slice.offset());
        InputStream all = new java.io.BufferedInputStream(Channels.newInputStream(channel));
        return new java.io.FilterInputStream(all) {
            private long left = slice.length();

            @Override
            public int read() throws IOException {
                if (left == 0) return -1;
                left--;
                return super.read();
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                if (left == 0) return -1;
                int n = super.read(into, offset, (int) Math.min(length, left));
                if (n > 0) left -= n;
                return n;
            }
        };
    }

    long done() {
        return done;
    }

    boolean anyWrong() {
        return wrong > 0;
    }

    /** What that proves, of so many counted results. */
    String says(long results) {
        String from = plan.file().isEmpty() ? "from the job's range" : "from the job's file";
        if (done == results && results > 0) return "all were computed again " + from + ", and are right";
        String why = ended.isEmpty() ? "" : ": " + ended;
        if (done == 0)
            return "none was computed again" + why + ", so that the devices computed them right is not proved";
        return String.format(
                Locale.ROOT,
                "%,d of %,d%s were computed again %s, and are right; that the others are is not proved%s",
                done,
                results,
                ended.isEmpty() ? ", evenly spread," : "",
                from,
                why);
    }
}
