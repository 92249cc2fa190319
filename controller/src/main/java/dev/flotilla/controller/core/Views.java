package dev.flotilla.controller.core;

import dev.flotilla.core.Moment;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.DeviceId;
import dev.flotilla.program.Answer;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** What clients are told of ledger and sessions. Reads only. */
final class Views {
    private static final int LONGEST_LIST = 200;
    private static final int SHARDS_A_PAGE = 1000;
    static final String NONE_NOW = "no device that fits is online, not paused, and has 64 MiB of disk left";

    private final Ledger ledger;
    private final Sessions sessions;

    Views(Ledger ledger, Sessions sessions) {
        this.ledger = ledger;
        this.sessions = sessions;
    }

    /** Answers one query; {@code jobs} knows how long each has run. */
    View answer(Input.Query query, Jobs jobs, Restoring restoring, Moment now, Instant wall, String fleet) {
        if (query instanceof Input.Query.Info) {
            int met = (int) sessions.all.values().stream()
                    .filter(s -> s.met() && s.online())
                    .count();
            return new View.Info(fleet, ledger.term, met, ledger.running.size(), restored(restoring, now));
        }
        if (query instanceof Input.Query.Jobs q) return jobs(q, jobs, now);
        if (query instanceof Input.Query.Artifacts) return new View.Artifacts(jobs.artifacts());
        if (query instanceof Input.Query.Fit fit) return jobs.fit(fit.policy());
        if (query instanceof Input.Query.Devices) {
            return new View.DeviceList(
                    devices().stream().map(d -> device(d, now, wall)).toList());
        }
        if (query instanceof Input.Query.Device q) {
            Collection<DeviceState> like = devicesLike(q.device());
            if (like.size() != 1)
                return notOne(
                        "device",
                        q.device(),
                        like.stream().map(d -> d.id.value()).toList(),
                        "flotilla device list");
            return detail(like.iterator().next(), now, wall);
        }
        String prefix = query instanceof Input.Query.Job q
                ? q.job()
                : query instanceof Input.Query.Result r ? r.job() : ((Input.Query.Shards) query).job();
        Object found = jobs.one(prefix);
        if (found instanceof View.Problem problem) return problem;
        JobState job = (JobState) found;
        if (query instanceof Input.Query.Job) return detail(job, jobs, restoring, now);
        if (query instanceof Input.Query.Shards q) return shards(job, q.from());
        return result(job, now, wall, jobs.ran(job, now));
    }

    /** Those of the ledger, and those that were refused before they could enter it. */
    private List<DeviceState> devices() {
        List<DeviceState> all = new ArrayList<>();
        for (DeviceState device : ledger.devices.values()) if (!ledger.isRemoved(device.id)) all.add(device);
        for (Member member : ledger.members.values()) {
            if (member.state != Member.State.REMOVED && !ledger.devices.containsKey(member.device))
                all.add(new DeviceState(member.device));
        }
        for (Session session : sessions.all.values()) {
            if (session.trust.refused() && !ledger.devices.containsKey(session.id))
                all.add(new DeviceState(session.id));
        }
        return all;
    }

    private Collection<DeviceState> devicesLike(String prefix) {
        Collection<DeviceState> known = ledger.devicesLike(prefix).stream()
                .filter(device -> !ledger.isRemoved(device.id))
                .toList();
        return known.isEmpty()
                ? devices().stream()
                        .filter(d -> !prefix.isEmpty() && d.id.value().startsWith(prefix))
                        .toList()
                : known;
    }

    private View.JobList jobs(Input.Query.Jobs page, Jobs jobs, Moment now) {
        long before = page.before().orElse(Long.MAX_VALUE);
        List<View.JobSummary> summaries = new ArrayList<>();
        for (JobState job :
                ledger.numbered.headMap(before, false).descendingMap().values()) {
            if (summaries.size() == page.limit()) return new View.JobList(summaries, Optional.of(before));
            summaries.add(summary(job, jobs, now));
            before = job.number;
        }
        return new View.JobList(summaries, Optional.empty());
    }

    View.Problem notOne(String noun, String prefix, List<String> like, String next) {
        String shown = dev.flotilla.model.Quoted.plain(prefix, 80);
        if (like.isEmpty()) {
            return new View.Problem(
                    "not-found",
                    3,
                    "no " + noun + " is called " + shown,
                    "there is none of that id or prefix",
                    next,
                    Optional.of(noun));
        }
        return new View.Problem(
                "not-found",
                3,
                "more than one " + noun + " begins with " + shown,
                String.join(", ", like.subList(0, Math.min(5, like.size()))) + (like.size() > 5 ? " ..." : ""),
                next + "          and give more of the id",
                Optional.of(noun));
    }

    private Optional<View.Restored> restored(Restoring restoring, Moment now) {
        List<DeviceId> owing = ledger.owingKept();
        if (!ledger.waits && owing.isEmpty()) return Optional.empty();
        return Optional.of(new View.Restored(
                restoring.due().map(at -> at.since(now).toMillis()).orElse(0L),
                owing.stream().limit(LONGEST_LIST).map(DeviceId::value).toList()));
    }

    private View.JobSummary summary(JobState job, Jobs jobs, Moment now) {
        return new View.JobSummary(
                job.id.value(),
                job.name,
                job.state.word(),
                needs(job),
                job.programWords(),
                job.spec.input().words(),
                job.submitted,
                jobs.ran(job, now).toMillis(),
                job.fold.counted(),
                job.shards(),
                value(job));
    }

    private static Optional<String> needs(JobState job) {
        return job.held() == 0 ? Optional.empty() : Optional.of("needs your decision: " + job.held() + " held");
    }

    private static Optional<BigDecimal> value(JobState job) {
        return job.answer().flatMap(Answer::value);
    }

    View.Result result(JobState job, Moment now, Instant wall) {
        return result(job, now, wall, job.ran);
    }

    private View.Result result(JobState job, Moment now, Instant wall, Duration ran) {
        Optional<Answer> answer = job.answer();
        List<View.FailedTask> failed = new ArrayList<>();
        for (TaskState task : job.tasks.values()) {
            if (task.status == TaskState.Status.POISONED && failed.size() < LONGEST_LIST) {
                failed.add(new View.FailedTask(job.id + "/" + task.index, lastError(task)));
            }
        }
        return new View.Result(
                job.id.value(),
                job.state.word(),
                !job.running(),
                answer.flatMap(Answer::value),
                answer.map(Answer::skipped).orElse(0L),
                coverage(job, now, wall),
                ran.toMillis(),
                job.wasted,
                needs(job),
                job.running() ? Optional.empty() : Optional.of(job.endedWhy),
                failed,
                exit(job));
    }

    private static String lastError(TaskState task) {
        return task.failures().isEmpty()
                ? ""
                : task.failures().get(task.failures().size() - 1).error();
    }

    private static int exit(JobState job) {
        return switch (job.state) {
            case RUNNING -> job.fold.counted() > 0 ? 8 : 7;
            case DONE -> 0;
            case PARTIAL -> 8;
            case FAILED, CANCELLED -> 1;
        };
    }

    /** Shards counted, and the same by device; missing are the devices that hold what is not counted (I11). */
    private View.Coverage coverage(JobState job, Moment now, Instant wall) {
        List<View.ByDevice> byDevice = new ArrayList<>();
        job.countedBy.forEach((device, n) -> byDevice.add(new View.ByDevice(device.value(), n)));
        TreeMap<DeviceId, Long> open = new TreeMap<>(job.unanswered);
        for (DeviceState device : ledger.devices.values()) {
            for (Attempt attempt : device.unsettled.values()) {
                if (job.running() && attempt.job == job && !job.done(attempt.index))
                    open.merge(device.id, 1L, Long::sum);
            }
        }
        List<View.Missing> missing = new ArrayList<>();
        open.forEach((id, n) -> {
            Session session = sessions.all.get(id);
            missing.add(new View.Missing(id.value(), since(session, now, wall), n, reason(job, session)));
        });
        TreeSet<DeviceId> given = new TreeSet<>(job.givenTo.keySet());
        given.addAll(job.countedBy.keySet());
        long placed = open.values().stream().mapToLong(n -> n).sum();
        return new View.Coverage(
                job.fold.counted(),
                job.shards(),
                Math.max(0, job.unfinished() - placed),
                new View.Devices(job.countedBy.size(), given.size(), missing, byDevice));
    }

    private static Optional<Instant> since(Session session, Moment now, Instant wall) {
        return session == null || !session.everHeard
                ? Optional.empty()
                : Optional.of(wall.minus(now.since(session.heard)));
    }

    private static String reason(JobState job, Session session) {
        if (session == null || !session.everHeard) return "not met again yet";
        if (!session.online()) return "offline";
        return job.running() ? "working" : "had not answered when the job ended";
    }

    private View.JobDetail detail(JobState job, Jobs jobs, Restoring restoring, Moment now) {
        List<View.Live> live = new ArrayList<>();
        long running = 0;
        long waitingOnDevice = 0;
        for (DeviceState device : ledger.devices.values()) {
            Session session = sessions.all.get(device.id);
            for (Attempt attempt : device.unsettled.values()) {
                if (attempt.job != job) continue;
                String state = stateOf(session, attempt);
                if (state.equals("running")) running++;
                else waitingOnDevice++;
                if (live.size() < LONGEST_LIST) live.add(new View.Live(attempt.toString(), device.id.value(), state));
            }
        }
        List<View.HeldTask> held = new ArrayList<>();
        List<View.PoisonedTask> poisoned = new ArrayList<>();
        for (TaskState task : job.tasks.values()) {
            String id = job.id + "/" + task.index;
            if (task.status == TaskState.Status.HELD && held.size() < LONGEST_LIST)
                held.add(new View.HeldTask(id, task.heldWhy.orElse("")));
            if (task.status == TaskState.Status.POISONED && poisoned.size() < LONGEST_LIST) {
                poisoned.add(new View.PoisonedTask(
                        id,
                        task.failures().stream()
                                .map(f -> f.device() + ": " + f.error())
                                .toList()));
            }
        }
        for (long i = job.nextNew; job.restHeld.isPresent() && i < job.shards() && held.size() < LONGEST_LIST; i++) {
            if (!job.tasks.containsKey(i) && job.isHeld(i))
                held.add(new View.HeldTask(job.id + "/" + i, job.restHeld.orElseThrow()));
        }
        SortedMap<String, Long> tasks = new TreeMap<>();
        tasks.put("done", job.fold.counted());
        tasks.put("running", running);
        tasks.put("waiting", job.running() ? job.waiting() + waitingOnDevice : 0);
        tasks.put("needs your decision", job.held());
        tasks.put("failed everywhere", job.poisoned);
        tasks.put("cancelled", job.running() ? 0 : job.unfinished());
        return new View.JobDetail(
                summary(job, jobs, now),
                job.spec,
                job.policy,
                tasks,
                live,
                held,
                poisoned,
                notes(job, jobs, restored(restoring, now)));
    }

    private static String stateOf(Session session, Attempt attempt) {
        if (attempt.lost) return "lost";
        AttemptState shown = session == null ? null : session.shown.get(attempt.serial);
        return shown == null ? "assigned" : shown.word();
    }

    /** Why what waits, waits. */
    private List<String> notes(JobState job, Jobs jobs, Optional<View.Restored> restored) {
        List<String> notes = new ArrayList<>();
        if (!job.running()) {
            notes.add(job.endedWhy);
            return notes;
        }
        if (job.held() > 0) notes.add(job.held() + " tasks need your decision");
        restored.ifPresent(r -> notes.add(words(r)));
        if (job.waiting() == 0 || ledger.waits) return notes;
        View.Fit fit = jobs.fit(Optional.of(job.policy));
        if (fit.known() == 0) notes.add("no device was ever met");
        else if (fit.fitting() == 0) notes.add("no device fits: " + String.join("; ", fit.refused()));
        else if (fit.slots() == 0) notes.add(NONE_NOW);
        else {
            long failed = job.again.stream()
                    .filter(i -> job.tasks.get(i).failedOn().size() > 0)
                    .count();
            if (failed > 0) notes.add(failed + " tasks failed and are tried again in a moment");
            if (job.waiting() > failed)
                notes.add((job.waiting() - failed)
                        + " tasks wait for room: every device that fits holds as much as it may");
        }
        return notes;
    }

    private static String words(View.Restored r) {
        List<String> shown =
                r.waitingFor().subList(0, Math.min(5, r.waitingFor().size()));
        String devices = String.join(", ", shown) + (r.waitingFor().size() > shown.size() ? " ..." : "");
        if (r.placesInMs() > 0)
            return "restored: nothing is placed for another " + (r.placesInMs() + 999) / 1000 + " s, waiting for "
                    + (devices.isEmpty() ? "a device" : devices);
        return "restored: waiting for " + devices + ", not met since, to tell results that it kept";
    }

    private View.Shards shards(JobState job, long from) {
        TreeMap<Long, Attempt> placed = new TreeMap<>();
        TreeMap<Long, DeviceId> where = new TreeMap<>();
        for (DeviceState device : ledger.devices.values()) {
            for (Attempt attempt : device.unsettled.values()) {
                if (attempt.job != job) continue;
                placed.put(attempt.index, attempt);
                where.put(attempt.index, device.id);
            }
        }
        List<View.Shard> shards = new ArrayList<>();
        long index = Math.max(0, from);
        for (; index < job.shards() && shards.size() < SHARDS_A_PAGE; index++) {
            Attempt attempt = placed.get(index);
            DeviceId place = where.get(index);
            TaskState task = job.tasks.get(index);
            String state;
            if (job.done(index)) state = "done";
            else if (job.isHeld(index)) state = "needs your decision";
            else if (task != null && task.status == TaskState.Status.POISONED) state = "failed everywhere";
            else if (!job.running()) state = "cancelled";
            else if (attempt != null) state = stateOf(sessions.all.get(where.get(index)), attempt);
            else state = "waiting";
            Optional<RanOn.Ran> ran = job.ranOn.get(index);
            Optional<String> device = ran.map(RanOn.Ran::device)
                    .or(() -> Optional.ofNullable(place))
                    .map(DeviceId::value);
            Optional<Integer> number = ran.map(RanOn.Ran::attempt)
                    .or(() -> Optional.ofNullable(attempt).map(a -> a.number));
            shards.add(new View.Shard(index, state, device, number));
        }
        return new View.Shards(job.id.value(), shards, index < job.shards() ? Optional.of(index) : Optional.empty());
    }

    private View.DeviceSummary device(DeviceState device, Moment now, Instant wall) {
        Session session = sessions.all.get(device.id);
        Capacity c = session != null && session.capacity != null ? session.capacity : device.capacity;
        int running = 0;
        if (session != null) for (AttemptState s : session.shown.values()) if (s == AttemptState.RUNNING) running++;
        String state = session == null || !session.met() ? "never met" : session.online() ? "ready" : "offline";
        if (state.equals("never met") && device.capacity != null) state = "silent";
        if (session != null && session.online() && session.paused()) state = "paused";
        if (session != null && session.online() && session.noDisk()) state = View.DEGRADED;
        Member member = ledger.members.get(device.id);
        if (member != null && member.state == Member.State.PENDING) state = "pending";
        if (device.owesKept(ledger) && (session == null || !session.met())) state = "awaited";
        if (session != null && session.trust.suspect()) state = "suspect";
        if (session != null && session.trust.quarantined()) state = "quarantined";
        if (session != null && session.trust.refused()) state = "refused";
        return new View.DeviceSummary(
                device.id.value(),
                state,
                since(session, now, wall),
                c == null ? 0 : c.slots(),
                running,
                device.unsettled.size(),
                c == null ? 0 : c.load(),
                c == null ? 0 : c.memFree(),
                c == null || c.celsius().isEmpty()
                        ? Optional.empty()
                        : Optional.of(c.celsius().getAsDouble()),
                c == null || c.speed().isEmpty()
                        ? Optional.empty()
                        : Optional.of(c.speed().getAsDouble()),
                roundTrip(session),
                c == null ? new TreeMap<>() : c.labels(),
                c == null ? "" : c.facts().getOrDefault("profile", ""),
                c == null ? "" : c.facts().getOrDefault("arch", ""));
    }

    private static Optional<Double> roundTrip(Session session) {
        return Optional.ofNullable(session)
                .flatMap(s -> s.patience.roundTrip())
                .map(span -> Math.round(span.toNanos() / 1e4) / 100.0);
    }

    private View.DeviceDetail detail(DeviceState device, Moment now, Instant wall) {
        Session session = sessions.all.get(device.id);
        List<View.Live> live = new ArrayList<>();
        for (Attempt attempt : device.unsettled.values()) {
            if (live.size() < LONGEST_LIST)
                live.add(new View.Live(attempt.toString(), device.id.value(), stateOf(session, attempt)));
        }
        Capacity c = session != null && session.capacity != null ? session.capacity : device.capacity;
        return new View.DeviceDetail(
                device(device, now, wall),
                c == null ? new TreeMap<>() : c.facts(),
                c == null ? new TreeMap<>() : c.labels(),
                live,
                session == null
                        ? new View.Link(Optional.empty(), 0, 0, 0, 0)
                        : new View.Link(
                                roundTrip(session), session.envelopesUp, session.envelopesDown, session.bytesUp, 0),
                device.counted,
                device.wasted,
                session == null ? new TreeMap<>() : session.ignored,
                session == null ? Optional.empty() : session.trust.against(),
                session == null ? Optional.empty() : clockAhead(session, now, wall),
                c == null ? Optional.empty() : c.storage().map(Views::disk));
    }

    private static View.Disk disk(Capacity.Storage s) {
        return new View.Disk(
                s.free(),
                s.writtenADay().isPresent() ? Optional.of(s.writtenADay().getAsLong()) : Optional.empty());
    }

    /** The device's clock less this machine's, in milliseconds; half a round trip is not taken off. */
    private static Optional<Long> clockAhead(Session session, Moment now, Instant wall) {
        long ours = wall.minus(now.since(session.heard)).toEpochMilli();
        long most = Long.MAX_VALUE / 2; // a device may say anything
        return session.clock.map(clock -> Math.max(-most, Math.min(most, clock.toEpochMilli())) - ours);
    }

    /** For watchers. */
    View.JobEvent event(JobState job) {
        TreeMap<DeviceId, Long> running = new TreeMap<>();
        long live = 0;
        for (DeviceState device : ledger.devices.values()) {
            long n = 0;
            for (Attempt attempt : device.unsettled.values()) if (attempt.job == job && !attempt.lost) n++;
            if (n > 0) running.put(device.id, n);
            live += n;
        }
        TreeSet<DeviceId> all = new TreeSet<>(running.keySet());
        all.addAll(job.countedBy.keySet());
        List<View.DeviceShare> devices = new ArrayList<>();
        for (DeviceId id : all) {
            if (devices.size() < LONGEST_LIST) {
                devices.add(new View.DeviceShare(
                        id.value(), job.countedBy.getOrDefault(id, 0L), running.getOrDefault(id, 0L)));
            }
        }
        return new View.JobEvent(
                job.id.value(),
                job.state.word(),
                !job.running(),
                job.fold.counted(),
                job.shards(),
                live,
                job.held(),
                value(job),
                devices);
    }

    /** The value and the count, as they stand; for the proof of an answer. */
    static Map.Entry<Optional<BigDecimal>, Long> proof(JobState job) {
        return Map.entry(value(job), job.fold.counted());
    }
}
