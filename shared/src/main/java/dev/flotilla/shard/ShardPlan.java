package dev.flotilla.shard;

import dev.flotilla.model.Digest;
import java.util.List;
import java.util.Optional;

/**
 * Where the shards of a file are: contiguous slices of one artifact, which is the file itself for {@code range}, and a regrouped copy, each
 * record preceded by its line number and a tab, for {@code hash} and {@code random}.
 *
 * @param file    the artifact that the slices are cut from; empty for a range of numbers, which needs no slices
 * @param slices  one a shard
 */
public record ShardPlan(Optional<Digest> file, List<Slice> slices) {
    /** For a range of numbers: every shard is computed. */
    public static final ShardPlan COMPUTED = new ShardPlan(Optional.empty(), List.of());

    public ShardPlan {
        slices = List.copyOf(slices);
    }

    /**
     * One shard.
     *
     * @param firstLine  line of the input where it begins, from 1; 0 in a regrouped copy
     * @param digest     of its bytes, if they are above {@link dev.flotilla.model.Limits#INLINE}
     */
    public record Slice(long offset, long length, long records, long firstLine, Optional<Digest> digest) {}
}
