package dev.flotilla.controller.core;

import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import java.time.Instant;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A token that was made, and who has joined with it. Part of the ledger: changed by {@link Ledger} alone. */
final class TokenState {
    final String id;
    final int uses;
    /** By this machine's clock, as all times of tokens. */
    final Instant expires;

    final SortedMap<String, String> labels;
    /** The device whose place and name it gives. */
    final Optional<DeviceId> replaces;
    /** Who joins waits for the operator's word. */
    final boolean approve;
    /** The hash of each key that was answered, and which device it became. */
    final TreeMap<Digest, DeviceId> joined = new TreeMap<>();

    boolean revoked;

    TokenState(Event.TokenMade e) {
        id = e.token();
        uses = e.uses();
        expires = e.expires();
        labels = Collections.unmodifiableSortedMap(new TreeMap<>(e.labels()));
        replaces = e.replaces();
        approve = e.approve();
    }
}
