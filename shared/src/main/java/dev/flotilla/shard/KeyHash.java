package dev.flotilla.shard;

import dev.flotilla.core.Dice;
import java.nio.charset.StandardCharsets;

/** Which shard a key belongs to: the same on every machine and in every version, since specs outlive both. */
public final class KeyHash {
    private KeyHash() {}

    /** The shard from 0 up to, and without, {@code count}: FNV-1a over the key's UTF-8, mixed by SplitMix64, unsigned, modulo the shards. */
    public static long shard(String key, long count) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : key.getBytes(StandardCharsets.UTF_8)) hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        return Long.remainderUnsigned(new Dice(hash).next(), count);
    }
}
