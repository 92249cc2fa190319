package dev.flotilla.sim;

import dev.flotilla.controller.core.Input;
import dev.flotilla.controller.core.LedgerLaws;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Spec;
import dev.flotilla.program.ShardData;
import dev.flotilla.security.LinkKey;
import dev.flotilla.shard.Ranges;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * One history: first harm, then it heals, then all must settle. A controller, some agents, a client that hands in jobs, an operator that
 * releases what is held, and somebody who records envelopes and sends them where they do not belong.
 */
final class World {
    static final FleetName FLEET = new FleetName("sim");
    private static final Duration POLL = Duration.ofSeconds(5);
    private static final Duration LONGEST = Duration.ofMinutes(60);
    private static final Instant WALL = Instant.parse("2026-11-24T00:00:00Z");

    final Timeline timeline = new Timeline();
    final Chance chance;
    final Scenario scenario;
    final Trace trace;
    final Laws laws = new Laws(this);
    final HostileNetwork network;
    final List<AgentSide> agents = new ArrayList<>();
    final ControllerSide controller;
    private final TreeMap<DeviceId, LinkKey> keys = new TreeMap<>();
    private final TreeMap<Long, JobId> asked = new TreeMap<>();
    private final TreeMap<JobId, Boolean> submitted = new TreeMap<>();
    private final List<byte[]> recordings = new ArrayList<>();
    private boolean harmful = true;
    private long requests;
    private long steps;

    private World(long seed, boolean told, Consumer<String> lines) {
        this.chance = new Chance(seed);
        this.scenario = Scenario.of(chance.id());
        this.trace = new Trace(timeline, told, lines);
        this.network = new HostileNetwork(timeline, chance.id(), scenario.weather());
        this.controller = new ControllerSide(this);
        for (int i = 0; i < scenario.slots().size(); i++) {
            DeviceId device = new DeviceId("device-" + i);
            keys.put(
                    device,
                    new LinkKey(ByteBuffer.allocate(32)
                            .putLong(chance.id())
                            .putLong(chance.id())
                            .array()));
            agents.add(new AgentSide(this, device, scenario.slots().get(i)));
        }
    }

    /** How a history went. */
    record Outcome(String trace, java.util.TreeSet<String> seen) {}

    /**
     * Lives through one history.
     *
     * @throws Broken if a law is broken; the message says which, where in the history, and how to replay it
     */
    static Outcome live(long seed, String test, boolean told, Consumer<String> lines) {
        World world = new World(seed, told, lines);
        try {
            world.history();
            return new Outcome(world.trace.digest(), world.laws.seen());
        } catch (AssertionError | RuntimeException e) {
            Broken broken = new Broken(
                    e instanceof Broken b ? b.law : "core",
                    (e instanceof Broken b ? b.what : e.toString()) + " · seed " + seed + " · step " + world.steps
                            + " · virtual time "
                            + Trace.time(world.timeline.now()) + "\n  replay: mvn -q -pl deploy -am test -Dtest=" + test
                            + " -Dflotilla.seed=" + seed);
            broken.initCause(e);
            throw broken;
        }
    }

    private void history() {
        controller.start();
        for (AgentSide agent : agents) startLater(agent, chance.between(Duration.ZERO, Duration.ofSeconds(20)));
        for (Scenario.JobPlan job : scenario.jobs()) {
            timeline.after(job.submitted(), () -> submit(job));
            job.cancelled()
                    .ifPresent(at -> timeline.after(
                            at,
                            () -> controller.offer(
                                    new Input.CancelAsked(++requests, job.id().value(), WALL))));
        }
        plan(scenario.faultEvery(), this::fault);
        plan(Duration.ofSeconds(20), this::ask);
        plan(Duration.ofSeconds(30), this::release);
        plan(Duration.ofSeconds(40), () -> chance.of(agents).measure());
        run(scenario.harm());
        heal();
    }

    private void run(Duration until) {
        Duration moment = timeline.now();
        long within = 0;
        while (timeline.step(until)) {
            steps++;
            within = timeline.now().equals(moment) ? within + 1 : 0;
            moment = timeline.now();
            if (within > 10_000) throw new Broken("I6", "a loop spins: virtual time stands still");
        }
    }

    /** Again and again while the world is harmful. */
    private void plan(Duration every, Runnable what) {
        timeline.after(chance.around(every), () -> {
            if (!harmful) return;
            what.run();
            plan(every, what);
        });
    }

    private void fault() {
        AgentSide agent = chance.of(agents);
        int kind = chance.between(0, 99);
        Duration length = chance.around(Duration.ofSeconds(chance.of(List.of(1, 10, 90))));
        if (kind < 25) {
            agent.crash();
            startLater(agent, length);
        } else if (kind < 35) {
            agent.stopCleanly();
            startLater(agent, length);
        } else if (kind < 55) agent.cut(length);
        else if (kind < 70) agent.silence(length);
        else if (kind < 85) {
            controller.kill();
            startLater(controller, length.dividedBy(4));
        } else if (kind < 90) {
            controller.stop();
            startLater(controller, length.dividedBy(4));
        } else if (!recordings.isEmpty()) {
            byte[] old = chance.of(recordings);
            AgentSide other = chance.of(agents);
            if (chance.is(0.5)) controller.receive(other.device, old);
            else other.receive(old);
        }
    }

    private void heal() {
        trace.note("world", "heals");
        harmful = false;
        network.weather(Weather.fair(Duration.ofMillis(5)));
        controller.start();
        List<AgentSide> mended = new ArrayList<>(agents);
        if (chance.is(0.1)) {
            AgentSide stolen = chance.of(agents);
            stolen.crash();
            mended.remove(stolen);
            trace.note(stolen.name, "is never seen again");
        }
        mended.forEach(AgentSide::mend);
        settle(mended);
    }

    /** Every job must end but for what waits for the operator (I6); when nothing is left to do, nothing is left anywhere (I7). */
    private void settle(List<AgentSide> there) {
        Duration until = timeline.now().plus(LONGEST);
        while (true) {
            run(timeline.now().plus(POLL));
            boolean open = submitted.size() < scenario.jobs().size() || LedgerLaws.goingOn(controller.onDisk()) > 0;
            if (!open && LedgerLaws.held(controller.onDisk()) > 0) {
                release();
                until = timeline.now().plus(LONGEST);
            } else if (!open && !LedgerLaws.anyRunning(controller.onDisk()) && unsettled(there) == 0) break;
            if (timeline.now().compareTo(until) > 0)
                throw new Broken("I6", "after an hour without harm: " + LedgerLaws.left(controller.onDisk()));
        }
        run(timeline.now().plus(Duration.ofMinutes(5)));
        for (AgentSide agent : there) agent.cut(Duration.ofSeconds(1));
        run(timeline.now().plus(Duration.ofSeconds(30)));
        there.forEach(AgentSide::mustBeEmpty);
        if (unsettled(there) > 0)
            throw new Broken("I7", "the controller still holds " + LedgerLaws.left(controller.onDisk()));
        laws.stillTrue(controller.onDisk());
        controller.verify();
        agents.forEach(AgentSide::verify);
    }

    private long unsettled(List<AgentSide> there) {
        return there.stream()
                .mapToLong(a -> LedgerLaws.unsettled(controller.onDisk(), a.device))
                .sum();
    }

    /** A client hands a job in, under its own id, until it is told that it is there. */
    private void submit(Scenario.JobPlan job) {
        if (submitted.containsKey(job.id())) return;
        asked.put(++requests, job.id());
        controller.offer(new Input.Submitted(
                requests, job.id(), "", job.spec(), job.policy(), job.plan(), List.of(), WALL, controller.told()));
        timeline.after(Duration.ofSeconds(7), () -> submit(job));
    }

    void replied(long request) {
        JobId job = asked.get(request);
        if (job == null) return;
        if (!laws.knows(job)) throw new Broken("I5", job + " is answered and not on disk");
        submitted.put(job, true);
    }

    private void ask() {
        Scenario.JobPlan job = chance.of(scenario.jobs());
        controller.offer(
                new Input.Asked(++requests, new Input.Query.Result(job.id().value()), WALL));
    }

    private void release() {
        for (String job : LedgerLaws.jobsHeld(controller.onDisk())) {
            controller.offer(new Input.ReleaseAsked(++requests, job, OptionalLong.empty(), chance.is(0.8)));
        }
    }

    /** What a shard works on. */
    ShardData data(Spec spec, long index) {
        if (spec.input() instanceof dev.flotilla.model.Input.Range range) {
            return Ranges.numbers(range, spec.sharding().count(), index);
        }
        return file(((dev.flotilla.model.Input.Records) spec.input()).file()).data(index);
    }

    /** The file of that digest, as the controller's store has it. */
    LinesFile file(Digest digest) {
        for (Scenario.JobPlan job : scenario.jobs()) {
            if (job.plan().file().equals(Optional.of(digest))) return job.file().orElseThrow();
        }
        throw new Broken("sim", "no file " + digest);
    }

    /** The large shard of that digest, as the controller's store has it. */
    byte[] largeShard(Digest digest) {
        for (Scenario.JobPlan job : scenario.jobs()) {
            for (int i = 0; i < job.plan().slices().size(); i++) {
                if (job.plan().slices().get(i).digest().equals(Optional.of(digest)))
                    return job.file().orElseThrow().shard(i);
            }
        }
        throw new Broken("I17", "nobody was given the artifact " + digest);
    }

    /** The broker's word on a device. */
    void presence(DeviceId device, boolean online) {
        timeline.after(
                chance.around(Duration.ofMillis(200)), () -> controller.offer(new Input.PresenceSeen(device, online)));
    }

    void recorded(DeviceId device, byte[] sealed) {
        if (recordings.size() < 200) recordings.add(sealed);
        else recordings.set(chance.between(0, 199), sealed);
    }

    LinkKey key(DeviceId device) {
        return keys.get(device);
    }

    ForgetfulDisk.Fate fate() {
        if (!harmful) return ForgetfulDisk.Fate.COMMITS;
        if (chance.is(scenario.powerCuts()))
            return chance.of(List.of(ForgetfulDisk.Fate.POWER_CUT_BEFORE, ForgetfulDisk.Fate.POWER_CUT_AFTER));
        if (chance.is(scenario.commitFails()))
            return chance.of(List.of(ForgetfulDisk.Fate.FAILS, ForgetfulDisk.Fate.FAILS_THOUGH_WRITTEN));
        return ForgetfulDisk.Fate.COMMITS;
    }

    void restartLater(Side<?, ?, ?> side) {
        laws.seen().add("power cut");
        startLater(side, chance.around(Duration.ofSeconds(chance.of(List.of(1, 20)))));
    }

    /** When the world heals, all are started at once. */
    private void startLater(Side<?, ?, ?> side, Duration in) {
        timeline.after(in, () -> {
            if (harmful) side.start();
        });
    }

    /** Small in half of the histories, so that snapshots and dropped rows are lived through. */
    long snapshotAfter() {
        return chance.is(0.5) ? 2_000 : 1 << 20;
    }

    boolean taskFails() {
        return harmful && chance.is(scenario.taskFails());
    }

    Duration taskTakes(Spec spec) {
        Duration delay = spec.program().delay();
        return delay.plus(chance.around(delay.dividedBy(5).plusMillis(2)));
    }
}
