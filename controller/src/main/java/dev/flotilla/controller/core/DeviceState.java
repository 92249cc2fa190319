package dev.flotilla.controller.core;

import dev.flotilla.model.Capacity;
import dev.flotilla.model.DeviceId;
import java.util.TreeMap;

/** What the ledger knows of a device. Changed by {@link Ledger} alone. */
final class DeviceState {
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

    DeviceState(DeviceId id) {
        this.id = id;
    }

    /** It is to be asked for the results that it kept. */
    boolean owesKept(Ledger ledger) {
        return keptTold < ledger.loss;
    }
}
