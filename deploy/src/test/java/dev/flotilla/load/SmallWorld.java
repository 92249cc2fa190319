package dev.flotilla.load;

import dev.flotilla.carrier.Backoff;
import dev.flotilla.controller.core.Input;
import dev.flotilla.core.Decision;
import dev.flotilla.link.Presence;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Policy;
import dev.flotilla.model.Spec;
import dev.flotilla.security.LinkKey;
import dev.flotilla.shard.ShardPlan;
import dev.flotilla.sim.Chance;
import dev.flotilla.sim.Timeline;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * A controller, its agents and a broker in virtual time: the shipped cores, loops and codecs, bytes really encoded and tagged. A quiet world
 * (the hostile one is in {@code dev.flotilla.sim}), so that what a test does to it is all that happens. One thread.
 */
final class SmallWorld {
    static final FleetName FLEET = new FleetName("small");
    static final Instant WALL = Instant.parse("2026-11-24T00:00:00Z");
    private static final Duration LATENCY = Duration.ofMillis(20);

    /** Sees what passes, and may change it. */
    interface Watch {
        /** What arrives instead of this envelope. */
        default byte[] passes(LinkKey.Direction way, DeviceId device, byte[] bytes) {
            return bytes;
        }

        default void controller(
                Input input,
                Decision<dev.flotilla.controller.core.Event, dev.flotilla.controller.core.Effect> decision) {}

        default void agent(
                AgentNode agent,
                dev.flotilla.agent.core.Input input,
                Decision<dev.flotilla.agent.core.Event, dev.flotilla.agent.core.Effect> decision) {}
    }

    /** Meets an envelope where it arrives, before its receiver does. */
    interface Meets {
        void arrives(LinkKey.Direction way, DeviceId device, byte[] bytes);
    }

    Meets beforeArrival = (way, device, bytes) -> {};
    final Timeline timeline = new Timeline();
    final Chance chance;
    final Watch watch;
    final boolean keepsBatches;
    final ControllerNode controller;
    final List<AgentNode> agents = new ArrayList<>();
    /** What the controller's store holds. */
    final TreeMap<Digest, byte[]> files = new TreeMap<>();

    private final TreeMap<DeviceId, AgentNode> byDevice = new TreeMap<>();
    private final TreeMap<DeviceId, LinkKey> keys = new TreeMap<>();
    private final Backoff controllersBackoff = new Backoff();
    private boolean broker;
    private boolean controllerLinked;
    private Duration controllerLinkedAt = Duration.ZERO;
    private long requests;

    SmallWorld(long seed, int agents, int slots, Watch watch, boolean keepsBatches) {
        this.chance = new Chance(seed);
        this.watch = watch;
        this.keepsBatches = keepsBatches;
        this.controller = new ControllerNode(this);
        for (int i = 0; i < agents; i++) {
            DeviceId device = new DeviceId("device-" + i);
            byte[] key = new byte[32];
            ByteBuffer.wrap(key).putLong(chance.id()).putLong(chance.id());
            keys.put(device, new LinkKey(key));
            AgentNode agent = new AgentNode(this, device, slots);
            this.agents.add(agent);
            byDevice.put(device, agent);
        }
    }

    LinkKey key(DeviceId device) {
        return keys.get(device);
    }

    AgentNode agent(DeviceId device) {
        return byDevice.get(device);
    }

    boolean brokerUp() {
        return broker;
    }

    /** Starts the broker, the controller and all agents. */
    void start() {
        broker = true;
        controller.startProcess();
        connectController();
        for (AgentNode agent : agents) {
            agent.start();
            agent.connect();
        }
    }

    void stopBroker() {
        broker = false;
        for (AgentNode agent : agents) agent.cut();
        if (!controllerLinked) return;
        controllerLinked = false;
        Duration up = timeline.now().minus(controllerLinkedAt);
        timeline.after(controllersBackoff.lost(up, agents.get(0).dice), this::connectController);
    }

    void startBroker() {
        broker = true;
    }

    /** SIGKILL; the broker, another process, tells its last will. */
    void killController() {
        controller.kill();
        controllerLinked = false;
        hint("");
    }

    void startController() {
        controller.startProcess();
        connectController();
    }

    private void connectController() {
        if (controllerLinked || !controller.up()) return;
        if (!broker) {
            timeline.after(controllersBackoff.lost(Duration.ZERO, agents.get(0).dice), this::connectController);
            return;
        }
        controllerLinked = true;
        controllerLinkedAt = timeline.now();
        for (AgentNode agent : agents) if (agent.linked) present(agent); // retained
        hint(controller.startId);
    }

    /** The controller's retained presence reaches all. */
    private void hint(String startId) {
        for (AgentNode agent : agents) if (agent.linked) hint(agent, startId);
    }

    private void hint(AgentNode agent, String startId) {
        timeline.after(delay(), () -> {
            if (agent.linked) agent.offer(new dev.flotilla.agent.core.Input.ControllerSeen(startId));
        });
    }

    /** The agent has subscribed. */
    void connected(AgentNode agent) {
        present(agent);
        if (controllerLinked) hint(agent, controller.startId);
    }

    private void present(AgentNode agent) {
        timeline.after(delay(), () -> {
            if (controllerLinked) controller.offer(new Input.PresenceSeen(agent.device, Presence.ONLINE));
        });
    }

    private Duration delay() {
        return chance.around(LATENCY);
    }

    void up(AgentNode from, byte[] bytes) {
        if (!from.linked || !controllerLinked) return;
        byte[] passed = watch.passes(LinkKey.Direction.UP, from.device, bytes);
        timeline.after(delay(), () -> {
            if (!controllerLinked) return;
            beforeArrival.arrives(LinkKey.Direction.UP, from.device, passed);
            controller.receive(from.device, passed);
        });
    }

    void down(DeviceId to, byte[] bytes) {
        AgentNode agent = byDevice.get(to);
        if (agent == null || !controllerLinked || !agent.linked) return;
        byte[] passed = watch.passes(LinkKey.Direction.DOWN, to, bytes);
        timeline.after(delay(), () -> {
            if (agent.linked) beforeArrival.arrives(LinkKey.Direction.DOWN, to, passed);
            agent.receive(passed);
        });
    }

    void submit(String job, Spec spec, Policy policy, ShardPlan plan) {
        controller.offer(
                new Input.Submitted(++requests, new JobId(job), "", spec, policy, plan, List.of(), WALL, 0, false));
    }

    void cancel(String job) {
        controller.offer(new Input.CancelAsked(++requests, job, WALL));
    }

    /** Lets time pass until that is so. @return how long it took; negative if it was not so within {@code most} */
    Duration until(Duration most, BooleanSupplier condition) {
        Duration began = timeline.now();
        Duration end = began.plus(most);
        while (!condition.getAsBoolean()) if (!timeline.step(end)) return Duration.ofNanos(-1);
        return timeline.now().minus(began);
    }

    void run(Duration span) {
        Duration end = timeline.now().plus(span);
        while (timeline.step(end)) {}
    }
}
