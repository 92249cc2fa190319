package dev.flotilla.controller.core;

import java.util.TreeMap;
import java.util.TreeSet;

/** Laws that only the ledger can tell. */
public final class LedgerLaws {
    private LedgerLaws() {}

    /** What is wrong: a law's number, a colon and why; or nothing. */
    public static String wrong(ControllerCore core) {
        Ledger ledger = core.ledger();
        TreeMap<String, Integer> live = new TreeMap<>();
        for (DeviceState device : ledger.devices.values()) {
            int lives = 0;
            for (Attempt attempt : device.unsettled.values()) {
                if (attempt.serial >= device.next)
                    return "I13:" + device.id + " will be given serial " + attempt.serial + " again";
                if (attempt.lost) continue;
                lives++;
                live.merge(attempt.job.id + "/" + attempt.index, 1, Integer::sum);
            }
            if (lives != device.live)
                return "I12:" + device.id + " has " + lives + " live attempts and says " + device.live;
        }
        for (var entry : live.entrySet()) {
            if (entry.getValue() > 1) return "I15:" + entry.getKey() + " has " + entry.getValue() + " live attempts";
        }
        for (JobState job : ledger.running.values()) {
            long held = 0;
            for (long index = 0; index < job.shards(); index++) {
                TaskState task = job.tasks.get(index);
                String name = job.id + "/" + index;
                if (job.done(index)) {
                    if (task != null || job.again.contains(index)) return "I12:" + name + " is done and also open";
                    continue;
                }
                if (task == null) {
                    if (job.restHeld.isPresent()) held++;
                    if (index < job.nextNew) return "I12:" + name + " is nowhere: never placed, and passed by";
                    continue;
                }
                int now = live.getOrDefault(name, 0);
                if (task.live != now) return "I12:" + name + " has " + now + " live attempts and says " + task.live;
                boolean open = task.status == TaskState.Status.OPEN;
                if (open && now == 0 && !job.again.contains(index))
                    return "I12:" + name + " is nowhere: open, not placed, not waiting";
                if (!(open && now == 0) && job.again.contains(index))
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
            if (held != job.held()) return "I12:" + job.id + " says that " + job.held() + " are held, " + held + " are";
        }
        return "";
    }

    /** How many attempts of that device are neither settled nor gone. */
    public static long unsettled(ControllerCore core, dev.flotilla.model.DeviceId device) {
        DeviceState state = core.ledger().devices.get(device);
        return state == null ? 0 : state.unsettled.size();
    }

    /** Whether that attempt is neither settled nor gone. */
    public static boolean holds(ControllerCore core, dev.flotilla.model.DeviceId device, long serial) {
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

    public static long held(ControllerCore core) {
        long held = 0;
        for (JobState job : core.ledger().running.values()) held += job.held();
        return held;
    }

    public static boolean anyRunning(ControllerCore core) {
        return !core.ledger().running.isEmpty();
    }

    /** Running jobs with held tasks, for an operator to release. */
    public static java.util.List<String> jobsHeld(ControllerCore core) {
        java.util.List<String> ids = new java.util.ArrayList<>();
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
