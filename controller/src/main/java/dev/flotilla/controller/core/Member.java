package dev.flotilla.controller.core;

import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import java.time.Instant;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A device that has joined with a token, or was removed. One that has a file of {@code device create} is none. Part of the ledger. */
final class Member {
    enum State {
        /** It has joined, and waits for the operator's word. */
        PENDING,
        ACTIVE,
        REMOVED
    }

    final DeviceId device;
    State state = State.REMOVED;
    /** Of its link key: each time that it joins it gets another. */
    int keyVersion = 1;
    /** Of its public key; empty for one that was removed and never joined. */
    Optional<Digest> key = Optional.empty();
    /** The end of its certificate. */
    Instant until = Instant.EPOCH;

    SortedMap<String, String> labels = new TreeMap<>();

    Member(DeviceId device) {
        this.device = device;
    }
}
