package dev.flotilla.controller.core;

import dev.flotilla.codec.CborIn;
import dev.flotilla.codec.CborOut;
import dev.flotilla.codec.Malformed;
import dev.flotilla.codec.ModelCodec;
import dev.flotilla.controller.fold.FoldTree;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Limits;
import dev.flotilla.model.Policy;
import dev.flotilla.model.Spec;
import dev.flotilla.program.Builtins;
import dev.flotilla.shard.ShardPlan;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The whole ledger in bytes, and back: a snapshot. Everything is written in key order, so equal ledgers give equal bytes (I9). To add a field:
 * append it to its array, read it with a default where the array ends, and add a snapshot of the last release to the tests.
 */
final class LedgerCodec {
    private static final int ANY = Integer.MAX_VALUE;
    private static final int ID = 64;

    private LedgerCodec() {}

    static byte[] write(Ledger ledger) {
        CborOut out = new CborOut();
        out.array(10).put(ledger.term);
        out.each(
                ledger.terms.entrySet(),
                (o, e) -> o.array(2).put(e.getKey()).put(e.getValue()).end());
        out.put(ledger.jobsSubmitted);
        out.each(ledger.jobs.values(), LedgerCodec::job);
        out.each(ledger.devices.values(), LedgerCodec::device);
        out.put(ledger.loss).put(ledger.waits);
        out.each(ledger.removed, (o, id) -> o.array(1).put(id.value()).end());
        out.each(ledger.tokens.values(), LedgerCodec::token);
        out.each(ledger.members.values(), LedgerCodec::member);
        return out.end().bytes();
    }

    private static void token(CborOut out, TokenState token) {
        out.array(8).put(token.id).put(token.uses).put(token.expires.getEpochSecond());
        ModelCodec.map(out, token.labels);
        out.maybe(token.replaces.map(DeviceId::value), CborOut::put);
        out.put(token.approve).put(token.revoked);
        out.each(
                token.joined.entrySet(),
                (o, e) -> o.array(2).put(e.getKey()).put(e.getValue().value()).end());
        out.end();
    }

    private static TokenState token(CborIn in) {
        String id = in.text(ID);
        int uses = (int) in.number(1, Integer.MAX_VALUE);
        Instant expires = Instant.ofEpochSecond(in.number());
        TreeMap<String, String> labels = ModelCodec.map(in);
        Optional<DeviceId> replaces = in.maybeText(ID).map(DeviceId::new);
        TokenState token = new TokenState(
                new Event.TokenMade(id, uses, expires, labels, replaces, in.flag(), java.util.List.of()));
        token.revoked = in.flag();
        in.eachArray(ANY, e -> token.joined.put(e.digest(), new DeviceId(e.text(ID))));
        return token;
    }

    private static void member(CborOut out, Member member) {
        out.array(6).put(member.device.value()).put(member.state.ordinal()).put(member.keyVersion);
        out.maybe(member.key, CborOut::put);
        out.put(member.until.getEpochSecond());
        ModelCodec.map(out, member.labels);
        out.end();
    }

    private static Member member(CborIn in) {
        Member member = new Member(new DeviceId(in.text(ID)));
        member.state = Member.State.values()[(int) in.number(0, Member.State.values().length - 1)];
        member.keyVersion = (int) in.number(1, Integer.MAX_VALUE);
        member.key = in.maybeBytes(32).map(hash -> Digest.ofHash(hash.array()));
        member.until = Instant.ofEpochSecond(in.number());
        member.labels = ModelCodec.map(in);
        return member;
    }

    private static void job(CborOut out, JobState job) {
        out.array(22).put(job.id.value()).put(job.number).put(job.name);
        ModelCodec.write(out, job.spec);
        ModelCodec.write(out, job.policy);
        ModelCodec.write(out, job.plan);
        out.put(job.submitted.toEpochMilli());
        out.put(job.state.ordinal()).put(job.endedWhy).put(job.ran);
        out.maybe(job.deadlineLeft, (o, left) -> o.array(1).put(left).end());
        out.put(job.nextNew).put(job.wasted);
        out.runs(job.again.stream().map(i -> i + 1).toList());
        out.each(job.tasks.values(), LedgerCodec::task);
        shares(out, job.countedBy);
        shares(out, job.givenTo);
        out.array(2).array(0).end(); // where each shard ran, until it got a shorter form below
        job.fold.write(out);
        out.end();
        shares(out, job.unanswered);
        out.maybe(job.restHeld, CborOut::put);
        out.put(job.seq);
        job.ranOn.write(out);
        out.end();
    }

    private static void shares(CborOut out, TreeMap<DeviceId, Long> shares) {
        out.each(
                shares.entrySet(),
                (o, e) -> o.array(2).put(e.getKey().value()).put(e.getValue()).end());
    }

    private static void task(CborOut out, TaskState task) {
        out.array(8)
                .put(task.index)
                .put(task.status.ordinal())
                .put(task.attempts)
                .put(task.live);
        out.maybe(task.permit, LedgerCodec::permit);
        out.maybe(task.heldWhy, CborOut::put);
        out.each(
                task.failures(),
                (o, f) -> o.array(4)
                        .put(f.device().value())
                        .put(f.agentId())
                        .put(f.serial())
                        .put(f.error())
                        .end());
        out.each(task.spent(), LedgerCodec::permit);
        out.end();
    }

    private static void permit(CborOut out, TaskState.Permit p) {
        out.array(3).put(p.device().value()).put(p.serial()).put(p.boot()).end();
    }

    private static TaskState.Permit permit(CborIn in) {
        return new TaskState.Permit(new DeviceId(in.text(ID)), in.number(), in.number());
    }

    private static void device(CborOut out, DeviceState device) {
        out.array(9).put(device.id.value()).put(device.agentId);
        out.maybe(Optional.ofNullable(device.capacity), (o, c) -> {
            o.array(1);
            ModelCodec.write(o, c);
            o.end();
        });
        out.put(device.next).put(device.counted).put(device.wasted);
        out.each(
                device.unsettled.values(),
                (o, a) -> o.array(5)
                        .put(a.serial)
                        .put(a.job.number)
                        .put(a.index)
                        .put(a.number)
                        .put(a.lost)
                        .end());
        out.put(device.keptTold);
        out.each(
                device.lacks.entrySet(),
                (o, r) -> o.array(2).put(r.getKey()).put(r.getValue()).end());
        out.end();
    }

    static Ledger read(byte[] snapshot) {
        return CborIn.whole(snapshot, LedgerCodec::read);
    }

    private static Ledger read(CborIn in) {
        in.array();
        Ledger ledger = new Ledger();
        ledger.term = in.number();
        in.eachArray(ANY, e -> ledger.terms.put(e.number(), e.number()));
        ledger.jobsSubmitted = in.number();
        in.eachArray(ANY, e -> {
            JobState job = job(e);
            ledger.add(job);
            return job;
        });
        in.eachArray(ANY, e -> {
            DeviceState device = device(e, ledger.numbered);
            ledger.devices.put(device.id, device);
            return device;
        });
        if (in.more()) {
            ledger.loss = in.number();
            ledger.waits = in.flag();
        }
        if (in.more()) in.eachArray(ANY, e -> ledger.removed.add(new JobId(e.text(ID))));
        if (in.more()) {
            in.eachArray(ANY, e -> {
                TokenState token = token(e);
                return ledger.tokens.put(token.id, token);
            });
            in.eachArray(ANY, e -> {
                Member member = member(e);
                return ledger.members.put(member.device, member);
            });
        }
        in.end();
        return ledger;
    }

    private static JobState job(CborIn in) {
        JobId id = new JobId(in.text(ID));
        long number = in.number();
        String name = in.text(1024);
        Spec spec = ModelCodec.spec(in);
        Policy policy = ModelCodec.policy(in);
        ShardPlan plan = ModelCodec.plan(in);
        Instant submitted = Instant.ofEpochMilli(in.number());
        JobState.State state = JobState.State.values()[(int) in.number(0, JobState.State.values().length - 1)];
        String endedWhy = in.text(Limits.ERROR_TEXT);
        Duration ran = in.span();
        Optional<Duration> left = in.maybeArray(CborIn::span);
        long nextNew = in.number();
        long wasted = in.number();
        java.util.List<Long> again = in.runs(ANY);
        java.util.List<TaskState> tasks = in.eachArray(ANY, LedgerCodec::task);
        TreeMap<DeviceId, Long> countedBy = shares(in);
        TreeMap<DeviceId, Long> givenTo = shares(in);
        in.array();
        RanOn ranOn = new RanOn(spec.sharding().count());
        in.eachArray(ANY, e -> {
            ranOn.put(e.number(), new DeviceId(e.text(ID)), (int) e.number());
            return e;
        });
        FoldTree fold = FoldTree.read(
                in, spec.sharding().count(), Builtins.find(spec.program().builtin()));
        in.end();
        TreeMap<DeviceId, Long> unanswered = shares(in);
        Optional<String> restHeld = in.more() ? in.maybeText(Limits.ERROR_TEXT) : Optional.empty();
        long seq = 0;
        if (in.more()) {
            seq = in.number();
            ranOn.read(in);
        }
        JobState job = new JobState(id, number, name, spec, policy, plan, submitted, seq, fold);
        job.ranOn = ranOn;
        job.state = state;
        job.endedWhy = endedWhy;
        job.ran = ran;
        job.deadlineLeft = left;
        job.nextNew = nextNew;
        job.wasted = wasted;
        job.restHeld = restHeld;
        again.forEach(i -> job.again.add(i - 1));
        for (TaskState task : tasks) {
            job.tasks.put(task.index, task);
            if (task.status == TaskState.Status.HELD) job.tasksHeld++;
            if (task.status == TaskState.Status.POISONED) job.poisoned++;
        }
        job.countedBy.putAll(countedBy);
        job.givenTo.putAll(givenTo);
        job.unanswered.putAll(unanswered);
        return job;
    }

    private static TreeMap<DeviceId, Long> shares(CborIn in) {
        TreeMap<DeviceId, Long> shares = new TreeMap<>();
        in.eachArray(ANY, e -> shares.put(new DeviceId(e.text(ID)), e.number()));
        return shares;
    }

    private static TaskState task(CborIn in) {
        TaskState task = new TaskState(in.number());
        task.status = TaskState.Status.values()[(int) in.number(0, TaskState.Status.values().length - 1)];
        task.attempts = (int) in.number();
        task.live = (int) in.number();
        task.permit = in.maybeArray(LedgerCodec::permit);
        task.heldWhy = in.maybeText(Limits.ERROR_TEXT);
        in.eachArray(ANY, e -> {
            task.failed(new TaskState.Failure(
                    new DeviceId(e.text(ID)), e.text(ID), e.number(), e.text(2 * Limits.ERROR_TEXT)));
            return task;
        });
        in.eachArray(ANY, e -> {
            task.spent(permit(e));
            return task;
        });
        return task;
    }

    private static DeviceState device(CborIn in, TreeMap<Long, JobState> jobs) {
        DeviceState device = new DeviceState(new DeviceId(in.text(ID)));
        device.agentId = in.text(ID);
        Optional<Capacity> capacity = in.maybeArray(ModelCodec::capacity);
        device.capacity = capacity.orElse(null);
        device.next = in.number();
        device.counted = in.number();
        device.wasted = in.number();
        in.eachArray(ANY, e -> {
            long serial = e.number();
            JobState job = jobs.get(e.number());
            if (job == null) throw new Malformed("an attempt of no job");
            Attempt attempt = new Attempt(serial, job, e.number(), (int) e.number());
            attempt.lost = e.flag();
            if (!attempt.lost) {
                device.live++;
                attempt.job.live++;
            }
            return device.unsettled.put(attempt.serial, attempt);
        });
        if (in.more()) device.keptTold = in.number();
        if (in.more()) in.eachArray(ANY, r -> device.lacks.put(r.number(), r.number()));
        return device;
    }
}
