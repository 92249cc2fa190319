package dev.flotilla.controller.admin;

import dev.flotilla.controller.core.Event;
import dev.flotilla.model.AttemptId;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.JobId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the recovery log tells of one job, one task or one device, as lines for people; the newest, if there are too many. Of a job and a device, what
 * is routine, placed and counted, is summed up between two events that are not.
 */
final class Story {
    private static final int LONGEST = 40;

    private final Optional<JobId> job;
    private final long index;
    /** Of that task's attempts this one alone; 0 for all. */
    private final int attempt;
    /** That attempt was placed. */
    private boolean found;

    private final Optional<String> device;
    private final ArrayDeque<String> lines = new ArrayDeque<>();
    private long left;
    /** Attempts of the job or task that are placed and have not ended: serials by device. */
    private final TreeMap<DeviceId, TreeSet<Long>> open = new TreeMap<>();

    private long first;
    private long last;
    private final TreeMap<String, Long> placed = new TreeMap<>();
    private final TreeMap<String, Long> counted = new TreeMap<>();
    private String placedWhy = "";

    private Story(Optional<JobId> job, long index, int attempt, Optional<String> device) {
        this.job = job;
        this.index = index;
        this.attempt = attempt;
        this.device = device;
    }

    static Story ofJob(JobId job) {
        return new Story(Optional.of(job), -1, 0, Optional.empty());
    }

    static Story ofTask(JobId job, long index) {
        return new Story(Optional.of(job), index, 0, Optional.empty());
    }

    static Story ofAttempt(AttemptId attempt) {
        return new Story(Optional.of(attempt.task().job()), attempt.task().index(), attempt.number(), Optional.empty());
    }

    /** True unless it is the story of an attempt that the log does not know. */
    boolean isTrue() {
        return attempt == 0 || found;
    }

    private boolean its(long i, int number) {
        boolean mine = its(i) && (attempt == 0 || attempt == number);
        found |= mine;
        return mine;
    }

    static Story ofDevice(String device) {
        return new Story(Optional.empty(), -1, 0, Optional.of(device));
    }

    /** The events in the log's order. */
    void event(long seq, Event event) {
        if (event instanceof Event.Placed e && about(e.job(), e.device())) placed(seq, e);
        else if (event instanceof Event.Counted e && about(e.job(), e.device())) counted(seq, e);
        else if (event instanceof Event.Adopted e
                && about(e.job(), e.device())
                && its(e.placement().index(), e.placement().attempt())) {
            opened(e.device(), e.placement().serial());
            line(
                    seq,
                    e.job() + "/" + e.placement().index() + " taken over from " + e.device() + ", which worked on it");
        } else if (event instanceof Event.Ended e && about(e.job(), e.device())) ended(seq, e);
        else if (event instanceof Event.Lost e) {
            long n = closed(e.device(), e.serials());
            if (n > 0)
                line(
                        seq,
                        e.device() + " was silent for " + e.silent().toSeconds() + " s: " + count(n, "attempt")
                                + " placed again");
        } else if (event instanceof Event.Gone e) {
            long n = closed(e.device(), e.serials());
            if (n > 0) line(seq, count(n, "attempt") + " on " + e.device() + " gone: " + e.why());
        } else if (event instanceof Event.Permitted e && about(e.job(), e.device()) && its(e.index())) {
            line(seq, e.job() + "/" + e.index() + " permitted to start on " + e.device());
        } else if (event instanceof Event.Held e && about(e.job()) && its(e.index())) {
            line(seq, e.job() + "/" + e.index() + " held: " + e.why());
        } else if (event instanceof Event.Released e
                && about(e.job())
                && (index < 0 || e.indexes().contains(index))) {
            line(
                    seq,
                    count(e.indexes().size(), "task") + " released by the operator: "
                            + (e.again() ? "run again" : "given up"));
        } else if (event instanceof Event.Poisoned e && about(e.job()) && its(e.index())) {
            line(seq, e.job() + "/" + e.index() + " failed as often as it may");
        } else if (event instanceof Event.JobSubmitted e && about(e.job()))
            line(seq, "submitted at " + History.time(e.submitted()));
        else if (event instanceof Event.JobEnded e && about(e.job())) line(seq, "the job ended: " + e.why());
    }

    /** The lines, oldest first. */
    List<String> lines() {
        flush();
        List<String> out = new ArrayList<>();
        if (left > 0) out.add(count(left, "earlier line") + " left out");
        out.addAll(lines);
        return out;
    }

    /** A line that is not of the log. */
    void note(String text) {
        flush();
        add(text);
    }

    private void placed(long seq, Event.Placed e) {
        for (Event.Placement p : e.placements()) {
            if (!its(p.index(), p.attempt())) continue;
            opened(e.device(), p.serial());
            if (index >= 0) line(seq, "attempt " + p.attempt() + " placed on " + e.device() + ": " + e.why());
        }
        if (index >= 0) return;
        routine(seq);
        placed.merge(other(e.job(), e.device()), (long) e.placements().size(), Long::sum);
        placedWhy = e.why();
    }

    private void counted(long seq, Event.Counted e) {
        for (Event.Count c : e.counts()) {
            if (!its(c.index(), c.attempt())) continue;
            closed(e.device(), List.of(c.serial()));
            if (index >= 0) line(seq, "counted: attempt " + c.attempt() + " on " + e.device());
        }
        if (index >= 0) return;
        routine(seq);
        counted.merge(other(e.job(), e.device()), (long) e.counts().size(), Long::sum);
    }

    private void ended(long seq, Event.Ended e) {
        for (Event.End end : e.ends()) {
            if (!its(end.index(), end.attempt())) continue;
            closed(e.device(), List.of(end.serial()));
            String how = end.state() == AttemptState.FINISHED
                    ? "came too late, not counted"
                    : end.state().word();
            line(
                    seq,
                    e.job() + "/" + end.index() + "#" + end.attempt() + " on " + e.device() + " " + how
                            + (end.error().isEmpty() ? "" : ": " + end.error()));
        }
    }

    private boolean its(long eventIndex) {
        return index < 0 || index == eventIndex;
    }

    private boolean about(JobId eventJob) {
        return job.equals(Optional.of(eventJob));
    }

    private boolean about(JobId eventJob, DeviceId eventDevice) {
        return job.isPresent() ? about(eventJob) : device.equals(Optional.of(eventDevice.value()));
    }

    /** A job's routine is told by device, a device's by job. */
    private String other(JobId eventJob, DeviceId eventDevice) {
        return job.isPresent() ? eventDevice.value() : eventJob.value();
    }

    private void opened(DeviceId on, long serial) {
        open.computeIfAbsent(on, d -> new TreeSet<>()).add(serial);
    }

    /** How many of them were open here. */
    private long closed(DeviceId on, List<Long> serials) {
        TreeSet<Long> mine = open.get(on);
        if (mine == null) return 0;
        return serials.stream().filter(mine::remove).count();
    }

    private void routine(long seq) {
        if (placed.isEmpty() && counted.isEmpty()) first = seq;
        last = seq;
    }

    private void flush() {
        if (placed.isEmpty() && counted.isEmpty()) return;
        String at = first == last ? "commit " + first + ": " : "commits " + first + " to " + last + ": ";
        if (!placed.isEmpty())
            add(at + words(placed, "task") + " placed" + each(placed) + ", the last because of " + placedWhy);
        if (!counted.isEmpty()) add(at + words(counted, "result") + " counted" + each(counted));
        placed.clear();
        counted.clear();
    }

    private static String words(TreeMap<String, Long> sums, String noun) {
        return count(sums.values().stream().mapToLong(Long::longValue).sum(), noun);
    }

    private static String each(TreeMap<String, Long> sums) {
        List<String> words = new ArrayList<>();
        sums.forEach((name, n) -> words.add(name + " " + n));
        return " (" + String.join(", ", words.subList(0, Math.min(8, words.size()))) + (words.size() > 8 ? " ..." : "")
                + ")";
    }

    private static String count(long n, String noun) {
        return n + " " + noun + (n == 1 ? "" : "s");
    }

    private void line(long seq, String text) {
        flush();
        add("commit " + seq + ": " + text);
    }

    private void add(String line) {
        lines.add(line);
        if (lines.size() <= LONGEST) return;
        lines.removeFirst();
        left++;
    }
}
