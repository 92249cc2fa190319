package dev.flotilla.agent.core;

import dev.flotilla.link.Detail;
import dev.flotilla.link.Row;
import dev.flotilla.model.AttemptId;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.TaskId;
import java.util.Optional;

/** One assignment on this device, until it is settled. Part of the ledger: changed by {@link Ledger} alone. */
final class Attempt {
    final long serial;
    final Work work;
    final long index;
    final int number;
    /** What it works on; of no use once it has ended. */
    ShardInput shard;

    AttemptState state;
    long revision;
    /** How often the agent stopped while it ran. */
    int interruptions;
    /** How it ended. */
    Optional<Detail> detail = Optional.empty();

    Attempt(long serial, Work work, long index, int number, ShardInput shard) {
        this.serial = serial;
        this.work = work;
        this.index = index;
        this.number = number;
        this.shard = shard;
        this.state = AttemptState.ACCEPTED;
        this.revision = 1;
    }

    void becomes(AttemptState next) {
        state = next;
        revision++;
    }

    void ends(AttemptState how, Detail with) {
        becomes(how);
        detail = Optional.of(with);
        shard = ShardInput.Computed.HERE;
    }

    AttemptId id() {
        return new AttemptId(new TaskId(work.job(), index), number);
    }

    Row row(boolean withDetail) {
        return new Row(serial, revision, state, index, number, withDetail ? detail : Optional.empty());
    }
}
