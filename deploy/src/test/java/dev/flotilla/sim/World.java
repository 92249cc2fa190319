package dev.flotilla.sim;

import dev.flotilla.controller.core.Input;
import dev.flotilla.controller.core.LedgerLaws;
import dev.flotilla.controller.core.View;
import dev.flotilla.link.Presence;
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
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * One history: a controller, some agents, a client that hands in jobs, an operator that releases what is held, and whoever wishes them ill. In
 * half of them the harm stops, and then all must settle. One thread.
 */
final class World {
    static final FleetName FLEET = new FleetName("sim");
    private static final Duration POLL = Duration.ofSeconds(5);
    private static final int RECORDINGS = 100;

    final Timeline timeline = new Timeline();
    final Scenario scenario;
    final Trace trace;
    final Laws laws = new Laws(this);
    final ControllerSide controller;
    /** Every machine that has a device's card: one a device, but for clones. */
    private final List<AgentSide> agents = new ArrayList<>();

    private final List<AgentSide> clones = new ArrayList<>();
    private final TreeMap<DeviceId, LinkKey> keys = new TreeMap<>();
    private final TreeMap<DeviceId, HostileNetwork> networks = new TreeMap<>();
    private final TreeMap<Long, JobId> asked = new TreeMap<>();
    private final TreeMap<JobId, Boolean> answered = new TreeMap<>();
    private final List<byte[]> recordings = new ArrayList<>();
    private final Chance operator;
    private final Chance client;
    /** Jobs that the controller has forgotten, as their clients found. */
    private final TreeSet<JobId> forgotten = new TreeSet<>();
    /** What was handed in under the id of a forgotten job, where it is another. */
    private final TreeMap<JobId, Spec> specs = new TreeMap<>();

    private boolean harmful = true;
    private long requests;
    private long steps;
    private long recorded;
    /** The broker is down until then; what was under way in it when it went is lost. */
    private Duration brokerDown = Duration.ZERO;

    private long brokerStarts;

    private World(Scenario scenario, boolean told, Consumer<String> lines) {
        this.scenario = scenario;
        this.trace = new Trace(timeline, told, lines);
        this.operator = chanceOf("operator");
        this.client = chanceOf("client");
        this.controller = new ControllerSide(this);
        for (int i = 0; i < scenario.devices().size(); i++) {
            DeviceId device = new DeviceId("device-" + i);
            Chance chance = chanceOf("key of " + device);
            byte[] key = ByteBuffer.allocate(32)
                    .putLong(chance.id())
                    .putLong(chance.id())
                    .putLong(chance.id())
                    .putLong(chance.id())
                    .array();
            keys.put(device, new LinkKey(key));
            laws.secret(keys.get(device).text());
            laws.secret(HexFormat.of().formatHex(key));
            networks.put(device, new HostileNetwork(timeline, chance.id(), scenario.weather()));
            agents.add(new AgentSide(
                    this, device, device.value(), scenario.devices().get(i)));
        }
    }

    /** How a history went: all of it as one hash, what happened how often, and how much time its devices lived through. */
    record Outcome(String trace, SortedMap<String, Long> met, Duration deviceTime) {}

    /**
     * Lives through one history.
     *
     * @throws Broken if a law is broken; the message says which, and where in the history
     */
    static Outcome live(Scenario scenario, boolean told, Consumer<String> lines) {
        World world = new World(scenario, told, lines);
        try {
            world.history();
            Duration lived =
                    world.timeline.now().multipliedBy(scenario.devices().size());
            return new Outcome(world.trace.digest(), world.laws.met(), lived);
        } catch (AssertionError | RuntimeException e) {
            Broken broken = new Broken(
                    e instanceof Broken b ? b.law : "core",
                    (e instanceof Broken b ? b.what : e.toString()) + " · seed " + scenario.seed() + " · step "
                            + world.steps + " · virtual time " + Trace.time(world.timeline.now()));
            broken.initCause(e);
            throw broken;
        }
    }

    /** Draws for one purpose; leaving another out does not change them. */
    Chance chanceOf(String purpose) {
        long mixed = scenario.seed();
        for (int i = 0; i < purpose.length(); i++) mixed = mixed * 0x100000001b3L + purpose.charAt(i);
        return new Chance(mixed);
    }

    List<AgentSide> agents() {
        return agents;
    }

    boolean harmful() {
        return harmful;
    }

    /** Somebody else has that device's key. */
    boolean hostile(DeviceId device) {
        for (AgentSide agent : agents) if (agent.device.equals(device)) return agent.hostile;
        return false;
    }

    private void history() {
        controller.start();
        for (int i = 0; i < agents.size(); i++) {
            if (!scenario.hasDevice(i)) continue;
            AgentSide agent = agents.get(i);
            startLater(agent, scenario.devices().get(i).joins());
            scenario.devices()
                    .get(i)
                    .leaves()
                    .ifPresent(at -> timeline.after(at, () -> {
                        if (!harmful) return;
                        laws.met("device left");
                        trace.note(agent.name, "is never seen again");
                        agent.leave();
                    }));
        }
        for (Scenario.JobPlan job : scenario.jobsKept()) timeline.after(job.submitted(), () -> submit(job));
        for (int i = 0; i < scenario.faults().size(); i++) {
            Fault fault = scenario.faults().get(i);
            if (scenario.hasFault(i) && (fault.who() < 0 || scenario.hasDevice(fault.who())))
                timeline.after(fault.at(), () -> strike(fault));
        }
        run(scenario.harm());
        if (scenario.liveness()) settle(heal());
        laws.stillTrue(controller.onDisk());
        controller.verify();
        laws.oldestKept().ifPresent(controller::mustKeepFrom);
        agents.forEach(AgentSide::verify);
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

    private void strike(Fault fault) {
        if (!harmful) return;
        trace.note("world", fault.words());
        laws.met(fault.kind().met());
        Chance chance = new Chance(fault.seed());
        Side<?, ?, ?> side = fault.who() < 0 ? controller : agents.get(fault.who());
        Duration length = fault.length();
        switch (fault.kind()) {
            case CRASH -> {
                side.kill();
                startLater(side, length);
            }
            case STOP -> {
                if (side instanceof AgentSide agent) agent.stopCleanly();
                else side.stop();
                startLater(side, length);
            }
            case POWER_CUT_BEFORE_COMMIT -> side.nextCommit(ForgetfulDisk.Fate.POWER_CUT_BEFORE);
            case POWER_CUT_AFTER_COMMIT -> side.nextCommit(ForgetfulDisk.Fate.POWER_CUT_AFTER);
            case POWER_CUT_AMONG_EFFECTS -> side.cutAmongEffects();
            case COMMITS_FAIL -> side.diskFull(length);
            case COMMIT_FAILS_THOUGH_WRITTEN -> side.nextCommit(ForgetfulDisk.Fate.FAILS_THOUGH_WRITTEN);
            case SLOW_DISK -> side.diskSlow(length);
            case DISK_LIES -> {
                side.diskLied(chance.between(1, 2));
                startLater(side, length);
            }
            case ROLLED_BACK -> {
                side.backTo(chance.between(0, side.writes()));
                startLater(side, length);
                Duration later = chance.of(List.of(Duration.ZERO, Duration.ofSeconds(30)));
                if (side == controller && scenario.resubmits()) timeline.after(length.plus(later), this::resubmit);
            }
            case CLOCK_JUMPS -> side.clockJumps(chance);
            case EARLY_TICK -> side.earlyTick();
            case CUT, CUT_FOR_WEEKS -> ((AgentSide) side).cut(length);
            case RESTS_FOR_WEEKS -> {
                ((AgentSide) side).stopCleanly();
                startLater(side, length);
            }
            case CUT_UP -> ((AgentSide) side).mute(length);
            case CUT_DOWN -> ((AgentSide) side).deafen(length);
            case REBOOTS_OFFLINE -> {
                ((AgentSide) side).cut(length.multipliedBy(4));
                for (int i = 1; i <= 3; i++) timeline.after(length.multipliedBy(i), () -> reboot((AgentSide) side));
            }
            case JOURNAL_LOST -> {
                side.diskLost();
                startLater(side, length);
            }
            case CLONED -> cloned((AgentSide) side, chance, length);
            case MEASURES -> ((AgentSide) side).measure();
            case LIES -> new Liar(this, (AgentSide) side, chance).lie();
            case BROKER_RESTARTS -> {
                brokerDown = timeline.now().plus(length);
                brokerStarts++;
                for (AgentSide agent : agents) agent.cut(length);
                timeline.after(
                        length,
                        () -> agents.forEach(
                                agent -> presence(agent, agent.linked() ? Presence.ONLINE : Presence.OFFLINE)));
            }
            case REPLAYS -> replay(chance);
            case ASKS -> ask(chance);
            case RELEASES -> release(chance);
            case REMOVES ->
                controller.offer(new Input.RemoveAsked(
                        ++requests, chance.of(scenario.jobs()).id().value()));
            case RESTORED -> {
                controller.restored(chance.between(0, controller.writes()));
                startLater(controller, chance.around(Duration.ofSeconds(10)));
                if (scenario.resubmits()) timeline.after(Duration.ofSeconds(40), this::resubmit);
            }
            case CANCELS ->
                controller.offer(new Input.CancelAsked(
                        ++requests, chance.of(scenario.jobs()).id().value(), controller.wall()));
        }
    }

    private void reboot(AgentSide agent) {
        if (!harmful || !agent.up() || agent.gone()) return;
        agent.kill();
        agent.start();
    }

    /** Another machine starts with a copy of the card; after a while one of the two is gone. */
    private void cloned(AgentSide agent, Chance chance, Duration length) {
        int number = scenario.devices().size() + clones.size();
        AgentSide clone = new AgentSide(
                this,
                agent.device,
                agent.name + "-clone-" + number,
                scenario.devices().get(agents.indexOf(agent)));
        clone.cloneOf(agent);
        clones.add(clone);
        agents.add(clone);
        clone.start();
        timeline.after(length.multipliedBy(4), () -> {
            if (harmful) clone.leave();
        });
    }

    /** An outsider sends what was sent before, or nearly that. */
    private void replay(Chance chance) {
        if (recordings.isEmpty()) return;
        byte[] old = chance.of(recordings).clone();
        if (chance.is(0.3)) old[chance.between(0, old.length - 1)] ^= (byte) (1 << chance.between(0, 7));
        AgentSide other = chance.of(agents);
        for (int times = chance.is(0.1) ? 30 : 1; times > 0; times--) {
            if (chance.is(0.5)) controller.receive(other.device, old);
            else other.receive(old);
        }
    }

    private List<AgentSide> heal() {
        trace.note("world", "heals");
        harmful = false;
        brokerDown = Duration.ZERO;
        networks.values().forEach(network -> network.weather(Weather.fair(Duration.ofMillis(5))));
        controller.diskMended();
        if (!clones.isEmpty())
            controller.kill(); // what the operator does about a quarantined device whose clone is gone
        clones.forEach(AgentSide::leave);
        for (AgentSide agent : agents) if (agent.hostile) agent.leave();
        controller.start();
        List<AgentSide> there = new ArrayList<>();
        for (int i = 0; i < scenario.devices().size(); i++) {
            if (scenario.hasDevice(i) && !agents.get(i).gone()) there.add(agents.get(i));
        }
        there.forEach(AgentSide::mend);
        return there;
    }

    /** Every job must end but for what waits for the operator (I6); when nothing is left to do, nothing is left anywhere (I7). */
    private void settle(List<AgentSide> there) {
        Duration longest = longest(there);
        Duration until = timeline.now().plus(longest);
        while (true) {
            run(timeline.now().plus(POLL));
            resubmit();
            boolean open = unknown() || LedgerLaws.goingOn(controller.onDisk()) > 0;
            if (!open && LedgerLaws.held(controller.onDisk()) > 0) {
                release(operator);
                until = timeline.now().plus(longest);
            } else if (!open && !LedgerLaws.anyRunning(controller.onDisk()) && unsettled(there) == 0) break;
            if (timeline.now().compareTo(until) > 0)
                throw new Broken(
                        "I6",
                        "after " + Trace.time(longest) + " without harm: " + LedgerLaws.left(controller.onDisk()));
        }
        for (AgentSide agent : there) agent.drop();
        run(timeline.now().plus(Duration.ofSeconds(30)));
        there.forEach(AgentSide::mustBeEmpty);
        if (unsettled(there) > 0)
            throw new Broken("I7", "the controller still holds " + LedgerLaws.left(controller.onDisk()));
    }

    /** Ten times what all jobs take undisturbed, and ten minutes (I6): twice the mean for each task, since some take longer. */
    private Duration longest(List<AgentSide> there) {
        Duration work = Duration.ZERO;
        Duration task = Duration.ZERO;
        for (Scenario.JobPlan job : scenario.jobsKept()) {
            Duration each = job.spec().program().delay().plusMillis(10);
            work = work.plus(each.multipliedBy(job.spec().sharding().count()));
            if (each.compareTo(task) > 0) task = each;
        }
        int slots = there.stream().mapToInt(AgentSide::slots).sum();
        return work.dividedBy(slots).plus(task).multipliedBy(2).multipliedBy(10).plus(Duration.ofMinutes(10));
    }

    private boolean unknown() {
        return scenario.jobsKept().stream().anyMatch(job -> !laws.knows(job.id()) || !answered.containsKey(job.id()));
    }

    private long unsettled(List<AgentSide> there) {
        return there.stream()
                .mapToLong(a -> LedgerLaws.unsettled(controller.onDisk(), a.device))
                .sum();
    }

    /** A client hands a job in, under its own id, until it is told that it is there. */
    private void submit(Scenario.JobPlan job) {
        if (answered.containsKey(job.id())) return;
        handIn(job);
        timeline.after(Duration.ofSeconds(7), () -> submit(job));
    }

    private void handIn(Scenario.JobPlan job) {
        asked.put(++requests, job.id());
        controller.offer(new Input.Submitted(
                requests,
                job.id(),
                "",
                specs.getOrDefault(job.id(), job.spec()),
                job.policy(),
                job.plan(),
                List.of(),
                controller.wall(),
                controller.told(),
                false));
    }

    /** Clients look after jobs that were answered; what the controller has forgotten, they hand in anew. */
    private void resubmit() {
        for (Scenario.JobPlan job : scenario.jobsKept()) {
            boolean known = laws.knows(job.id());
            if (known) forgotten.remove(job.id());
            if (known || !answered.containsKey(job.id())) continue;
            laws.met("job handed in anew");
            if (forgotten.add(job.id()) && client.is(0.5)) specs.put(job.id(), other(job.spec()));
            handIn(job);
        }
    }

    /** What the client of a forgotten job may want by now, under the same id: what was computed for the first is not for this one. */
    private static Spec other(Spec spec) {
        if (!(spec.input() instanceof dev.flotilla.model.Input.Range range)) return spec;
        return new Spec(
                new dev.flotilla.model.Input.Range(range.from() + 1, range.to() + 1), spec.sharding(), spec.program());
    }

    void replied(long request, View view) {
        JobId job = asked.get(request);
        if (job != null) {
            if (!(view instanceof View.Submission) && !laws.removed(job))
                throw new Broken("core", job + " is refused: " + view);
            if (!laws.knows(job)) throw new Broken("I5", job + " is answered and not on disk");
            answered.put(job, true);
        } else laws.noSecret(view.toString());
    }

    private void ask(Chance chance) {
        String job = chance.of(scenario.jobs()).id().value();
        List<Input.Query> queries = List.of(
                new Input.Query.Result(job),
                new Input.Query.Result(job),
                new Input.Query.Job(job),
                new Input.Query.Shards(job, 0),
                new Input.Query.Jobs(OptionalLong.empty(), 20),
                new Input.Query.Devices(),
                new Input.Query.Device("device-0"),
                new Input.Query.Info());
        controller.offer(new Input.Asked(++requests, chance.of(queries), controller.wall()));
    }

    private void release(Chance chance) {
        for (String job : LedgerLaws.jobsHeld(controller.onDisk())) {
            OptionalLong one =
                    chance.is(0.2) && harmful ? OptionalLong.of(chance.between(0, 20)) : OptionalLong.empty();
            controller.offer(new Input.ReleaseAsked(++requests, job, one, chance.is(0.8)));
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

    /** An agent is linked; another machine with the same card loses the session to it. */
    void linked(AgentSide agent) {
        for (AgentSide other : agents) {
            if (other == agent || !other.device.equals(agent.device) || !other.linked()) continue;
            laws.met("session taken over");
            other.takenOver();
        }
        presence(agent, Presence.ONLINE);
    }

    /** The broker's word on a device. */
    void presence(AgentSide agent, Presence presence) {
        timeline.after(
                agent.chance.around(Duration.ofMillis(200)),
                () -> controller.offer(new Input.PresenceSeen(agent.device, presence)));
    }

    /** From a device to the controller. */
    void up(DeviceId device, byte[] sealed) {
        carry(device, sealed, bytes -> controller.receive(device, bytes));
    }

    /** From the controller to whichever machine has the device's session. */
    void down(DeviceId device, byte[] sealed) {
        carry(device, sealed, bytes -> {
            for (AgentSide agent : agents) if (agent.device.equals(device) && agent.linked()) agent.receive(bytes);
        });
        recorded(sealed);
    }

    private void carry(DeviceId device, byte[] sealed, Consumer<byte[]> receiver) {
        if (timeline.now().compareTo(brokerDown) < 0) return;
        long start = brokerStarts;
        networks.get(device).send(sealed, bytes -> {
            if (start == brokerStarts) receiver.accept(bytes);
        });
    }

    /** Somebody listens. */
    void recorded(byte[] sealed) {
        if (recordings.size() < RECORDINGS) recordings.add(sealed);
        else recordings.set((int) (recorded++ * 37 % RECORDINGS), sealed);
    }

    LinkKey key(DeviceId device) {
        return keys.get(device);
    }

    void restartLater(Side<?, ?, ?> side) {
        laws.met("power cut");
        startLater(side, side.chance.around(Duration.ofSeconds(side.chance.of(List.of(1, 20)))));
    }

    /** When the world heals, all are started at once. */
    private void startLater(Side<?, ?, ?> side, Duration in) {
        timeline.after(in, () -> {
            if (harmful && !(side instanceof AgentSide agent && agent.gone())) side.start();
        });
    }
}
