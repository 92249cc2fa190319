package dev.flotilla.sim;

import dev.flotilla.codec.EnvelopeCodec;
import dev.flotilla.codec.Malformed;
import dev.flotilla.controller.core.ControllerCore;
import dev.flotilla.controller.core.ControllerMachine;
import dev.flotilla.controller.core.Effect;
import dev.flotilla.controller.core.Event;
import dev.flotilla.controller.core.Input;
import dev.flotilla.controller.core.LedgerLaws;
import dev.flotilla.core.Core;
import dev.flotilla.core.Decision;
import dev.flotilla.core.Dice;
import dev.flotilla.core.Moment;
import dev.flotilla.core.Stamped;
import dev.flotilla.link.Envelope;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Order;
import dev.flotilla.link.Report;
import dev.flotilla.loop.LoopSettings;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ShardInput;
import dev.flotilla.security.LinkKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** The controller, and what of its shell decides nothing: tags, the journal's seq. */
final class ControllerSide extends Side<Input, Event, Effect> {
    /** The meeting that a device is in, as an onlooker sees it. */
    private static final class Meeting {
        long hello;
        long greeting;
        long last;
        long pendingHello;
        long pendingGreeting;

        boolean begins(Report r) {
            return r.full() && pendingGreeting != 0 && r.hello() == pendingHello && r.greeting() == pendingGreeting;
        }

        boolean fresh(Report r) {
            return greeting != 0 && r.hello() == hello && r.greeting() == greeting && r.n() > last;
        }
    }

    private final TreeMap<DeviceId, Meeting> meetings = new TreeMap<>();
    /** Names this start in the retained presence. */
    private String startId = "";
    /** The last commit that anything was said of. */
    private long told;

    ControllerSide(World world) {
        super(
                world,
                "controller",
                new ControllerMachine(World.FLEET),
                new LoopSettings(
                        world.scenario.tuning().controllerBatch(),
                        Duration.ZERO,
                        world.scenario.tuning().controllerSnapshot()));
    }

    ControllerCore onDisk() {
        return (ControllerCore) shadow();
    }

    String startId() {
        return up() ? startId : "";
    }

    long told() {
        return told;
    }

    @Override
    void born() {
        meetings.clear();
        world.laws.reborn();
    }

    @Override
    void begin(long seq) {
        offer(new Input.Begun(seq));
        if (startId.isEmpty()) startId = Long.toHexString(chance.id());
        for (AgentSide agent : world.agents()) agent.controllerIs(startId);
    }

    @Override
    void ended() {
        told = 0;
        startId = "";
        for (AgentSide agent : world.agents()) agent.controllerIs("");
    }

    @Override
    void rebuilt() {}

    /** Bytes that claim to be from that device. */
    void receive(DeviceId device, byte[] sealed) {
        if (!up()) return;
        Optional<byte[]> body = world.key(device).open(LinkKey.Direction.UP, World.FLEET, device, sealed);
        if (body.isEmpty()) {
            offer(new Input.Ignored(device, "wrong tag"));
            return;
        }
        try {
            Envelope envelope = EnvelopeCodec.decode(body.get());
            if (envelope instanceof Report report) offer(new Input.Reported(device, report, sealed.length));
            else if (envelope instanceof Hello hello) offer(new Input.Greeted(device, hello, told));
            else throw new Broken("I14", "an authentic envelope of the wrong kind: " + envelope);
        } catch (Malformed e) {
            throw new Broken("I14", "an authentic envelope of " + device + " cannot be read: " + e);
        }
    }

    /** As {@code flotilla controller restore} does it: the journal as it was after so many writes, and one batch that says so. */
    void restored(int writes) {
        backTo(writes);
        append(fromDisk()
                .decide(new Stamped<>(new Moment(0), new Dice(chance.id()), new Input.Restored()))
                .events());
    }

    @Override
    void anotherDisk(int writes) {
        world.laws.rolledBack(seq(), onDisk());
    }

    @Override
    void decided(Core<Input, Event, Effect> core, Input input, Decision<Event, Effect> decision, boolean due) {
        if (input instanceof Input.Reported in) {
            Meeting meeting = meetings.computeIfAbsent(in.device(), d -> new Meeting());
            Report r = in.report();
            boolean begins = meeting.begins(r);
            // what is refused ends with it: another try needs another hello
            if (begins) meeting.pendingGreeting = 0;
            if (begins && !refuses(decision)) {
                meeting.hello = r.hello();
                meeting.greeting = r.greeting();
                meeting.last = r.n();
                world.laws.meets(r.hello(), decision);
            } else if (meeting.fresh(r)) meeting.last = r.n();
            else if (!due) {
                List<Event> changes = new ArrayList<>(decision.events());
                // who is refused is not waited for any more: what it might have got goes to others
                if (begins)
                    changes.removeIf(
                            e -> e instanceof Event.Placed p && !p.device().equals(in.device()));
                world.laws.unchanged(name, r, changes);
            }
        } else if (input instanceof Input.Greeted || input instanceof Input.Ignored) {
            if (!due) world.laws.unchanged(name, input, decision.events());
        }
        for (Effect effect : decision.effects()) {
            if (!(effect instanceof Effect.SendGreeting e) || e.greeting().greeting() == 0) continue;
            Meeting meeting = meetings.computeIfAbsent(e.device(), d -> new Meeting());
            if (e.greeting().hello() == meeting.hello && e.greeting().greeting() == meeting.greeting) continue;
            meeting.pendingHello = e.greeting().hello();
            meeting.pendingGreeting = e.greeting().greeting();
        }
        if (input instanceof Input.Reported in) {
            for (Event event : decision.events()) {
                Optional<DeviceId> whose = LedgerLaws.whose(event);
                if (whose.isPresent() && !whose.get().equals(in.device()))
                    throw new Broken("I17", in.device() + " reports, and it leads to " + event);
            }
        }
        world.laws.decided(decision, (ControllerCore) core);
    }

    /** What no honest history leads to begins no meeting. */
    private static boolean refuses(Decision<Event, Effect> decision) {
        return decision.effects().stream()
                .anyMatch(e -> e instanceof Effect.Note note && note.name().equals("device.refused"));
    }

    @Override
    void committed(long seq, List<Event> events) {
        world.laws.committed(seq, events, onDisk());
    }

    @Override
    void act(Effect effect, long seq) {
        told = seq;
        if (effect instanceof Effect.SendGreeting e)
            send(e.device(), e.greeting().at(seq));
        else if (effect instanceof Effect.SendOrder e) {
            Order o = e.order();
            world.laws.saidTo(e.device(), o, onDisk());
            send(e.device(), o.filled(seq, this::filled, this::filled));
        } else if (effect instanceof Effect.Reply e) world.replied(e.request(), e.view());
        else if (effect instanceof Effect.Note e) world.laws.noSecret(e.toString());
    }

    private Optional<ShardInput> filled(ShardInput shard) {
        if (!(shard instanceof ShardInput.Slice s)) return Optional.of(shard);
        Bytes bytes = new Bytes(world.file(s.file()).part(s.offset(), s.length()));
        return Optional.of(new ShardInput.Inline(bytes, s.firstLine()));
    }

    private Optional<Order.Chunk> filled(Order.Chunk wanted) {
        byte[] all = world.largeShard(wanted.digest());
        int from = (int) wanted.offset();
        byte[] part = Arrays.copyOfRange(all, from, Math.min(all.length, from + Limits.CHUNK));
        return Optional.of(new Order.Chunk(wanted.digest(), from, all.length, new Bytes(part)));
    }

    private void send(DeviceId device, Envelope envelope) {
        byte[] sealed =
                world.key(device).seal(LinkKey.Direction.DOWN, World.FLEET, device, EnvelopeCodec.encode(envelope));
        if (sealed.length > Limits.ENVELOPE) throw new Broken("I8", "an order of " + sealed.length + " bytes");
        world.trace.note(name, sealed, () -> "to " + device + ": " + envelope);
        world.down(device, sealed);
    }
}
