package dev.flotilla.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class EvenSampleTest {
    @Test
    void everyShardGetsItsFairPartFromEveryRegionOfTheItems() {
        int items = 100_003;
        for (int shards : new int[] {1, 2, 3, 7, 8, 100}) {
            int[] sizes = new int[shards];
            int[] early = new int[shards];
            EvenSample sample = new EvenSample(5, items, shards);
            for (int i = 0; i < items; i++) {
                int shard = sample.next();
                sizes[shard]++;
                if (i < items / 2) early[shard]++;
            }
            assertTrue(Arrays.stream(sizes).max().getAsInt()
                            - Arrays.stream(sizes).min().getAsInt()
                    <= 1);
            for (int i = 0; i < shards; i++) {
                double expected = sizes[i] / 2.0;
                assertTrue(Math.abs(early[i] - expected) <= 5 * Math.sqrt(expected), shards + " shards: " + early[i]);
            }
            assertThrows(IllegalStateException.class, sample::next);
        }
    }

    @Test
    void equalSeedsDealAlikeAndOthersDoNot() {
        assertEquals(deal(1), deal(1));
        assertNotEquals(deal(1), deal(2));
        assertEquals("[0, 1, 3, 1, 2, 3, 1, 0, 0, 2]", deal(1), "old specs must give the same shards");
    }

    @Test
    void aKeyKeepsItsShardForEver() {
        assertEquals(0, KeyHash.shard("", 16));
        assertEquals(12, KeyHash.shard("SFO", 16));
        int[] sizes = new int[16];
        for (int i = 0; i < 16_000; i++) sizes[(int) KeyHash.shard("sensor-" + i, 16)]++;
        for (int size : sizes) assertTrue(Math.abs(size - 1000) < 160, Arrays.toString(sizes));
    }

    private static String deal(long seed) {
        EvenSample sample = new EvenSample(seed, 10, 4);
        int[] dealt = new int[10];
        for (int i = 0; i < 10; i++) dealt[i] = sample.next();
        return Arrays.toString(dealt);
    }
}
