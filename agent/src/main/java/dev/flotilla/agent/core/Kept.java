package dev.flotilla.agent.core;

import dev.flotilla.link.Detail;
import dev.flotilla.link.Row;
import dev.flotilla.model.AttemptState;
import java.util.Optional;

/** The result of a settled attempt. */
record Kept(Work work, long index, int number, Detail detail) {
    /** About what one takes beside its result. */
    private static final int OVERHEAD = 100;

    static Kept of(Attempt finished) {
        return new Kept(finished.work, finished.index, finished.number, finished.detail.orElseThrow());
    }

    int bytes() {
        return OVERHEAD + detail.result().map(r -> r.size()).orElse(0);
    }

    Row row(long serial, boolean withDetail) {
        Optional<Detail> there = withDetail ? Optional.of(detail) : Optional.empty();
        return new Row(serial, 1, AttemptState.FINISHED, index, number, there);
    }
}
