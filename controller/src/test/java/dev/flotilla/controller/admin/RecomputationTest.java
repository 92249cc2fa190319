package dev.flotilla.controller.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.controller.core.Event;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Input;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Percent;
import dev.flotilla.model.Policy;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.program.Partial;
import dev.flotilla.program.ShardData;
import dev.flotilla.shard.Ranges;
import dev.flotilla.shard.ShardPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is computed again, and what is said of it. */
class RecomputationTest {
    private static final JobId JOB = new JobId("j");
    private static final Event.Counted BY_OAK = new Event.Counted(new DeviceId("oak"), JOB, List.of());

    @TempDir
    Path dir;

    private ArtifactStore artifacts;

    @BeforeEach
    void store() throws IOException {
        artifacts = ArtifactStore.at(dir.resolve("artifacts"));
    }

    private Recomputation of(Spec spec, ShardPlan plan, Duration budget) {
        Policy policy = new Policy(
                "least-loaded",
                new TreeMap<>(),
                List.of(),
                false,
                3,
                Duration.ofMinutes(10),
                Optional.empty(),
                Optional.empty(),
                Percent.ALL);
        return new Recomputation(
                new Event.JobSubmitted(JOB, "", spec, policy, plan, Instant.EPOCH, 0), artifacts, budget);
    }

    private static Partial sum(long from, long to) throws Exception {
        return Builtins.find("sum")
                .map(new ShardData.Numbers(from, to), ProgramCall.of("sum"), Builtin.Stop.NEVER)
                .partial();
    }

    @Test
    void whereAllWouldTakeTooLongAnEvenSampleIsTakenAndCalledThat() throws Exception {
        Input.Range range = new Input.Range(0, 100_000);
        Spec spec = new Spec(range, Sharding.range(100_000), ProgramCall.of("sum"));
        Recomputation again = of(spec, ShardPlan.COMPUTED, Duration.ofMillis(100));
        for (int shard = 0; shard < 6; shard++) {
            ShardData.Numbers numbers = Ranges.numbers(range, 100_000, shard);
            assertEquals(Optional.empty(), again.check(BY_OAK, shard, sum(numbers.from(), numbers.to())));
        }
        assertEquals(
                "2 of 6, evenly spread, were computed again from the job's range, and are right; that the others are is not proved",
                again.says(6));
        assertEquals(
                Optional.of("shard 6 by device oak: 0 was counted, and it is 6"), again.check(BY_OAK, 6, sum(0, 1)));
    }

    @Test
    void aShardThatTakesTooLongIsGivenUp() throws Exception {
        Spec spec = new Spec(new Input.Range(0, 1L << 50), Sharding.range(2), ProgramCall.of("sum"));
        Recomputation again = of(spec, ShardPlan.COMPUTED, Duration.ofMillis(20));
        assertEquals(Optional.empty(), again.check(BY_OAK, 0, sum(0, 1)));
        assertEquals(
                "none was computed again: the time for it was up, so that the devices computed them right is not proved",
                again.says(2));
    }

    @Test
    void aFilesShardsAreComputedAgainWhileItIsThereAndWhole() throws Exception {
        byte[] bytes = "rain\n1.5\n2.5\nx\n4\n".getBytes(StandardCharsets.UTF_8);
        Digest digest = Digest.of(bytes);
        artifacts.put(digest, 0, bytes.length, bytes);
        ProgramCall call = new ProgramCall("sum", Optional.of("rain"), false, Duration.ofDays(1));
        Spec spec = new Spec(
                new Input.Records(digest, "rain.csv", Input.Format.CSV, List.of("rain"), 4), Sharding.range(2), call);
        ShardPlan plan = new ShardPlan(
                Optional.of(digest),
                List.of(
                        new ShardPlan.Slice(5, 8, 2, 2, Optional.empty()),
                        new ShardPlan.Slice(13, 4, 2, 4, Optional.empty())));
        Recomputation again = of(spec, plan, Recomputation.BUDGET);
        assertEquals(Optional.empty(), again.check(BY_OAK, 0, decimals("1.5\n2.5\n")));
        assertEquals(
                Optional.of("shard 1 by device oak: 4 was counted, and it is 4 (1 skipped)"),
                again.check(BY_OAK, 1, sum(4, 5)));
        Files.writeString(artifacts.path(digest), "rain\n1.5\n2.6\nx\n4\n");
        assertTrue(of(spec, plan, Recomputation.BUDGET).says(2).contains("damaged"));
        artifacts.forget(digest);
        assertTrue(of(spec, plan, Recomputation.BUDGET).says(2).contains("not on the controller's disk any more"));
    }

    private static Partial decimals(String lines) throws Exception {
        byte[] bytes = lines.getBytes(StandardCharsets.UTF_8);
        ShardData.Source source = () -> new java.io.ByteArrayInputStream(bytes);
        return Builtins.find("sum")
                .map(
                        new ShardData.Records("", Input.Format.CSV, List.of("rain"), bytes.length, 1, source),
                        new ProgramCall("sum", Optional.of("rain"), false, Duration.ZERO),
                        Builtin.Stop.NEVER)
                .partial();
    }
}
