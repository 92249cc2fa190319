package dev.flotilla.agent.core;

import dev.flotilla.link.Detail;
import dev.flotilla.link.Greeting;
import dev.flotilla.link.Order;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.Digest;
import java.time.Duration;

/** What happened, as the loop saw it. Envelopes are authentic and decoded. */
public sealed interface Input {
    /**
     * The process has started, or its core was rebuilt from the journal: whatever ran before runs no more.
     *
     * @param machineBoot  the machine's own boot id, for people; may be empty
     * @param software     this agent's version
     * @param capacity     as first measured
     * @param cleanStop    false: the process before was killed, or the power went
     * @param beat         how often it says something while it holds no work
     */
    record Begun(String machineBoot, String software, Capacity capacity, boolean cleanStop, Duration beat)
            implements Input {
        /** With the usual beat. */
        public Begun(String machineBoot, String software, Capacity capacity, boolean cleanStop) {
            this(machineBoot, software, capacity, cleanStop, Session.IDLE_BEAT);
        }
    }

    /** The time that the core asked for has come. */
    record Ticked() implements Input {}

    /** Connected to the broker and subscribed. */
    record Connected() implements Input {}

    /** The link to the broker is down. */
    record Disconnected() implements Input {}

    /** The controller's retained presence: its start id; empty when it is offline. A hint. */
    record ControllerSeen(String startId) implements Input {}

    /** The controller answered a hello, or wants one. */
    record Greeted(Greeting greeting) implements Input {}

    /** The controller's order; {@code bytes} is its size on the wire. */
    record Ordered(Order order, int bytes) implements Input {}

    /** A fresh measurement. */
    record Measured(Capacity capacity) implements Input {}

    /** The executor's word on an attempt that it was told to start: FINISHED or FAILED, with how. */
    record Ended(long serial, AttemptState state, Detail detail) implements Input {}

    /** How much of an artifact is on this device's disk, synced; {@code whole}: all of it, its digest verified. */
    record Stored(Digest digest, long have, boolean whole) implements Input {}

    /** An envelope was dropped by the edge. */
    record Ignored(String reason) implements Input {}
}
