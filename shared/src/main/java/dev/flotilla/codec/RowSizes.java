package dev.flotilla.codec;

import dev.flotilla.link.Detail;
import dev.flotilla.link.Row;
import dev.flotilla.model.JobId;

/**
 * How many bytes the rows of one job take in a report, counted as they are added and never fewer than {@link EnvelopeCodec} writes: a column's
 * value costs something only where its step changes. First every row, then, in the same order, the details of those that have room.
 */
public final class RowSizes {
    private static final int GROUP = 120;
    /** A change in a column: its count; whether there is a detail, a result, an error: a change each. */
    private static final int COUNT = 3;

    private static final int FLAG = 1 + COUNT;

    private final Column[] columns = {new Column(), new Column(), new Column(), new Column(), new Column()};
    private final Column[] details = {new Column(), new Column(), new Column()};
    private int bytes;

    public RowSizes(JobId job) {
        bytes = GROUP + job.value().length();
    }

    /** All that was added so far, and the group itself. */
    public int bytes() {
        return bytes;
    }

    /** Adds a row without its detail. */
    public void add(Row row) {
        bytes += FLAG
                + columns[0].add(row.serial())
                + columns[1].add(row.revision())
                + columns[2].add(row.state().ordinal())
                + columns[3].add(row.index())
                + columns[4].add(row.attempt());
    }

    /** What this detail would add. */
    public int cost(Detail detail) {
        int error = detail.error().length();
        return FLAG
                + details[0].cost(detail.wall().toNanos())
                + details[1].cost(detail.cpu().toNanos())
                + details[2].cost(detail.units())
                + detail.result().map(r -> r.size() + 6).orElse(0)
                + (error == 0 ? 0 : 24 + 3 * error + error / 100);
    }

    /** Adds a detail. */
    public void add(Detail detail) {
        bytes += cost(detail);
        details[0].add(detail.wall().toNanos());
        details[1].add(detail.cpu().toNanos());
        details[2].add(detail.units());
    }

    private static final class Column {
        private boolean begun;
        private long last;
        private long step;

        int cost(long value) {
            long next = value - last;
            return begun && next == step ? 0 : length(next) + COUNT;
        }

        int add(long value) {
            int cost = cost(value);
            begun = true;
            step = value - last;
            last = value;
            return cost;
        }

        private static int length(long number) {
            long n = number < 0 ? -1 - number : number;
            if (n < 24) return 1;
            if (n < 1 << 8) return 2;
            if (n < 1 << 16) return 3;
            return n <= Integer.MAX_VALUE ? 5 : 9;
        }
    }
}
