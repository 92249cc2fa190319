package dev.flotilla.controller.core;

import dev.flotilla.controller.place.Candidate;
import dev.flotilla.controller.place.PlacementPolicies;
import dev.flotilla.controller.place.PlacementPolicy;
import dev.flotilla.controller.place.Where;
import dev.flotilla.core.Moment;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Policy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Gives waiting tasks to devices that fit and have room; the job with the fewest live attempts comes first. The policy says who, and why. */
final class Placing {
    /** Even an idle device is heard more often than that. */
    private static final Duration QUIET = Orders.IDLE_BEAT.multipliedBy(2);

    private final Ledger ledger;
    private final Sessions sessions;
    private static final Duration FIRST_BACKOFF = Duration.ofSeconds(1);
    private static final int MOST_DOUBLINGS = 6;
    private static final TreeMap<Long, Backoff> NONE = new TreeMap<>();

    /** Where each job's last task went; memory only, for policies that take turns. */
    private final TreeMap<Long, DeviceId> last = new TreeMap<>();
    /** By job and task: what failed waits so long before it is placed again; memory only. */
    private final TreeMap<Long, TreeMap<Long, Backoff>> backoffs = new TreeMap<>();

    /** When tasks were last placed: what was due by then waits for room, and room comes with another input. */
    private Moment looked = new Moment(0);

    /** Until when a task waits after that many failures. */
    private record Backoff(int failures, Moment until) {}

    Placing(Ledger ledger, Sessions sessions) {
        this.ledger = ledger;
        this.sessions = sessions;
    }

    void place(Step step) {
        looked = step.at;
        backoffs.keySet().retainAll(ledger.running.keySet());
        List<JobState> ready = new ArrayList<>();
        for (JobState job : ledger.running.values()) if (job.ready().isPresent()) ready.add(job);
        ready.sort(Comparator.comparingLong(job -> job.live));
        for (JobState job : ready) place(step, job);
    }

    private void place(Step step, JobState job) {
        List<Candidate> fitting = fitting(job, step.at);
        List<Candidate> room = new ArrayList<>();
        for (Candidate c : fitting) if (c.hasRoom()) room.add(c);
        if (room.isEmpty()) return;
        PlacementPolicy policy = PlacementPolicies.find(job.policy.placement());
        Optional<DeviceId> lastChosen = Optional.ofNullable(last.get(job.number));
        TreeMap<DeviceId, Batch> batches = new TreeMap<>();
        Iterator<Long> waiting = waiting(job);
        while (waiting.hasNext() && !room.isEmpty()) {
            long index = waiting.next();
            TaskState task = job.tasks.get(index);
            if (task != null && !task.failures().isEmpty() && backsOff(step, job, task)) continue;
            List<Candidate> choices = task == null || task.failures().isEmpty() ? room : untried(task, fitting, room);
            if (choices.isEmpty()) continue;
            Candidate chosen = choices.size() == 1 ? choices.get(0) : policy.choose(choices, lastChosen);
            Batch batch = batches.get(chosen.device());
            if (batch == null) {
                batch = new Batch(ledger.device(chosen.device()).next, policy.why(chosen, choices));
                batches.put(chosen.device(), batch);
            }
            batch.add(index, task == null ? 1 : task.attempts + 1);
            backoffs.getOrDefault(job.number, NONE).remove(index);
            lastChosen = Optional.of(chosen.device());
            chosen.take();
            if (!chosen.hasRoom()) room.remove(chosen);
        }
        lastChosen.ifPresent(d -> last.put(job.number, d));
        batches.forEach((device, batch) -> {
            Session session = sessions.all.get(device);
            if (ledger.device(device).live == 0) session.busySince = step.at;
            step.emit(new Event.Placed(device, job.id, batch.placements, batch.why));
            for (Event.Placement p : batch.placements) session.unsent.add(p.serial());
            sessions.lookAt(step.at.plus(job.policy.lostAfter()));
            sessions.touch(session);
        });
    }

    /** A task that failed waits 1 s, then twice as long each time, up to a minute. */
    private boolean backsOff(Step step, JobState job, TaskState task) {
        TreeMap<Long, Backoff> ofJob = backoffs.computeIfAbsent(job.number, n -> new TreeMap<>());
        Backoff backoff = ofJob.get(task.index);
        int failures = task.failures().size();
        if (backoff == null || backoff.failures() != failures) {
            Duration wait = FIRST_BACKOFF.multipliedBy(1L << Math.min(failures - 1, MOST_DOUBLINGS));
            backoff = new Backoff(failures, step.at.plus(wait));
            ofJob.put(task.index, backoff);
        }
        return step.at.isBefore(backoff.until());
    }

    /** When the next task that failed may be placed again, or a device that refused gets something new. */
    Optional<Moment> due() {
        Moment due = null;
        for (Session s : sessions.all.values()) {
            Optional<Moment> rested = ledger.running.isEmpty() ? Optional.empty() : s.rested(looked);
            if (rested.isPresent() && (due == null || rested.get().isBefore(due))) due = rested.get();
        }
        for (JobState job : ledger.running.values()) {
            for (Map.Entry<Long, Backoff> e :
                    backoffs.getOrDefault(job.number, NONE).entrySet()) {
                boolean waits = looked.isBefore(e.getValue().until()) && job.again.contains(e.getKey());
                if (waits && (due == null || e.getValue().until().isBefore(due)))
                    due = e.getValue().until();
            }
        }
        return Optional.ofNullable(due);
    }

    private static final class Batch {
        final List<Event.Placement> placements = new ArrayList<>();
        final String why;
        private long next;

        Batch(long next, String why) {
            this.next = next;
            this.why = why;
        }

        void add(long index, int attempt) {
            placements.add(new Event.Placement(next++, index, attempt));
        }
    }

    /** Tasks to be placed: first those that were placed before, then new ones; read only, nothing may change meanwhile. */
    private static Iterator<Long> waiting(JobState job) {
        Iterator<Long> again = job.again.iterator();
        return new Iterator<>() {
            private long next = job.restHeld.isPresent() ? job.shards() : job.nextNew;

            @Override
            public boolean hasNext() {
                if (again.hasNext()) return true;
                while (next < job.shards() && (job.tasks.containsKey(next) || job.done(next))) next++;
                return next < job.shards();
            }

            @Override
            public Long next() {
                return again.hasNext() ? again.next() : (Long) next++;
            }
        };
    }

    /** A task that failed goes to a device that has not failed it, as long as there is one. */
    private static List<Candidate> untried(TaskState task, List<Candidate> fitting, List<Candidate> room) {
        TreeSet<DeviceId> failedOn = task.failedOn();
        boolean other = false;
        for (Candidate c : fitting) if (!failedOn.contains(c.device())) other = true;
        if (!other) return room;
        List<Candidate> untried = new ArrayList<>();
        for (Candidate c : room) if (!failedOn.contains(c.device())) untried.add(c);
        return untried;
    }

    private List<Candidate> fitting(JobState job, Moment now) {
        List<Candidate> fitting = new ArrayList<>();
        List<Candidate> suspects = new ArrayList<>();
        for (Session s : sessions.all.values()) {
            if (!s.met() || !s.online() || s.trust.quarantined() || s.trust.refused()) continue;
            if (s.silent
                    || s.noDisk()
                    || s.paused()
                    || s.rests(job.digest, now)
                    || now.since(s.heard).compareTo(QUIET) > 0) continue;
            if (refusal(s.capacity, job.policy, job.where).isPresent()) continue;
            DeviceState device = ledger.device(s.id);
            (s.trust.suspect() ? suspects : fitting)
                    .add(new Candidate(
                            s.id,
                            s.capacity.slots(),
                            s.window(),
                            s.capacity.load(),
                            s.capacity.speed(),
                            s.roundTrip(),
                            s.taskTime(),
                            device.unsettled.size()));
        }
        return fitting.isEmpty() ? suspects : fitting;
    }

    /** The first label or term of a job that a device does not meet, and what it says instead. */
    static Optional<String> refusal(Capacity capacity, Policy policy, List<Where> where) {
        Optional<String> label = Where.missingLabel(capacity, policy.labels());
        if (label.isPresent()) return label.map(l -> "lacks " + l);
        for (Where term : where) {
            Optional<String> refusal = term.refusal(capacity);
            if (refusal.isPresent()) return Optional.of(term + " (" + refusal.get() + ")");
        }
        return Optional.empty();
    }
}
