package dev.flotilla.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.model.Input;
import dev.flotilla.program.ShardData;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RangesTest {
    @Test
    void everyNumberIsInOneShardAndSizesDifferByAtMostOne() {
        for (long seed = 1; seed <= 2000; seed++) {
            Random random = new Random(seed);
            long size = seed % 3 == 0 ? random.nextLong() >>> 1 | 1 : 1 + random.nextInt(1000);
            long from = size > 1000 ? Long.MIN_VALUE / 2 : random.nextInt(2000) - 1000;
            if (from + size < from) from = Long.MAX_VALUE - size;
            Input.Range range = new Input.Range(from, from + size);
            long count = 1 + Math.floorMod(random.nextLong(), Math.min(size, 1L << 40));
            long step = Math.max(1, count / 50);
            for (long i = 0; i < count; i += step) {
                ShardData.Numbers shard = Ranges.numbers(range, count, i);
                long length = shard.to() - shard.from();
                assertTrue(length == size / count || length == size / count + 1, "seed " + seed);
                if (i == 0) assertEquals(range.from(), shard.from(), "seed " + seed);
                else assertEquals(Ranges.numbers(range, count, i - 1).to(), shard.from(), "seed " + seed);
            }
            assertEquals(range.to(), Ranges.numbers(range, count, count - 1).to(), "seed " + seed);
        }
    }

    @Test
    void aHundredMillionShardsTakeNoMemory() {
        Input.Range range = new Input.Range(0, 1_000_000_007L);
        long numbers = 0;
        for (long i = 0; i < 100_000_000; i++) {
            ShardData.Numbers shard = Ranges.numbers(range, 100_000_000, i);
            numbers += shard.to() - shard.from();
        }
        assertEquals(range.size(), numbers);
    }

    @Test
    void thereIsNoShardBeyondTheLast() {
        assertThrows(IndexOutOfBoundsException.class, () -> Ranges.numbers(new Input.Range(0, 9), 3, 3));
        assertThrows(IndexOutOfBoundsException.class, () -> Ranges.numbers(new Input.Range(0, 9), 3, -1));
    }
}
