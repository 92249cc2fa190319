package dev.flotilla.agent.executor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.agent.core.Effect;
import dev.flotilla.agent.core.Input;
import dev.flotilla.agent.probe.Speed;
import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.link.Detail;
import dev.flotilla.model.AttemptId;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Input.Format;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.program.Builtins;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With one slot: what waits behind a task shows whether that task has really left its thread. */
class BuiltinExecutorTest {
    private static final ProgramCall AN_HOUR = new ProgramCall("nop", Optional.empty(), false, Duration.ofHours(1));

    @TempDir
    Path dir;

    private final BlockingQueue<Input.Ended> ends = new LinkedBlockingQueue<>();
    private final Speed speed = new Speed();
    private ArtifactStore artifacts;
    private BuiltinExecutor executor;

    @BeforeEach
    void start() throws Exception {
        artifacts = ArtifactStore.at(dir);
        executor = new BuiltinExecutor(1, artifacts, speed, ends::add);
    }

    @AfterEach
    void nothingIsLeftBehind() throws Exception {
        executor.close();
        await(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(t -> t.getName().startsWith("task-") || t.getName().startsWith("timeouts-")));
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "not within 5 s");
            Thread.onSpinWait();
        }
    }

    private static Effect.Start numbers(long serial, long index, ProgramCall call, Duration timeout) {
        Spec spec = new Spec(new dev.flotilla.model.Input.Range(0, 1_000_000), Sharding.range(4), call);
        return new Effect.Start(serial, AttemptId.parse("j/" + index + "#1"), spec, ShardInput.Computed.HERE, timeout);
    }

    private static Effect.Start table(long serial, boolean strict, ShardInput shard) {
        Spec spec = new Spec(
                new dev.flotilla.model.Input.Records(
                        Digest.of(new byte[0]), "rain.csv", Format.CSV, List.of("day", "mm"), 3),
                Sharding.range(1),
                new ProgramCall("sum", Optional.of("mm"), strict, Duration.ZERO));
        return new Effect.Start(serial, AttemptId.parse("t/0#1"), spec, shard, Duration.ZERO);
    }

    private static Bytes text(String text) {
        return new Bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private Input.Ended next(long serial) throws InterruptedException {
        Input.Ended end = ends.poll(5, TimeUnit.SECONDS);
        assertNotNull(end, "no end within 5 s");
        assertEquals(serial, end.serial());
        return end;
    }

    private String failure(long serial) throws InterruptedException {
        Input.Ended end = next(serial);
        assertEquals(AttemptState.FAILED, end.state());
        assertTrue(end.detail().result().isEmpty());
        return end.detail().error();
    }

    private String value(long serial, String program) throws Exception {
        Input.Ended end = next(serial);
        assertEquals("", end.detail().error());
        assertEquals(AttemptState.FINISHED, end.state());
        byte[] result = end.detail().result().orElseThrow().array();
        return Builtins.find(program)
                .decode(result)
                .answer()
                .value()
                .orElseThrow()
                .toPlainString();
    }

    @Test
    void aTaskGivesItsResultItsUnitsAndItsTimeAndTheSpeedIsMeasured() throws Exception {
        executor.start(
                numbers(7, 3, new ProgramCall("sum", Optional.empty(), false, Duration.ofMillis(20)), Duration.ZERO));
        Input.Ended end = next(7);
        Detail detail = end.detail();
        assertEquals(250_000, detail.units());
        assertTrue(detail.wall().toMillis() >= 20, detail.toString());
        assertTrue(detail.cpu().compareTo(detail.wall()) <= 0 && !detail.cpu().isZero(), detail.toString());
        double fast = speed.unitsPerSecond().orElseThrow();
        assertTrue(fast > 0 && fast <= 250_000 / 0.02, "units a second: " + fast);
        ends.add(end);
        assertEquals("218749875000", value(7, "sum"));
    }

    @Test
    void recordsAreReadFromTheAssignmentAndFromTheDevicesDisk() throws Exception {
        Bytes rows = text("mon,1.5\ntue,2.25\nwed,\n");
        executor.start(table(1, false, new ShardInput.Inline(rows, 2)));
        assertEquals("3.75", value(1, "sum"));
        Digest digest = Digest.of(rows.array());
        executor.start(table(2, false, new ShardInput.Stored(digest, rows.size(), 2)));
        assertEquals("bad-data: the shard's bytes are not on this device", failure(2));
        artifacts.put(digest, 0, rows.size(), rows.array());
        executor.start(table(3, false, new ShardInput.Stored(digest, rows.size(), 2)));
        assertEquals("3.75", value(3, "sum"));
    }

    @Test
    void aBadValueOfAStrictCallFailsTheTaskWithItsPlace() throws Exception {
        executor.start(table(1, true, new ShardInput.Inline(text("mon,1\ntue,wet\n"), 12)));
        String error = failure(1);
        assertTrue(error.startsWith("bad-value: ") && error.contains("line 13") && error.contains("mm"), error);
    }

    @Test
    void whatAProgramThrowsFailsItsTaskAndTheSlotLivesOn() throws Exception {
        executor.start(numbers(1, 0, ProgramCall.of("no-such-program"), Duration.ZERO));
        assertTrue(failure(1).startsWith("program-error: "));
        executor.start(numbers(2, 0, ProgramCall.of("count"), Duration.ZERO));
        assertEquals("250000", value(2, "count"));
    }

    @Test
    void aTaskThatRunsTooLongFails() throws Exception {
        executor.start(numbers(1, 0, AN_HOUR, Duration.ofMillis(50)));
        assertEquals("timeout: ran longer than 50ms", failure(1));
    }

    @Test
    void aKilledTaskLeavesItsSlotSoonAndNothingIsToldOfIt() throws Exception {
        for (int i = 0; i < 200; i++) {
            executor.start(numbers(1, 0, AN_HOUR, Duration.ZERO));
            executor.start(numbers(2, 0, ProgramCall.of("count"), Duration.ofMinutes(1)));
            executor.kill(1);
            // also no interrupt that was meant for the first may reach the second
            assertEquals("250000", value(2, "count"));
        }
        executor.start(numbers(3, 0, AN_HOUR, Duration.ZERO));
        executor.start(numbers(4, 0, AN_HOUR, Duration.ZERO));
        executor.killAll();
        executor.start(numbers(5, 0, ProgramCall.of("count"), Duration.ZERO));
        assertEquals("250000", value(5, "count"));
        assertNull(ends.poll());
    }
}
