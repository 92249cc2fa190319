package dev.flotilla.link;

import dev.flotilla.model.Capacity;
import dev.flotilla.model.Digest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Agent to controller: how things are, as far as the controller has not confirmed it.
 *
 * @param hello     with {@code greeting} the meeting
 * @param n         of this sending; grows within a meeting, from 1
 * @param got       highest n of an order applied; 0 for none
 * @param full      true: every row is listed
 * @param highest   highest serial ever accepted; 0 for none; told when full, else 0
 * @param rows      attempts, grouped by job and spec
 * @param need      bytes that the agent waits for: of an artifact or of a spec it lacks
 * @param capacity  if it changed, or full
 * @param wall      the device's clock, for people
 * @param uptime    of the agent
 * @param kept      results of settled attempts, if an order asked for them
 */
public record Report(
        long hello,
        long greeting,
        long n,
        long got,
        boolean full,
        long highest,
        List<RowGroup> rows,
        Optional<Need> need,
        Optional<Capacity> capacity,
        Instant wall,
        Duration uptime,
        Optional<Kept> kept)
        implements Envelope {
    public Report {
        rows = List.copyOf(rows);
    }

    /** True if an order must answer it. An empty one, the beat, is not answered. */
    public boolean wantsAnswer() {
        return full || !rows.isEmpty() || need.isPresent() || capacity.isPresent() || kept.isPresent();
    }

    /** The next bytes wanted of an artifact: {@code from} are there already. */
    public record Need(Digest digest, long from) {}

    /**
     * Settled attempts whose results the agent still has, as many as fit.
     *
     * @param above  the serial that the order named
     * @param rows   finished ones with their results; serials above that, the lowest ones first
     * @param more   there are some with higher serials
     */
    public record Kept(long above, List<RowGroup> rows, boolean more) {
        public Kept {
            rows = List.copyOf(rows);
        }
    }
}
