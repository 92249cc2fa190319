package dev.flotilla.codec;

import dev.flotilla.link.Order;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Spec;

/** Upper bounds of encoded sizes in bytes, so that a core fills an envelope up to its limit without encoding it. Safe, not tight. */
public final class Sizes {
    /** An order without lists, its tag included. */
    public static final int ORDER = 400;
    /** A report without rows and capacity, its tag included. */
    public static final int BARE_REPORT = 400;
    /** A report without rows, its tag included; the capacity advertisement at its largest. */
    public static final int REPORT = BARE_REPORT + 64 * 2 * 200;
    /** A group of rows or assignments without them. */
    public static final int GROUP = 200;
    /** A full chunk. */
    public static final int CHUNK = Limits.CHUNK + 80;

    private Sizes() {}

    /** An assignment, its shard included. */
    public static int assignment(Order.Assignment assignment) {
        return 32 + shard(assignment.shard());
    }

    private static int shard(ShardInput shard) {
        if (shard instanceof ShardInput.Inline inline) return inline.bytes().size() + 24;
        if (shard instanceof ShardInput.Slice slice) return slice.length() + 24;
        return shard instanceof ShardInput.Stored ? 64 : 4;
    }

    /** A spec that goes along. */
    public static int spec(Spec spec) {
        return SpecCodec.canonical(spec).length + 8;
    }
}
