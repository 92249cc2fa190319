package dev.flotilla.controller.core;

import dev.flotilla.core.Core;
import dev.flotilla.core.Durability;
import dev.flotilla.loop.Machine;
import dev.flotilla.model.FleetName;
import java.util.List;
import java.util.Optional;

/** How the loop bears a controller's core and writes its events. */
public final class ControllerMachine implements Machine<Input, Event, Effect> {
    private final FleetName fleet;

    public ControllerMachine(FleetName fleet) {
        this.fleet = fleet;
    }

    @Override
    public Core<Input, Event, Effect> birth(Optional<byte[]> snapshot, long seed) {
        return new ControllerCore(fleet, snapshot.map(LedgerCodec::read).orElseGet(Ledger::new));
    }

    @Override
    public Input tick() {
        return new Input.Ticked();
    }

    /** What a device merely is may ride along; all else is said to someone at once. */
    @Override
    public Durability durability(Event event) {
        return event instanceof Event.DeviceKnown ? Durability.LAZY : Durability.DURABLE;
    }

    @Override
    public byte[] encode(List<Event> events) {
        return EventCodec.write(events);
    }

    @Override
    public List<Event> decode(byte[] batch) {
        return EventCodec.read(batch);
    }

    /** Devices and clients say again what was not answered; the start is ours to say. */
    @Override
    public boolean keep(Input input) {
        return input instanceof Input.Begun || input instanceof Input.Restored;
    }

    @Override
    public boolean reads(Input input) {
        return input instanceof Input.Asked;
    }

    @Override
    public boolean speaks(Effect effect) {
        return effect instanceof Effect.SendGreeting
                || effect instanceof Effect.SendOrder
                || effect instanceof Effect.Reply
                || effect instanceof Effect.TellJob
                || effect instanceof Effect.TellDevice;
    }
}
