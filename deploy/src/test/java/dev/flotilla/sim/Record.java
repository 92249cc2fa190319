package dev.flotilla.sim;

import dev.flotilla.controller.core.Event;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Spec;
import dev.flotilla.model.TaskId;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the events of one journal of the controller amount to, for the onlooker; it is written apart from the ledger on purpose. */
final class Record {
    /** One attempt. */
    record Given(JobId job, long index, int attempt) implements Comparable<Given> {
        @Override
        public int compareTo(Given other) {
            int byJob = job.compareTo(other.job);
            int byIndex = byJob != 0 ? byJob : Long.compare(index, other.index);
            return byIndex != 0 ? byIndex : Integer.compare(attempt, other.attempt);
        }
    }

    /** What was counted of a task. */
    record Count(DeviceId device, Bytes result) {}

    /** A job. */
    static final class Job {
        final Spec spec;
        final TreeMap<Long, Count> counted = new TreeMap<>();
        boolean over;
        /** Its answer when it ended. */
        Optional<Map.Entry<Optional<BigDecimal>, Long>> ended = Optional.empty();

        Job(Spec spec) {
            this.spec = spec;
        }
    }

    final TreeMap<JobId, Job> jobs = new TreeMap<>();
    final TreeSet<JobId> removed = new TreeSet<>();
    final TreeMap<DeviceId, TreeMap<Long, Given>> given = new TreeMap<>();
    /** Of each task since it was last released. */
    final TreeMap<TaskId, Event.Permitted> permits = new TreeMap<>();

    /** Device, serial and boot of every permit. */
    final TreeSet<String> everPermitted = new TreeSet<>();

    /** Attempts that are neither ended, gone nor lost. */
    private final TreeMap<DeviceId, TreeMap<Long, Given>> live = new TreeMap<>();
    /** Serials that a device told of and this journal never gave: from, up to and without. */
    private final TreeMap<DeviceId, TreeMap<Long, Long>> lacking = new TreeMap<>();

    private final TreeMap<DeviceId, Long> next = new TreeMap<>();

    void apply(Event event) {
        if (event instanceof Event.JobSubmitted e) jobs.put(e.job(), new Job(e.spec()));
        else if (event instanceof Event.Placed e) e.placements().forEach(p -> give(e.device(), e.job(), p));
        else if (event instanceof Event.Adopted e) give(e.device(), e.job(), e.placement());
        else if (event instanceof Event.Counted e) {
            for (Event.Count c : e.counts()) {
                jobs.get(e.job()).counted.put(c.index(), new Count(e.device(), c.result()));
                ends(e.device(), c.serial(), new Given(e.job(), c.index(), c.attempt()));
            }
        } else if (event instanceof Event.Ended e)
            e.ends().forEach(end -> ends(e.device(), end.serial(), new Given(e.job(), end.index(), end.attempt())));
        else if (event instanceof Event.Lost e) live(e.device()).keySet().removeAll(e.serials());
        else if (event instanceof Event.Gone e) live(e.device()).keySet().removeAll(e.serials());
        else if (event instanceof Event.Revived e)
            live(e.device()).put(e.serial(), given.get(e.device()).get(e.serial()));
        else if (event instanceof Event.Permitted e) {
            permits.put(new TaskId(e.job(), e.index()), e);
            everPermitted.add(e.device() + " " + e.serial() + " " + e.boot());
        } else if (event instanceof Event.Released e) e.indexes().forEach(i -> permits.remove(new TaskId(e.job(), i)));
        else if (event instanceof Event.SerialsRaised e) {
            lacking.computeIfAbsent(e.device(), d -> new TreeMap<>()).put(next.getOrDefault(e.device(), 1L), e.next());
            next.put(e.device(), e.next());
        } else if (event instanceof Event.JobEnded e) jobs.get(e.job()).over = true;
        else if (event instanceof Event.JobRemoved e) {
            jobs.remove(e.job());
            removed.add(e.job());
        }
    }

    private void give(DeviceId device, JobId job, Event.Placement p) {
        Given what = new Given(job, p.index(), p.attempt());
        given.computeIfAbsent(device, d -> new TreeMap<>()).put(p.serial(), what);
        live(device).put(p.serial(), what);
        next.merge(device, p.serial() + 1, Math::max);
    }

    private void ends(DeviceId device, long serial, Given what) {
        live(device).remove(serial, what);
    }

    private TreeMap<Long, Given> live(DeviceId device) {
        return live.computeIfAbsent(device, d -> new TreeMap<>());
    }

    /** The serial is of those that the device told of and this journal never gave. */
    boolean lacking(DeviceId device, long serial) {
        Map.Entry<Long, Long> range =
                lacking.getOrDefault(device, new TreeMap<>()).floorEntry(serial);
        return range != null && serial < range.getValue();
    }

    /** Another device has a live attempt of the same task. */
    boolean heldElsewhere(DeviceId device, Given what) {
        for (var entry : live.entrySet()) {
            if (entry.getKey().equals(device)) continue;
            for (Given g : entry.getValue().values())
                if (g.job().equals(what.job()) && g.index() == what.index()) return true;
        }
        return false;
    }
}
