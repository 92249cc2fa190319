package dev.flotilla.load;

import dev.flotilla.codec.EnvelopeCodec;
import dev.flotilla.codec.Malformed;
import dev.flotilla.controller.core.ControllerCore;
import dev.flotilla.controller.core.ControllerMachine;
import dev.flotilla.controller.core.Effect;
import dev.flotilla.controller.core.Event;
import dev.flotilla.controller.core.Input;
import dev.flotilla.core.Decision;
import dev.flotilla.link.Envelope;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Order;
import dev.flotilla.link.Report;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ShardInput;
import dev.flotilla.security.LinkKey;
import java.util.Arrays;
import java.util.Optional;
import java.util.TreeMap;

/** The controller of a {@link SmallWorld}, its edge as the shipped one is. */
final class ControllerNode extends Node<Input, Event, Effect> {
    /** Devices that have begun a meeting with this core. */
    final TreeMap<DeviceId, Long> met = new TreeMap<>();

    private long told;
    private long starts;
    String startId = "";

    ControllerNode(SmallWorld world) {
        super(world, new ControllerMachine(SmallWorld.FLEET));
    }

    ControllerCore controller() {
        return (ControllerCore) core();
    }

    @Override
    void begin(long seq) {
        offer(new Input.Begun(seq));
    }

    /** A new process has a new start id. */
    void startProcess() {
        startId = "start-" + ++starts;
        start();
    }

    @Override
    void ended() {
        met.clear();
    }

    /** An input that no rule can bear: the loop puts it aside, and the core is born again. */
    void poison() {
        offer(new Input.Asked(0, null, SmallWorld.WALL));
    }

    /** Bytes that claim to be from that device; what {@code ControllerApp} does with them. */
    void receive(DeviceId device, byte[] sealed) {
        if (!up()) return;
        if (sealed.length > Limits.ENVELOPE) {
            offer(new Input.Ignored(device, "too large"));
            return;
        }
        Optional<byte[]> body = world.key(device).open(LinkKey.Direction.UP, SmallWorld.FLEET, device, sealed);
        if (body.isEmpty()) {
            offer(new Input.Ignored(device, "wrong tag"));
            return;
        }
        try {
            Envelope envelope = EnvelopeCodec.decode(body.get());
            if (envelope instanceof Report report) offer(new Input.Reported(device, report, sealed.length));
            else if (envelope instanceof Hello hello) offer(new Input.Greeted(device, hello, told));
            else offer(new Input.Ignored(device, "not for a controller"));
        } catch (Malformed e) {
            offer(new Input.Ignored(device, "malformed"));
        }
    }

    @Override
    void decided(Input input, Decision<Event, Effect> decision) {
        world.watch.controller(input, decision);
    }

    @Override
    void act(Effect effect, long seq) {
        told = seq;
        if (effect instanceof Effect.SendGreeting e)
            send(e.device(), e.greeting().at(seq));
        else if (effect instanceof Effect.SendOrder e)
            send(e.device(), e.order().filled(seq, this::filled, this::filled));
        else if (effect instanceof Effect.Note e && e.name().equals("link.met"))
            met.merge(new DeviceId(e.keys().get(1)), 1L, Long::sum);
    }

    private void send(DeviceId device, Envelope envelope) {
        byte[] body = EnvelopeCodec.encode(envelope);
        world.down(device, world.key(device).seal(LinkKey.Direction.DOWN, SmallWorld.FLEET, device, body));
    }

    private Optional<ShardInput> filled(ShardInput shard) {
        if (!(shard instanceof ShardInput.Slice s)) return Optional.of(shard);
        byte[] file = world.files.get(s.file());
        Bytes bytes = new Bytes(Arrays.copyOfRange(file, (int) s.offset(), (int) s.offset() + s.length()));
        return Optional.of(new ShardInput.Inline(bytes, s.firstLine()));
    }

    private Optional<Order.Chunk> filled(Order.Chunk wanted) {
        byte[] all = world.files.get(wanted.digest());
        int from = (int) Math.min(wanted.offset(), all.length);
        byte[] part = Arrays.copyOfRange(all, from, Math.min(all.length, from + Limits.CHUNK));
        return Optional.of(new Order.Chunk(wanted.digest(), from, all.length, new Bytes(part)));
    }
}
