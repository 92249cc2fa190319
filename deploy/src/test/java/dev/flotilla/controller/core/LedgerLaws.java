package dev.flotilla.controller.core;

import dev.flotilla.model.DeviceId;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Laws that only the core's inside can tell. Each says what is wrong, or nothing. */
public final class LedgerLaws {
    private LedgerLaws() {}

    /** Of the whole ledger: a law's number, a colon and why. */
    public static String wrong(ControllerCore core) {
        Ledger ledger = core.ledger();
        for (JobState job : ledger.running.values()) {
            for (long index = 0; index < job.shards(); index++) {
                boolean passedBy = index < job.nextNew && !job.done(index) && !job.tasks.containsKey(index);
                if (passedBy) return "I12:" + job.id + "/" + index + " is nowhere: never placed, and passed by";
            }
        }
        TreeSet<JobId> all = new TreeSet<>();
        ledger.running.values().forEach(job -> all.add(job.id));
        return wrong(core, all);
    }

    /** The same of devices and of these jobs. */
    public static String wrong(ControllerCore core, TreeSet<JobId> of) {
        Ledger ledger = core.ledger();
        TreeMap<JobId, TreeMap<Long, Integer>> live = new TreeMap<>();
        for (JobId id : of) live.put(id, new TreeMap<>());
        for (DeviceState device : ledger.devices.values()) {
            int lives = 0;
            for (Attempt attempt : device.unsettled.values()) {
                if (attempt.serial >= device.next)
                    return "I13:" + device.id + " will be given serial " + attempt.serial + " again";
                if (attempt.lost) continue;
                lives++;
                TreeMap<Long, Integer> ofJob = live.get(attempt.job.id);
                if (ofJob != null) ofJob.merge(attempt.index, 1, Integer::sum);
            }
            if (lives != device.live)
                return "I12:" + device.id + " has " + lives + " live attempts and says " + device.live;
        }
        for (JobId id : of) {
            String wrong = wrong(ledger.jobs.get(id), live.get(id));
            if (!wrong.isEmpty()) return wrong;
        }
        return "";
    }

    private static String wrong(JobState job, TreeMap<Long, Integer> live) {
        for (var entry : live.entrySet()) {
            if (entry.getValue() > 1)
                return "I15:" + job.id + "/" + entry.getKey() + " has " + entry.getValue() + " live attempts";
        }
        if (!job.running()) return "";
        long held = 0;
        for (long index : job.again) {
            if (!job.tasks.containsKey(index)) return "I12:" + job.id + "/" + index + " waits, and is no open task";
        }
        for (TaskState task : job.tasks.values()) {
            String name = job.id + "/" + task.index;
            if (job.done(task.index)) return "I12:" + name + " is done and also open";
            int now = live.getOrDefault(task.index, 0);
            if (task.live != now) return "I12:" + name + " has " + now + " live attempts and says " + task.live;
            boolean open = task.status == TaskState.Status.OPEN;
            if (open && now == 0 && !job.again.contains(task.index))
                return "I12:" + name + " is nowhere: open, not placed, not waiting";
            if (!(open && now == 0) && job.again.contains(task.index))
                return "I12:" + name + " waits and is " + task.status + " with " + now;
            if (task.status == TaskState.Status.HELD && task.heldWhy.isEmpty())
                return "I12:" + name + " is held for no reason";
            if (task.status == TaskState.Status.HELD) held++;
            TreeSet<String> failed = new TreeSet<>();
            for (TaskState.Failure f : task.failures()) {
                if (!f.agentId().isEmpty() && !failed.add(f.device() + " " + f.agentId() + " " + f.serial()))
                    return "I12:" + name + " counts the failure of " + f.serial() + " on " + f.device() + " twice";
            }
        }
        if (job.restHeld.isPresent()) held += job.neverPlaced();
        if (held != job.held()) return "I12:" + job.id + " says that " + job.held() + " are held, " + held + " are";
        return "";
    }

    /** A device was just given work: it holds no more than its window. */
    public static String window(ControllerCore core, DeviceId device) {
        int holds = core.ledger().device(device).unsettled.size();
        int window = core.sessions().all.get(device).window();
        return holds > window ? device + " holds " + holds + " attempts, its window is " + window : "";
    }

    /** What is kept in memory for each device, beside the ledger. */
    public static String bounded(ControllerCore core) {
        for (Session s : core.sessions().all.values()) {
            int most = 4 * Limits.WINDOW;
            if (s.unsent.size() > most
                    || s.settle.size() > most
                    || s.cancel.size() > most
                    || s.shown.size() > most
                    || s.permits.size() > most
                    || s.settleSent.size() > most
                    || s.ignored.size() > 16) {
                return "memory of " + s.id + ": unsent " + s.unsent.size() + ", settle " + s.settle.size() + ", sent "
                        + s.settleSent.size() + ", cancel " + s.cancel.size() + ", shown " + s.shown.size()
                        + ", permits " + s.permits.size() + ", ignored " + s.ignored.size();
            }
        }
        return "";
    }

    /** The device of which an event tells what its own report alone may tell. */
    public static Optional<DeviceId> whose(Event event) {
        if (event instanceof Event.Counted e) return Optional.of(e.device());
        if (event instanceof Event.Ended e) return Optional.of(e.device());
        if (event instanceof Event.Adopted e) return Optional.of(e.device());
        if (event instanceof Event.Revived e) return Optional.of(e.device());
        if (event instanceof Event.Permitted e) return Optional.of(e.device());
        if (event instanceof Event.DeviceKnown e) return Optional.of(e.device());
        if (event instanceof Event.SerialsRaised e) return Optional.of(e.device());
        if (event instanceof Event.KeptTold e) return Optional.of(e.device());
        return Optional.empty();
    }

    /** How many attempts of that device are neither settled nor gone. */
    public static long unsettled(ControllerCore core, DeviceId device) {
        DeviceState state = core.ledger().devices.get(device);
        return state == null ? 0 : state.unsettled.size();
    }

    /** Whether that attempt is neither settled nor gone. */
    public static boolean holds(ControllerCore core, DeviceId device, long serial) {
        DeviceState state = core.ledger().devices.get(device);
        return state != null && state.unsettled.containsKey(serial);
    }

    /** Tasks of running jobs that can go on by themselves: neither done, nor poisoned, nor held. */
    public static long goingOn(ControllerCore core) {
        long open = 0;
        for (JobState job : core.ledger().running.values())
            open += job.shards() - job.fold.counted() - job.poisoned - job.held();
        return open;
    }

    /** Tasks that wait for the operator. */
    public static long held(ControllerCore core) {
        long held = 0;
        for (JobState job : core.ledger().running.values()) held += job.held();
        return held;
    }

    public static boolean anyRunning(ControllerCore core) {
        return !core.ledger().running.isEmpty();
    }

    /** Running jobs with held tasks, for an operator to release. */
    public static List<String> jobsHeld(ControllerCore core) {
        List<String> ids = new ArrayList<>();
        for (JobState job : core.ledger().running.values()) if (job.held() > 0) ids.add(job.id.value());
        return ids;
    }

    /** For a message: what is left of each running job. */
    public static String left(ControllerCore core) {
        StringBuilder left = new StringBuilder();
        for (JobState job : core.ledger().running.values()) {
            left.append(job.id)
                    .append(": counted ")
                    .append(job.fold.counted())
                    .append(", poisoned ")
                    .append(job.poisoned)
                    .append(", held ");
            left.append(job.held())
                    .append(" of ")
                    .append(job.shards())
                    .append(", again ")
                    .append(job.again)
                    .append("; ");
        }
        for (DeviceState device : core.ledger().devices.values())
            left.append(device.id).append(" ").append(device.unsettled).append("; ");
        return left.toString();
    }
}
