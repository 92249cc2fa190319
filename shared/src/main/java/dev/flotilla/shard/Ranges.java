package dev.flotilla.shard;

import dev.flotilla.model.Input;
import dev.flotilla.program.ShardData;

/** Contiguous, even shards: sizes differ by at most one, the larger ones come first. Constant time and memory for any count. */
public final class Ranges {
    private Ranges() {}

    /**
     * The numbers of shard {@code index} of {@code count}.
     *
     * @throws IndexOutOfBoundsException if there is no such shard
     */
    public static ShardData.Numbers numbers(Input.Range range, long count, long index) {
        if (index < 0 || index >= count) throw new IndexOutOfBoundsException("no shard " + index + " of " + count);
        return new ShardData.Numbers(
                range.from() + start(range.size(), count, index), range.from() + start(range.size(), count, index + 1));
    }

    /** How many of {@code size} items come before shard {@code index}, 0 to {@code count}. No product, so nothing overflows. */
    public static long start(long size, long count, long index) {
        return size / count * index + Math.min(index, size % count);
    }
}
