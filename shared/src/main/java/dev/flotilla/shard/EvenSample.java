package dev.flotilla.shard;

import dev.flotilla.core.Dice;

/**
 * Deals items to shards at random, evenly: as if all items were shuffled and then dealt round robin, yet in memory of the shards alone. Each item
 * goes to a place drawn from those that are still free; how many a shard has left is kept in a Fenwick tree, which finds the place in steps of the
 * shards' logarithm. Equal seeds, equal deals. One thread.
 */
public final class EvenSample {
    private final Dice dice;
    private final int[] tree;
    private final int top;
    private int free;

    /** @param items  at least {@code shards}, at most 2^31-1 */
    public EvenSample(long seed, long items, int shards) {
        dice = new Dice(seed);
        free = Math.toIntExact(items);
        tree = new int[shards + 1];
        top = Integer.highestOneBit(shards);
        for (int i = 1; i <= shards; i++) {
            tree[i] += (int) (Ranges.start(items, shards, i) - Ranges.start(items, shards, i - 1));
            int parent = i + (i & -i);
            if (parent <= shards) tree[parent] += tree[i];
        }
    }

    /** The shard of the next item, from 0. @throws IllegalStateException if all are dealt */
    public int next() {
        if (free == 0) throw new IllegalStateException("all items are dealt");
        int place = dice.below(free--);
        int at = 0;
        for (int step = top; step > 0; step >>= 1) {
            if (at + step < tree.length && tree[at + step] <= place) {
                at += step;
                place -= tree[at];
            }
        }
        for (int i = at + 1; i < tree.length; i += i & -i) tree[i]--;
        return at;
    }
}
