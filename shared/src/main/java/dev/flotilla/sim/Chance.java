package dev.flotilla.sim;

import dev.flotilla.core.Dice;
import java.time.Duration;
import java.util.List;

/** Draws from one seed. */
public final class Chance {
    private final Dice dice;

    public Chance(long seed) {
        this.dice = new Dice(seed);
    }

    /** True with that probability. */
    public boolean is(double probability) {
        return unit() < probability;
    }

    /** Evenly from {@code least} up to, and with, {@code most}. */
    public int between(int least, int most) {
        return least + dice.below(most - least + 1);
    }

    /** Evenly between the two. */
    public Duration between(Duration least, Duration most) {
        return least.plusNanos((long) (unit() * most.minus(least).toNanos()));
    }

    /** Many short ones, few long ones: exponential with that mean. */
    public Duration around(Duration mean) {
        return Duration.ofNanos((long) (-StrictMath.log(1 - unit()) * mean.toNanos()));
    }

    /** One of them. */
    public <T> T of(List<T> choices) {
        return choices.get(dice.below(choices.size()));
    }

    /** 64 bits, not 0. */
    public long id() {
        return dice.id();
    }

    private double unit() {
        return (dice.next() >>> 11) * 0x1p-53;
    }
}
