package dev.flotilla.controller.core;

import dev.flotilla.model.Capacity;
import dev.flotilla.model.DeviceId;
import java.util.Map;
import java.util.TreeMap;

/** What the ledger knows of a device. Changed by {@link Ledger} alone. */
final class DeviceState {
    private static final int MOST_LACKS = 16;

    final DeviceId id;
    String agentId = "";
    /** As last known; the session has what is newest. */
    Capacity capacity;

    long next = 1;
    long counted;
    long wasted;
    /** For which {@link Ledger#loss} it has told all that it kept. */
    long keptTold;
    /** U of PROTOCOL section 4: by serial all that is neither settled nor gone, lost ones included. */
    final TreeMap<Long, Attempt> unsettled = new TreeMap<>();
    /** How many of them are live. */
    int live;

    /** Serials that the device has accepted and this journal never gave: from, up to and without. The newest few. */
    final TreeMap<Long, Long> lacks = new TreeMap<>();

    DeviceState(DeviceId id) {
        this.id = id;
    }

    /** Serials below {@code to} were given in a time that is missing here. */
    void raise(long to) {
        lacks.put(next, to);
        if (lacks.size() > MOST_LACKS) lacks.pollFirstEntry();
        next = to;
    }

    boolean lacks(long serial) {
        Map.Entry<Long, Long> range = lacks.floorEntry(serial);
        return range != null && serial < range.getValue();
    }

    /** It is to be asked for the results that it kept. */
    boolean owesKept(Ledger ledger) {
        return keptTold < ledger.loss;
    }
}
