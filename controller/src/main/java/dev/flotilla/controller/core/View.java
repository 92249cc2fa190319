package dev.flotilla.controller.core;

import dev.flotilla.model.Digest;
import dev.flotilla.model.Policy;
import dev.flotilla.model.Spec;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;

/** What clients are told; docs/admin-api.md shows these as JSON, names in snake_case. */
public sealed interface View {
    /** The state of whoever cannot write, or has no room for new work. */
    String DEGRADED = "degraded: storage";

    /** The request cannot be carried out. {@code code} is of docs/admin-api.md. */
    record Problem(String code, int exit, String what, String why, String next, Optional<String> field)
            implements View {
        /** One that is about no field. */
        static Problem of(String code, int exit, String what, String why, String next) {
            return new Problem(code, exit, what, why, next, Optional.empty());
        }

        /** New work is refused while there is still room for what is owed to the old. */
        public static Problem noRoom() {
            return new Problem(
                    "degraded",
                    5,
                    "nothing was done: the controller is " + DEGRADED,
                    "less than 64 MiB are left on its disk; they are kept for the jobs that it has",
                    "free space in its data directory; it heals by itself",
                    Optional.empty());
        }
    }

    record Info(String fleet, long term, int devicesMet, int jobsRunning, Optional<Restored> restored)
            implements View {}

    /** The journal is an older copy: how long nothing is placed yet, and devices that have not told what they kept. */
    record Restored(long placesInMs, List<String> waitingFor) {}

    record Submission(String job, boolean isNew, String state, String input, long shards, List<String> notes)
            implements View {}

    record JobSummary(
            String job,
            String name,
            String state,
            Optional<String> needs,
            String program,
            String input,
            Instant submitted,
            long ranMs,
            long shardsCounted,
            long shardsTotal,
            Optional<BigDecimal> value)
            implements View {}

    /** {@code next}: what to ask for the page after this one. */
    record JobList(List<JobSummary> jobs, Optional<Long> next) implements View {}

    record JobDetail(
            JobSummary summary,
            Spec spec,
            Policy policy,
            SortedMap<String, Long> tasks,
            List<Live> live,
            List<HeldTask> held,
            List<PoisonedTask> poisoned,
            List<String> placementNotes)
            implements View {}

    record Live(String attempt, String device, String state) {}

    record HeldTask(String task, String reason) {}

    record PoisonedTask(String task, List<String> errors) {}

    /** {@code why} it ended, once it has. */
    record Result(
            String job,
            String state,
            boolean isFinal,
            Optional<BigDecimal> value,
            long skipped,
            Coverage coverage,
            long ranMs,
            long wasted,
            Optional<String> needs,
            Optional<String> why,
            List<FailedTask> failed,
            int exit)
            implements View {}

    /** {@code shardsUnplaced}: neither counted, nor failed everywhere, nor on a missing device: they wait, are held, or never left. */
    record Coverage(long shardsCounted, long shardsTotal, long shardsUnplaced, Devices devices) {}

    record Devices(int counted, int total, List<Missing> missing, List<ByDevice> byDevice) {}

    record Missing(String device, Optional<Instant> since, long shards, String why) {}

    record ByDevice(String device, long shards) {}

    record FailedTask(String task, String error) {}

    record Shards(String job, List<Shard> shards, Optional<Long> next) implements View {}

    record Shard(long index, String state, Optional<String> device, Optional<Integer> attempt) {}

    record Released(long released) implements View {}

    record Removed(String removed) implements View {}

    record TokenMade(String token, Instant expires) implements View {}

    /** {@code state}: open, used, expired or revoked. */
    record Token(
            String token,
            String state,
            int used,
            int uses,
            Instant expires,
            SortedMap<String, String> labels,
            Optional<String> replaces,
            boolean approve,
            List<String> devices) {}

    record TokenList(List<Token> tokens) implements View {}

    /** {@code until}: the end of its certificate. */
    record Joined(String device, boolean pending, int keyVersion, Instant until, SortedMap<String, String> labels)
            implements View {}

    /** {@code wasKnown}: false for one that was never met and never joined. */
    record DeviceRemoved(String removed, boolean wasKnown) implements View {}

    record Revoked(String revoked) implements View {}

    record Approved(String approved) implements View {}

    record Artifacts(SortedSet<Digest> digests) implements View {}

    record DeviceSummary(
            String device,
            String state,
            Optional<Instant> since,
            int slots,
            int running,
            int held,
            double load,
            long memFree,
            Optional<Double> celsius,
            Optional<Double> speed,
            Optional<Double> roundTripMs,
            SortedMap<String, String> labels,
            String profile,
            String arch)
            implements View {}

    record DeviceList(List<DeviceSummary> devices) implements View {}

    record DeviceDetail(
            DeviceSummary summary,
            SortedMap<String, String> facts,
            SortedMap<String, String> labels,
            List<Live> live,
            Link link,
            long counted,
            long wasted,
            SortedMap<String, Long> ignored,
            Optional<String> setAside,
            Optional<Long> clockAheadMs,
            Optional<Disk> disk)
            implements View {
        /** The same, with the bytes that were sent to it. */
        public DeviceDetail sent(long bytes) {
            Link counted =
                    new Link(link.roundTripMs(), link.envelopesUp(), link.envelopesDown(), link.bytesUp(), bytes);
            return new DeviceDetail(
                    summary, facts, labels, live, counted, this.counted, wasted, ignored, setAside, clockAheadMs, disk);
        }
    }

    /** Under an agent's data, in bytes. */
    record Disk(long free, Optional<Long> writtenADay) {}

    /** {@code bytesDown} is 0 here: the hands count what they send. */
    record Link(Optional<Double> roundTripMs, long envelopesUp, long envelopesDown, long bytesUp, long bytesDown) {}

    /** {@code slots}: of all devices that are met and fit; {@code refused}: device and term, for those that do not fit. */
    record Fit(int slots, int known, int fitting, List<String> refused) implements View {}

    record JobEvent(
            String job,
            String state,
            boolean isFinal,
            long shardsCounted,
            long shardsTotal,
            long running,
            long held,
            Optional<BigDecimal> value,
            List<DeviceShare> devices)
            implements View {}

    record DeviceShare(String device, long counted, long running) {}
}
