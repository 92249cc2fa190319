package dev.flotilla.agent.core;

import dev.flotilla.core.Core;
import dev.flotilla.core.Durability;
import dev.flotilla.loop.Machine;
import java.util.List;
import java.util.Optional;

/** How the loop bears an agent's core and writes its events. */
public final class AgentMachine implements Machine<Input, Event, Effect> {
    @Override
    public Core<Input, Event, Effect> birth(Optional<byte[]> snapshot, long seed) {
        return new AgentCore(snapshot.map(LedgerCodec::read).orElseGet(Ledger::new));
    }

    @Override
    public Input tick() {
        return new Input.Ticked();
    }

    /** PROTOCOL section 5, on disk before it is said: a report takes along what is lazy, so only a start may have to hurry. */
    @Override
    public Durability durability(Event event) {
        boolean lazy = event instanceof Event.Met
                || event instanceof Event.Asked
                || event instanceof Event.Again
                || event instanceof Event.Forgotten
                || event instanceof Event.Started started && !started.synced();
        return lazy ? Durability.LAZY : Durability.DURABLE;
    }

    @Override
    public byte[] encode(List<Event> events) {
        return EventCodec.write(events);
    }

    @Override
    public List<Event> decode(byte[] batch) {
        return EventCodec.read(batch);
    }

    /** The start and the link's state are said once; the controller says again what was not answered, and a rebuilt core starts its tasks again. */
    @Override
    public boolean keep(Input input) {
        return input instanceof Input.Begun
                || input instanceof Input.Connected
                || input instanceof Input.Disconnected
                || input instanceof Input.ControllerSeen;
    }

    @Override
    public boolean reads(Input input) {
        return false;
    }

    @Override
    public boolean speaks(Effect effect) {
        return effect instanceof Effect.Send;
    }
}
