package dev.flotilla.agent.core;

import dev.flotilla.link.Detail;
import dev.flotilla.link.Order;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Spec;
import java.util.List;
import java.util.Optional;

/** What changes in the ledger. Each carries many attempts where it can, because tasks come by the thousand. */
public sealed interface Event {
    /** The journal is new, and with it the agent: 32 hexadecimal digits. */
    record Born(String agentId) implements Event {}

    /** The highest commit of a controller that this agent has met. */
    record Met(long term, long seq) implements Event {}

    /** Assignments that the agent holds from now on; {@code body}: their spec, if no other attempt has it. */
    record Accepted(Work work, Optional<Spec> body, List<Order.Assignment> assignments) implements Event {}

    /** Assignments that ended where they were accepted: what is refused, and what takes microseconds and was run. {@code body} as above. */
    record EndedAtOnce(Work work, Optional<Spec> body, List<AtOnce> ends) implements Event {}

    /** One-time attempts that wait for their permit from now on. */
    record Asked(List<Long> serials) implements Event {}

    /** Attempts that run from now on; {@code synced}: on disk before they start. */
    record Started(List<Long> serials, boolean synced) implements Event {}

    /** The agent stopped while these ran; they are to run again. */
    record Again(List<Long> serials) implements Event {}

    /** Attempts that ended. */
    record Ended(List<End> ends) implements Event {}

    /** Ended attempts that the controller has settled. */
    record Forgotten(List<Long> serials) implements Event {}

    /** One attempt from its assignment to its end. */
    record AtOnce(long serial, long index, int attempt, AttemptState state, Detail detail) {}

    /** The end of an attempt that was accepted before. */
    record End(long serial, AttemptState state, Detail detail) {}
}
