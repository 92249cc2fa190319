package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.controller.core.ControllerMachine;
import dev.flotilla.controller.core.Effect;
import dev.flotilla.controller.core.Event;
import dev.flotilla.controller.core.Input;
import dev.flotilla.controller.core.View;
import dev.flotilla.disk.FilterJournal;
import dev.flotilla.journal.Journal;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.journal.JournalSettings;
import dev.flotilla.journal.SqliteJournal;
import dev.flotilla.link.Detail;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Order;
import dev.flotilla.link.Report;
import dev.flotilla.link.Row;
import dev.flotilla.link.RowGroup;
import dev.flotilla.loop.Hands;
import dev.flotilla.loop.Loop;
import dev.flotilla.loop.LoopSettings;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.Input.Range;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Percent;
import dev.flotilla.model.Policy;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.shard.Ranges;
import dev.flotilla.shard.ShardPlan;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How long a controller takes to start when it has much behind it. The log is one that the shipped core, loop and journal have made. */
class StartIT {
    private static final FleetName FLEET = new FleetName("it");
    private static final Instant WALL = Instant.parse("2026-11-24T00:00:00Z");
    private static final int DEVICES = 4;
    /** Numbers of one shard. */
    private static final long NUMBERS = 10;

    private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();

    @TempDir
    Path folder;

    @Test
    void aControllerStartsWithALargeJobBehindIt() throws Exception {
        starts(1, Boolean.getBoolean("flotilla.full") ? 1_000_000 : 100_000);
    }

    @Test
    void aControllerStartsWithManyJobsBehindIt() throws Exception {
        starts(Boolean.getBoolean("flotilla.full") ? 10_000 : 100, 100);
    }

    private void starts(int jobs, long tasks) throws Exception {
        String size = String.format(Locale.ROOT, "%,d", jobs * tasks) + " done tasks"
                + (jobs == 1 ? "" : String.format(Locale.ROOT, " of %,d jobs", jobs));
        try (Rounds rounds = Rounds.of("start with " + size, 1, 1)) {
            rounds.each(seed -> {
                Past past = new Past(folder.resolve("controller"));
                past.make(jobs, tasks);
                past.close();
                long began = System.nanoTime();
                long cpu = CPU.getCurrentThreadCpuTime();
                Past again = new Past(folder.resolve("controller"));
                String replay = seconds(began)
                        + String.format(Locale.ROOT, " s (%.2f", (CPU.getCurrentThreadCpuTime() - cpu) / 1e9);
                again.verify(jobs, tasks, rounds);
                again.close();
                try (TestFleet fleet = new TestFleet(folder).sharing(launcher -> Map.of())) { // as users start it
                    String clean = started(fleet, () -> fleet.controller("--port", "0"));
                    assertEquals(value(0, tasks), value(fleet, "j0"));
                    fleet.kill("controller");
                    fleet.hangUp();
                    String killed = started(fleet, () -> {
                        fleet.again("controller");
                        fleet.awaitController();
                    });
                    assertEquals(value(jobs - 1, tasks), value(fleet, "j" + (jobs - 1)));
                    rounds.note("loop ready in " + replay + " s of CPU); process answers in " + clean
                            + ", after SIGKILL in "
                            + killed + "; journal " + Files.size(folder.resolve("controller/journal.db")) / 1_000_000
                            + " MB, " + past.snapshots + " snapshots, the largest " + past.largest / 1000
                            + " kB, which held the loop for " + past.stall / 1_000_000 + " ms at most");
                }
            });
        }
    }

    private static String seconds(long began) {
        return String.format(Locale.ROOT, "%.2f", (System.nanoTime() - began) / 1e9);
    }

    private static String started(TestFleet fleet, Runnable start) {
        long began = System.nanoTime();
        start.run();
        assertTrue(fleet.ask("controller.info", "{}").path("ok").asBoolean());
        String wall = seconds(began);
        Duration cpu = ProcessHandle.of(fleet.pid("controller"))
                .flatMap(process -> process.info().totalCpuDuration())
                .orElseThrow();
        return wall + String.format(Locale.ROOT, " s (%.2f s of CPU)", cpu.toMillis() / 1e3);
    }

    private static BigDecimal value(TestFleet fleet, String job) {
        return fleet.ofJob("job.result", job).path("value").decimalValue();
    }

    /** The sum over job number {@code job}, which begins at that number. */
    private static BigDecimal value(int job, long tasks) {
        BigDecimal n = BigDecimal.valueOf(tasks * NUMBERS);
        return n.multiply(n.subtract(BigDecimal.ONE))
                .divide(BigDecimal.valueOf(2))
                .add(n.multiply(BigDecimal.valueOf(job)));
    }

    /** A controller's loop on its journal, and devices that answer each order at once. One thread. */
    private static final class Past implements Hands<Effect> {
        private static final class Device {
            final DeviceId id;
            long greeting;
            long sent;
            Optional<Order> order = Optional.empty();

            Device(int n) {
                id = new DeviceId("d" + n);
            }
        }

        private final Timed journal;
        private final Loop<Input, Event, Effect> loop;
        private final TreeMap<DeviceId, Device> devices = new TreeMap<>();
        private final TreeMap<JobId, Spec> specs = new TreeMap<>();
        private final List<View> replies = new ArrayList<>();
        private long clock;
        int snapshots;
        long largest;
        long stall;
        private boolean snapshot;

        Past(Path data) throws IOException, JournalFailed {
            Files.createDirectories(data);
            journal = new Timed(SqliteJournal.open(data.resolve("journal.db"), JournalSettings.controller()));
            loop = new Loop<>(
                    new ControllerMachine(FLEET),
                    this,
                    journal,
                    LoopSettings.controller(),
                    1,
                    () -> clock,
                    new Loop.Listener<>() {
                        @Override
                        public void degraded(String why) {
                            throw new AssertionError(why);
                        }

                        @Override
                        public void healed() {}

                        @Override
                        public void culprit(Input input, RuntimeException failure) {
                            throw new AssertionError(input.toString(), failure);
                        }
                    });
        }

        void close() {
            journal.close();
        }

        private void turn() {
            clock += 1_000_000;
            long began = System.nanoTime();
            snapshot = false;
            loop.turn();
            if (snapshot) stall = Math.max(stall, System.nanoTime() - began);
        }

        @Override
        public void start(List<Effect> effects, long seq) {
            for (Effect effect : effects) {
                if (effect instanceof Effect.SendGreeting e) {
                    Device device = devices.get(e.device());
                    if (device != null) device.greeting = e.greeting().greeting(); // after a start none is there
                } else if (effect instanceof Effect.SendOrder e) devices.get(e.device()).order = Optional.of(e.order());
                else if (effect instanceof Effect.Reply e) replies.add(e.view());
            }
        }

        @Override
        public void rebuilt() {
            throw new AssertionError("the core was rebuilt");
        }

        private void report(Device device, boolean full, List<RowGroup> rows) {
            long got = device.order.map(Order::n).orElse(0L);
            device.order = Optional.empty();
            Capacity capacity = new Capacity(
                    1024,
                    0,
                    1L << 30,
                    1L << 29,
                    OptionalDouble.empty(),
                    OptionalDouble.empty(),
                    new TreeMap<>(),
                    new TreeMap<>());
            loop.offer(new Input.Reported(
                    device.id,
                    new Report(
                            7,
                            device.greeting,
                            ++device.sent,
                            got,
                            full,
                            0,
                            rows,
                            Optional.empty(),
                            full ? Optional.of(capacity) : Optional.empty(),
                            WALL,
                            Duration.ofSeconds(1),
                            Optional.empty()),
                    100));
        }

        void make(int jobs, long tasks) throws Exception {
            loop.offer(new Input.Begun(journal.seq()));
            for (int n = 0; n < DEVICES; n++) {
                Device device = new Device(n);
                devices.put(device.id, device);
                loop.offer(new Input.Greeted(device.id, new Hello(1, 7, 1, "a".repeat(32), 0, 0, "", ""), 0));
            }
            turn();
            for (Device device : devices.values()) report(device, true, List.of());
            turn();
            int submitted = 0;
            long counted = 0;
            int idle = 0;
            while (counted < jobs * tasks) {
                // a few at a time, as clients do
                while (submitted < jobs && submitted * tasks < counted + 20_000) submit(submitted++, tasks);
                boolean any = false;
                for (Device device : devices.values()) {
                    if (device.order.isEmpty()) continue;
                    List<RowGroup> rows = new ArrayList<>();
                    for (Order.AssignGroup group : device.order.get().assign()) {
                        List<Row> ended = new ArrayList<>();
                        for (Order.Assignment a : group.assignments())
                            ended.add(new Row(
                                    a.serial(),
                                    1,
                                    AttemptState.FINISHED,
                                    a.index(),
                                    a.attempt(),
                                    Optional.of(Detail.instant(NUMBERS, result(specs.get(group.job()), a.index())))));
                        rows.add(new RowGroup(group.job(), group.spec(), ended));
                        counted += ended.size();
                    }
                    report(device, false, rows);
                    any = true;
                }
                turn();
                idle = any ? 0 : idle + 1;
                if (idle > 100_000) throw new AssertionError("nothing goes on after " + counted + " results");
            }
            for (int i = 0; i < 10; i++) turn();
        }

        private void submit(int n, long tasks) {
            JobId id = new JobId("j" + n);
            Spec spec = new Spec(new Range(n, n + tasks * NUMBERS), Sharding.range(tasks), ProgramCall.of("sum"));
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
            specs.put(id, spec);
            loop.offer(new Input.Submitted(
                    n, id, "", spec, policy, ShardPlan.COMPUTED, List.of(), WALL, journal.seq(), false));
        }

        private static Bytes result(Spec spec, long index) throws Exception {
            return new Bytes(Builtins.find("sum")
                    .map(
                            Ranges.numbers((Range) spec.input(), spec.sharding().count(), index),
                            spec.program(),
                            Builtin.Stop.NEVER)
                    .partial()
                    .encode());
        }

        /** Every job is there, with each of its results in its value once. */
        void verify(int jobs, long tasks, Rounds rounds) {
            loop.offer(new Input.Begun(journal.seq()));
            turn();
            int seen = 0;
            OptionalLong before = OptionalLong.empty();
            do {
                View.JobList page = (View.JobList) ask(new Input.Query.Jobs(before, 200));
                for (View.JobSummary job : page.jobs()) {
                    seen++;
                    int n = Integer.parseInt(job.job().substring(1));
                    if (job.shardsCounted() < tasks) rounds.lost(job.toString());
                    if (job.shardsCounted() > tasks) rounds.doubled(job.toString());
                    assertEquals("done", job.state());
                    assertEquals(Optional.of(value(n, tasks)), job.value());
                }
                before = page.next().map(OptionalLong::of).orElse(OptionalLong.empty());
            } while (before.isPresent());
            assertEquals(jobs, seen);
        }

        private View ask(Input.Query query) {
            replies.clear();
            loop.offer(new Input.Asked(1, query, WALL));
            turn();
            return replies.get(0);
        }

        /** Notes how long snapshots take. */
        private final class Timed extends FilterJournal {
            Timed(Journal real) {
                super(real);
            }

            @Override
            public void snapshot(byte[] state, long keepFrom) throws JournalFailed {
                super.snapshot(state, keepFrom);
                snapshot = true;
                snapshots++;
                largest = Math.max(largest, state.length);
            }
        }
    }
}
