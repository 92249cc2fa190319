package dev.flotilla.agent.probe;

import java.time.Duration;
import java.util.OptionalDouble;

/** Units (numbers or records) a second of one slot: a moving average in which the last ten tasks or so count. Any thread. */
public final class Speed {
    private static final double WEIGHT = 0.2;

    private double average;
    private boolean measured;

    /** A task went through so many units in that time. One without either says nothing. */
    public synchronized void ran(long units, Duration wall) {
        if (units <= 0 || wall.isZero()) return;
        double speed = units * 1e9 / wall.toNanos();
        average = measured ? average + WEIGHT * (speed - average) : speed;
        measured = true;
    }

    /** Empty before the first task. */
    public synchronized OptionalDouble unitsPerSecond() {
        return measured ? OptionalDouble.of(average) : OptionalDouble.empty();
    }
}
