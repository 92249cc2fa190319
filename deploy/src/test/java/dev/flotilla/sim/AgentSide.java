package dev.flotilla.sim;

import dev.flotilla.agent.core.AgentCore;
import dev.flotilla.agent.core.AgentLaws;
import dev.flotilla.agent.core.AgentMachine;
import dev.flotilla.agent.core.Effect;
import dev.flotilla.agent.core.Event;
import dev.flotilla.agent.core.Input;
import dev.flotilla.codec.EnvelopeCodec;
import dev.flotilla.codec.Malformed;
import dev.flotilla.core.Core;
import dev.flotilla.core.Decision;
import dev.flotilla.link.Detail;
import dev.flotilla.link.Envelope;
import dev.flotilla.link.Greeting;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Order;
import dev.flotilla.link.Presence;
import dev.flotilla.link.Report;
import dev.flotilla.link.Row;
import dev.flotilla.link.RowGroup;
import dev.flotilla.loop.LoopSettings;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ShardInput;
import dev.flotilla.security.LinkKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/** One device: its agent, its link to the broker, and an executor whose tasks take virtual time. */
final class AgentSide extends Side<Input, Event, Effect> {
    final DeviceId device;
    private final int slots;
    /** Somebody has its key, and says with it what its agent never would. */
    final boolean hostile;

    private boolean linked;
    /** The link is up, and nothing gets through to the controller, or from it, until then. */
    private Duration muteUntil = Duration.ZERO;

    private Duration deafUntil = Duration.ZERO;
    /** There is no network before. */
    private Duration offlineUntil = Duration.ZERO;

    private boolean gone;

    private boolean cleanStop = true;
    private long linkChanges;

    /** Tasks that run, by serial: which start it is. */
    private final TreeMap<Long, Long> running = new TreeMap<>();

    /** What is on the disk of each artifact; it survives the process. */
    private final TreeMap<Digest, File> files = new TreeMap<>();

    private long starts;
    private long boot;
    private long hello;
    private long greeting;
    private long last;
    /** What the controller may know: each row as it was said, newest last, until it is settled. */
    private final TreeMap<Long, List<Said>> said = new TreeMap<>();
    /** Settled serials, by the write that forgets them: a report that was decided before and leaves with the same commit may still tell them. */
    private final TreeMap<Long, Integer> settled = new TreeMap<>();

    /** Attempts that have ended on its disk, settled ones too: after how many writes. */
    private final TreeMap<Long, Integer> ended = new TreeMap<>();

    private String machineBoot = "card";
    /** The last hello that somebody said in its name, and who waits for the greeting. */
    private long lied;

    private LongConsumer overhears = greeting -> {};
    /** Number of its last report in the present meeting. */
    private long sent;

    /** A row as it was told after so many writes to its disk. */
    private record Said(int writes, Row row) {}

    /** The meeting that it believes to be in, for whoever lies in its name; empty while there is none. */
    Optional<Meeting> meeting() {
        return up() && greeting != 0 ? Optional.of(new Meeting(hello, greeting, sent, last, boot)) : Optional.empty();
    }

    record Meeting(long hello, long greeting, long sent, long got, long boot) {}

    /** Whoever has its key has said that hello in its name, and hears the greetings for it. */
    void overhear(long hello, LongConsumer greetings) {
        lied = hello;
        overhears = greetings;
    }

    AgentSide(World world, DeviceId device, String name, Scenario.DevicePlan plan) {
        super(
                world,
                name,
                new AgentMachine(),
                new LoopSettings(
                        world.scenario.tuning().agentBatch(),
                        Duration.ZERO,
                        world.scenario.tuning().agentSnapshot()));
        this.device = device;
        this.slots = plan.slots();
        this.hostile = plan.hostile();
    }

    private Capacity capacity() {
        return new Capacity(
                slots,
                chance.between(0, 200) / 100.0,
                1L << 30,
                1L << 29,
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                new TreeMap<>(),
                new TreeMap<>());
    }

    @Override
    void born() {
        hello = 0;
        greeting = 0;
        last = 0;
        boot = 0;
        sent = 0;
        settled.values().removeIf(write -> write > writes());
    }

    @Override
    void begin(long seq) {
        offer(new Input.Begun(machineBoot, "sim", capacity(), cleanStop));
        cleanStop = false;
        if (linked) offer(new Input.Connected());
        else connectLater(Duration.ofMillis(50));
    }

    @Override
    void ended() {
        running.clear();
        if (linked) unlink();
    }

    @Override
    void rebuilt() {
        running.clear();
        cleanStop = true;
    }

    void stopCleanly() {
        if (!up()) return;
        cleanStop = true;
        stop();
    }

    private void unlink() {
        linked = false;
        linkChanges++;
        world.presence(this, Presence.OFFLINE);
    }

    /** The link to the broker breaks, and cannot come back for that long. */
    void cut(Duration length) {
        Duration until = world.timeline.now().plus(length);
        if (until.compareTo(offlineUntil) > 0) offlineUntil = until;
        drop();
    }

    /** The link to the broker breaks, and comes back as soon as it can. */
    void drop() {
        if (linked) {
            unlink();
            offer(new Input.Disconnected());
        }
        connectLater(Duration.ofMillis(20));
    }

    private void connectLater(Duration in) {
        long of = ++linkChanges;
        Duration wait = in.plus(chance.around(Duration.ofMillis(30)));
        Duration until = offlineUntil.minus(world.timeline.now());
        world.timeline.after(wait.compareTo(until) < 0 ? until : wait, () -> {
            if (of != linkChanges || linked || !up()) return;
            linked = true;
            world.linked(this);
            offer(new Input.Connected());
            offer(new Input.ControllerSeen(world.controller.startId()));
        });
    }

    /** The broker gave the session to the other machine with this card; it is tried again soon. */
    void takenOver() {
        if (!linked) return;
        unlink();
        offer(new Input.Disconnected());
        connectLater(chance.between(Duration.ofSeconds(1), Duration.ofSeconds(120)));
    }

    boolean linked() {
        return linked;
    }

    int slots() {
        return slots;
    }

    void mute(Duration length) {
        muteUntil = world.timeline.now().plus(length);
    }

    void deafen(Duration length) {
        deafUntil = world.timeline.now().plus(length);
    }

    private boolean mute() {
        return world.timeline.now().compareTo(muteUntil) < 0;
    }

    private boolean deaf() {
        return world.timeline.now().compareTo(deafUntil) < 0;
    }

    /** It is switched off and never seen again. */
    void leave() {
        gone = true;
        kill();
    }

    boolean gone() {
        return gone;
    }

    /** Its disk has what the other's has, and it runs in another machine. */
    void cloneOf(AgentSide other) {
        diskOf(other);
        files.putAll(other.files);
        ended.putAll(other.ended);
        other.said.forEach((serial, versions) -> said.put(serial, new ArrayList<>(versions)));
        machineBoot = "clone";
        cleanStop = other.cleanStop;
    }

    /** Up, linked and heard, soon. */
    void mend() {
        muteUntil = Duration.ZERO;
        deafUntil = Duration.ZERO;
        offlineUntil = Duration.ZERO;
        diskMended();
        start();
        if (!linked) connectLater(Duration.ofMillis(100));
    }

    @Override
    void anotherDisk(int writes) {
        if (writes == 0) files.clear();
        ended.values().removeIf(at -> at > writes);
        said.values().forEach(versions -> versions.removeIf(s -> s.writes > writes));
        said.values().removeIf(List::isEmpty);
        settled.values().removeIf(write -> write > writes);
    }

    void measure() {
        offer(new Input.Measured(capacity()));
    }

    /** The controller's retained presence changed. */
    void controllerIs(String startId) {
        later(chance.around(Duration.ofMillis(20)), () -> {
            if (linked && !deaf() && startId.equals(world.controller.startId()))
                offer(new Input.ControllerSeen(startId));
        });
    }

    /** Bytes that claim to be the controller's. */
    void receive(byte[] sealed) {
        if (!up() || !linked || deaf()) return;
        Optional<byte[]> body = world.key(device).open(LinkKey.Direction.DOWN, World.FLEET, device, sealed);
        if (body.isEmpty()) {
            offer(new Input.Ignored("wrong tag"));
            return;
        }
        try {
            Envelope envelope = EnvelopeCodec.decode(body.get());
            if (envelope instanceof Order order) offer(new Input.Ordered(order, sealed.length));
            else if (envelope instanceof Greeting g) {
                if (g.hello() == lied) overhears.accept(g.greeting());
                offer(new Input.Greeted(g));
            } else throw new Broken("I14", "an authentic envelope of the wrong kind: " + envelope);
        } catch (Malformed e) {
            throw new Broken("I14", "an authentic envelope for " + device + " cannot be read: " + e);
        }
    }

    private boolean fresh(Order o) {
        return greeting != 0 && o.hello() == hello && o.greeting() == greeting && o.n() > last;
    }

    @Override
    void decided(Core<Input, Event, Effect> core, Input input, Decision<Event, Effect> decision, boolean due) {
        if (input instanceof Input.Greeted in) {
            if (hello != 0 && in.greeting().hello() == hello && greeting == 0)
                greeting = in.greeting().greeting();
        } else if (input instanceof Input.Ordered in) {
            Order o = in.order();
            if (fresh(o)) {
                last = o.n();
                for (long serial : o.settled()) {
                    said.remove(serial);
                    settled.put(serial, writes() + 1);
                }
            } else if (!due) world.laws.unchanged(name, o, deeds(decision));
        } else if (input instanceof Input.Ignored && !due) world.laws.unchanged(name, input, decision.events());
        for (Effect effect : decision.effects()) {
            if (effect instanceof Effect.Send e && e.envelope() instanceof Hello h) {
                hello = h.hello();
                boot = h.boot();
                world.laws.hello(h);
                greeting = 0;
                last = 0;
            }
        }
        String wrong = AgentLaws.wrong((AgentCore) core);
        if (!wrong.isEmpty()) throw new Broken("I8", name + ": " + wrong);
    }

    private static List<Object> deeds(Decision<Event, Effect> decision) {
        List<Object> deeds = new ArrayList<>(decision.events());
        for (Effect effect : decision.effects())
            if (effect instanceof Effect.Start || effect instanceof Effect.Kill) deeds.add(effect);
        return deeds;
    }

    @Override
    void committed(long seq, List<Event> events) {
        for (Event event : events) {
            if (event instanceof Event.Started e) e.serials().forEach(this::mustNotHaveEnded);
            else if (event instanceof Event.Ended e) e.ends().forEach(end -> hasEnded(end.serial()));
            else if (event instanceof Event.EndedAtOnce e) {
                for (Event.AtOnce end : e.ends()) {
                    if (end.state() != AttemptState.REFUSED) mustNotHaveEnded(end.serial());
                    hasEnded(end.serial());
                }
            }
        }
    }

    private void hasEnded(long serial) {
        ended.putIfAbsent(serial, writes());
    }

    private void mustNotHaveEnded(long serial) {
        if (ended.containsKey(serial))
            throw new Broken("I5", name + " starts " + serial + ", which has ended on its disk");
    }

    @Override
    void act(Effect effect, long seq) {
        if (effect instanceof Effect.Send e) send(e.envelope());
        else if (effect instanceof Effect.Start e) run(e);
        else if (effect instanceof Effect.Kill e) running.remove(e.serial());
        else if (effect instanceof Effect.Store e) store(e.chunk());
        else if (effect instanceof Effect.Look e) look(e.digest());
        else if (effect instanceof Effect.Forget e) files.remove(e.digest());
        else if (effect instanceof Effect.ForgetOthers e) files.keySet().retainAll(e.needed());
        else if (effect instanceof Effect.Note e) world.laws.noSecret(e.toString());
        else throw new Broken("sim", "no way to do " + effect);
    }

    private record File(byte[] bytes, boolean whole) {
        static final File NONE = new File(new byte[0], false);
    }

    private void store(Order.Chunk chunk) {
        File file = files.getOrDefault(chunk.digest(), File.NONE);
        if (!file.whole && chunk.offset() == file.bytes.length) {
            byte[] more =
                    Arrays.copyOf(file.bytes, file.bytes.length + chunk.data().size());
            System.arraycopy(
                    chunk.data().array(),
                    0,
                    more,
                    file.bytes.length,
                    chunk.data().size());
            boolean whole = more.length == chunk.total();
            if (whole && !Digest.of(more).equals(chunk.digest()))
                throw new Broken("I2", device + " put together another artifact than " + chunk.digest());
            files.put(chunk.digest(), new File(more, whole));
            if (whole) world.laws.met("artifact fetched");
        }
        look(chunk.digest());
    }

    private void look(Digest digest) {
        later(chance.around(Duration.ofMillis(3)), () -> {
            File file = files.getOrDefault(digest, File.NONE);
            offer(new Input.Stored(digest, file.bytes.length, file.whole));
        });
    }

    private void send(Envelope envelope) {
        Envelope stamped = envelope;
        if (envelope instanceof Report r) {
            saying(r);
            sent = r.n();
            stamped = new Report(
                    r.hello(),
                    r.greeting(),
                    r.n(),
                    r.got(),
                    r.full(),
                    r.highest(),
                    r.rows(),
                    r.need(),
                    r.capacity(),
                    wall(),
                    r.uptime(),
                    r.kept());
        }
        transmit(stamped);
    }

    /** Seals it, and gives it to the broker. */
    void transmit(Envelope envelope) {
        byte[] sealed =
                world.key(device).seal(LinkKey.Direction.UP, World.FLEET, device, EnvelopeCodec.encode(envelope));
        if (sealed.length > Limits.ENVELOPE) throw new Broken("I8", "a report of " + sealed.length + " bytes");
        world.trace.note(name, sealed, () -> "says " + envelope);
        if (!linked || mute()) return;
        world.up(device, sealed);
        world.recorded(sealed);
    }

    /** What was said must be on disk: no restart may make the agent forget it, or tell it otherwise (I5). */
    private void saying(Report report) {
        TreeMap<Long, Row> rows = new TreeMap<>();
        for (RowGroup group : report.rows()) for (Row row : group.rows()) rows.put(row.serial(), row);
        if (report.full()) {
            for (long serial : said.keySet()) {
                if (!rows.containsKey(serial))
                    throw new Broken("I5", name + " said " + saidOf(serial) + " and has forgotten it");
            }
        }
        rows.keySet().removeAll(settled.keySet());
        for (Row row : rows.values()) {
            Row before = saidOf(row.serial());
            if (before != null) {
                boolean back = row.revision() < before.revision();
                boolean undone = before.state().ended() && row.state() != before.state();
                if (back || undone) throw new Broken("I5", name + " said " + before + " and now " + row);
                if (row.revision() == before.revision()) continue;
            }
            said.computeIfAbsent(row.serial(), s -> new ArrayList<>()).add(new Said(writes(), row));
        }
    }

    private Row saidOf(long serial) {
        List<Said> versions = said.get(serial);
        return versions == null ? null : versions.get(versions.size() - 1).row;
    }

    /** At rest nothing is left (I7). */
    void mustBeEmpty() {
        if (!said.isEmpty()) throw new Broken("I7", name + " still holds " + said.keySet());
    }

    private void run(Effect.Start start) {
        Row before = saidOf(start.serial());
        if (before != null && before.state().ended())
            throw new Broken("I5", device + " starts " + start.attempt() + ", which it said is " + before.state());
        if (running.containsKey(start.serial()))
            throw new Broken("I5", device + " starts " + start.attempt() + " twice");
        if (start.shard() instanceof ShardInput.Stored s && !files.getOrDefault(s.digest(), File.NONE).whole) {
            throw new Broken("I2", device + " starts " + start.attempt() + " without its input");
        }
        // it may have been cancelled in the same commit: then it is killed next
        AttemptState onDisk = ((AgentCore) shadow()).attempts().get(start.serial());
        boolean started = onDisk == AttemptState.RUNNING || onDisk != null && onDisk.ended();
        world.laws.started(device, boot, start, started);
        long run = ++starts;
        running.put(start.serial(), run);
        if (running.size() > slots)
            throw new Broken("I16", device + " runs " + running.size() + " tasks and has " + slots + " slots");
        Duration delay = start.spec().program().delay();
        Duration takes = delay.plus(chance.around(delay.dividedBy(5).plusMillis(2)));
        boolean late = !start.timeout().isZero() && takes.compareTo(start.timeout()) > 0;
        boolean fails = world.harmful() && chance.is(world.scenario.taskFails());
        later(late ? start.timeout() : takes, () -> {
            if (!Long.valueOf(run).equals(running.get(start.serial()))) return;
            running.remove(start.serial());
            if (late)
                end(
                        start,
                        AttemptState.FAILED,
                        Detail.error("timeout: after " + start.timeout().toMillis() + " ms"));
            else if (fails) end(start, AttemptState.FAILED, Detail.error("exit: 1"));
            else {
                Bytes result =
                        world.laws.result(start.spec(), start.attempt().task().index());
                end(start, AttemptState.FINISHED, new Detail(takes, takes, 1, Optional.of(result), ""));
            }
        });
    }

    private void end(Effect.Start start, AttemptState state, Detail detail) {
        offer(new Input.Ended(start.serial(), state, detail));
    }
}
