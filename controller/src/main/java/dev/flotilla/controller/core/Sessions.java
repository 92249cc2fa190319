package dev.flotilla.controller.core;

import dev.flotilla.core.Moment;
import dev.flotilla.model.DeviceId;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Every device's session, and which of them may have something to be said. */
final class Sessions {
    final TreeMap<DeviceId, Session> all = new TreeMap<>();
    private final TreeSet<DeviceId> touched = new TreeSet<>();
    /** When to look for silence again: no later than an attempt may be lost, and sooner if its device was heard meanwhile. */
    Optional<Moment> look = Optional.empty();

    Session of(DeviceId id, Moment now, Ledger ledger) {
        return all.computeIfAbsent(id, d -> {
            DeviceState known = ledger.devices.get(d);
            return new Session(d, now, known == null ? null : known.capacity);
        });
    }

    /** The device is none of the fleet any more, or another. */
    void forget(DeviceId id) {
        all.remove(id);
        touched.remove(id);
    }

    /** An attempt may be lost then. */
    void lookAt(Moment at) {
        if (look.isEmpty() || at.isBefore(look.get())) look = Optional.of(at);
    }

    void touch(Session session) {
        touched.add(session.id);
    }

    /** Those touched since the last call. */
    TreeSet<DeviceId> takeTouched() {
        TreeSet<DeviceId> taken = new TreeSet<>(touched);
        touched.clear();
        return taken;
    }
}
