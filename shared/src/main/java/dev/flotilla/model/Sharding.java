package dev.flotilla.model;

import java.util.Optional;

/**
 * How an input is cut.
 *
 * @param count  how many shards, at least 1; already resolved from a size and the input
 * @param key    the CSV column or JSON field whose equal values share a shard; there for {@code HASH} alone
 * @param seed   of the even sample; 0 unless {@code RANDOM}
 */
public record Sharding(By by, long count, Optional<String> key, long seed) {
    public Sharding {
        if (count < 1) throw new IllegalArgumentException("a job has at least one shard");
        if ((by == By.HASH) != key.isPresent())
            throw new IllegalArgumentException("hash needs a key, and only hash takes one");
    }

    /** Contiguous, even shards. */
    public static Sharding range(long count) {
        return new Sharding(By.RANGE, count, Optional.empty(), 0);
    }

    /** The strategies. */
    public enum By {
        RANGE,
        HASH,
        RANDOM;

        /** The word that people read and write. */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }
}
