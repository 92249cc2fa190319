package dev.flotilla.core;

/** Random numbers that come with an input, so that the decision can be replayed: SplitMix64 from a seed. */
public final class Dice {
    private long state;

    public Dice(long seed) {
        this.state = seed;
    }

    /** The next 64 bits. */
    public long next() {
        state += 0x9e3779b97f4a7c15L;
        long z = state;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** The next 64 bits that are not 0, for ids where 0 means none. */
    public long id() {
        long id = next();
        return id == 0 ? 1 : id;
    }

    /** Evenly from 0 up to, and without, {@code bound}. */
    public int below(int bound) {
        return (int) Math.floorMod(next() >>> 1, (long) bound);
    }
}
