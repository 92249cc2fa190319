package dev.flotilla.model;

/** Where the input of one shard is. */
public sealed interface ShardInput {
    /** What the spec and the index say already: a part of a range. */
    record Computed() implements ShardInput {
        public static final Computed HERE = new Computed();
    }

    /**
     * The records themselves, up to {@link Limits#INLINE}.
     *
     * @param firstLine  line of the file where they begin, from 1; 0: each record is preceded by its own line number and a tab
     */
    record Inline(Bytes bytes, long firstLine) implements ShardInput {}

    /** Records above {@link Limits#INLINE}: to be fetched in chunks and verified. {@code firstLine} as in {@link Inline}. */
    record Stored(Digest digest, long length, long firstLine) implements ShardInput {}

    /** A part of a file at the controller, which its edge turns into {@link Inline}; never on the wire. */
    record Slice(Digest file, long offset, int length, long firstLine) implements ShardInput {}
}
