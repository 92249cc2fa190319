package dev.flotilla.load;

import dev.flotilla.agent.core.AgentCore;
import dev.flotilla.agent.core.AgentMachine;
import dev.flotilla.agent.core.Effect;
import dev.flotilla.agent.core.Event;
import dev.flotilla.agent.core.Input;
import dev.flotilla.carrier.Backoff;
import dev.flotilla.codec.EnvelopeCodec;
import dev.flotilla.codec.Malformed;
import dev.flotilla.core.Decision;
import dev.flotilla.core.Dice;
import dev.flotilla.link.Detail;
import dev.flotilla.link.Envelope;
import dev.flotilla.link.Greeting;
import dev.flotilla.link.Order;
import dev.flotilla.link.Report;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.ShardInput;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.program.ShardData;
import dev.flotilla.security.LinkKey;
import dev.flotilla.shard.Ranges;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;

/** An agent of a {@link SmallWorld}: its edge as the shipped one is, its carrier's rule of trying again, an executor in virtual time. */
final class AgentNode extends Node<Input, Event, Effect> {
    private static final Duration HANDSHAKE = Duration.ofMillis(100);

    final DeviceId device;
    final Dice dice;
    private final int slots;
    private final Backoff backoff = new Backoff();
    private final TreeMap<Digest, byte[]> artifacts = new TreeMap<>();
    private final TreeMap<Long, Long> running = new TreeMap<>();
    private long starts;
    boolean linked;
    private Duration linkedAt = Duration.ZERO;

    AgentNode(SmallWorld world, DeviceId device, int slots) {
        super(world, new AgentMachine());
        this.device = device;
        this.slots = slots;
        this.dice = new Dice(world.chance.id());
    }

    AgentCore agent() {
        return (AgentCore) core();
    }

    @Override
    void begin(long seq) {
        Capacity capacity = new Capacity(
                slots,
                0.5,
                1L << 30,
                1L << 29,
                OptionalDouble.of(48.5),
                OptionalDouble.empty(),
                new TreeMap<>(java.util.Map.of("arch", "arm64")),
                new TreeMap<>());
        offer(new Input.Begun("a-machine-boot", "0.1.0", capacity, true));
        if (linked) offer(new Input.Connected());
    }

    @Override
    void ended() {
        running.clear();
    }

    /** What the carrier's supervisor does, again and again. */
    void connect() {
        if (linked) return;
        if (!world.brokerUp()) {
            world.timeline.after(backoff.lost(Duration.ZERO, dice), this::connect);
            return;
        }
        world.timeline.after(world.chance.around(HANDSHAKE), () -> {
            if (!world.brokerUp()) {
                connect();
                return;
            }
            linked = true;
            linkedAt = world.timeline.now();
            offer(new Input.Connected());
            world.connected(this);
        });
    }

    /** The broker is gone. */
    void cut() {
        if (!linked) return;
        linked = false;
        offer(new Input.Disconnected());
        world.timeline.after(backoff.lost(world.timeline.now().minus(linkedAt), dice), this::connect);
    }

    /** Bytes that claim to be the controller's; what {@code AgentApp} does with them. */
    void receive(byte[] sealed) {
        if (!up() || !linked) return;
        if (sealed.length > Limits.ENVELOPE) {
            offer(new Input.Ignored("too large"));
            return;
        }
        Optional<byte[]> body = world.key(device).open(LinkKey.Direction.DOWN, SmallWorld.FLEET, device, sealed);
        if (body.isEmpty()) {
            offer(new Input.Ignored("wrong tag"));
            return;
        }
        try {
            Envelope envelope = EnvelopeCodec.decode(body.get());
            if (envelope instanceof Order order) offer(new Input.Ordered(order, sealed.length));
            else if (envelope instanceof Greeting greeting) offer(new Input.Greeted(greeting));
            else offer(new Input.Ignored("not for an agent"));
        } catch (Malformed e) {
            offer(new Input.Ignored("malformed"));
        }
    }

    @Override
    void decided(Input input, Decision<Event, Effect> decision) {
        world.watch.agent(this, input, decision);
    }

    @Override
    void act(Effect effect, long seq) {
        if (effect instanceof Effect.Send e) send(e.envelope());
        else if (effect instanceof Effect.Start e) run(e);
        else if (effect instanceof Effect.Kill e) running.remove(e.serial());
        else if (effect instanceof Effect.Store e) store(e.chunk());
        else if (effect instanceof Effect.Look e) look(e.digest());
        else if (effect instanceof Effect.Forget e) artifacts.remove(e.digest());
    }

    private void send(Envelope envelope) {
        Envelope stamped = envelope instanceof Report r
                ? new Report(
                        r.hello(),
                        r.greeting(),
                        r.n(),
                        r.got(),
                        r.full(),
                        r.highest(),
                        r.rows(),
                        r.need(),
                        r.capacity(),
                        Instant.ofEpochMilli(world.timeline.now().toMillis()),
                        r.uptime(),
                        r.kept())
                : envelope;
        byte[] body = EnvelopeCodec.encode(stamped);
        world.up(this, world.key(device).seal(LinkKey.Direction.UP, SmallWorld.FLEET, device, body));
    }

    private void store(Order.Chunk chunk) {
        byte[] have = artifacts.getOrDefault(chunk.digest(), new byte[0]);
        if (chunk.offset() == have.length) {
            byte[] more = Arrays.copyOf(have, have.length + chunk.data().size());
            System.arraycopy(
                    chunk.data().array(), 0, more, have.length, chunk.data().size());
            artifacts.put(chunk.digest(), more);
        }
        look(chunk.digest());
    }

    private void look(Digest digest) {
        byte[] have = artifacts.getOrDefault(digest, new byte[0]);
        offer(new Input.Stored(
                digest, have.length, have.length > 0 && Digest.of(have).equals(digest)));
    }

    private void run(Effect.Start start) {
        long run = ++starts;
        running.put(start.serial(), run);
        later(start.spec().program().delay().plus(Duration.ofMillis(2)), () -> {
            if (!Long.valueOf(run).equals(running.get(start.serial()))) return;
            running.remove(start.serial());
            offer(end(start));
        });
    }

    private Input.Ended end(Effect.Start start) {
        ProgramCall call = start.spec().program();
        ProgramCall atOnce = new ProgramCall(call.builtin(), call.column(), call.strict(), Duration.ZERO);
        try {
            Builtin program = Builtins.find(call.builtin());
            Builtin.Mapped mapped = program.map(data(start), atOnce, Builtin.Stop.NEVER);
            Bytes result = new Bytes(mapped.partial().encode());
            Detail detail = new Detail(call.delay(), call.delay(), mapped.units(), Optional.of(result), "");
            return new Input.Ended(start.serial(), AttemptState.FINISHED, detail);
        } catch (dev.flotilla.program.BadValue | IOException | InterruptedException | RuntimeException e) {
            return new Input.Ended(start.serial(), AttemptState.FAILED, Detail.error(e.toString()));
        }
    }

    private ShardData data(Effect.Start start) throws IOException {
        if (start.spec().input() instanceof dev.flotilla.model.Input.Range range)
            return Ranges.numbers(
                    range,
                    start.spec().sharding().count(),
                    start.attempt().task().index());
        var records = (dev.flotilla.model.Input.Records) start.spec().input();
        byte[] bytes;
        long line;
        if (start.shard() instanceof ShardInput.Inline inline) {
            bytes = inline.bytes().array();
            line = inline.firstLine();
        } else if (start.shard() instanceof ShardInput.Stored stored) {
            bytes = artifacts.get(stored.digest());
            line = stored.firstLine();
        } else throw new IOException("no input");
        return new ShardData.Records(
                records.name(),
                records.format(),
                records.columns(),
                bytes.length,
                line,
                () -> new ByteArrayInputStream(bytes));
    }
}
