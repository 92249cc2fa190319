package dev.flotilla.model;

import java.util.OptionalDouble;
import java.util.SortedMap;

/**
 * What a device says of itself: the capacity advertisement.
 *
 * @param slots        tasks that it can run at a time, 1 to 1024
 * @param load         one-minute load average divided by cores; 1.0 is busy
 * @param memTotal     the machine's memory in bytes
 * @param memFree      what of it is available, in bytes
 * @param celsius      the processor's temperature, where there is a sensor
 * @param speed        units (numbers or records) a second of one slot, measured over its last tasks; empty before the first
 * @param facts        arch, os, cores, java, profile, version: short texts that {@code where} can ask for
 * @param labels       what its owner labelled it with
 */
public record Capacity(
        int slots,
        double load,
        long memTotal,
        long memFree,
        OptionalDouble celsius,
        OptionalDouble speed,
        SortedMap<String, String> facts,
        SortedMap<String, String> labels) {
    /** @throws IllegalArgumentException if a figure is impossible, or there are more than 64 facts or labels or one is longer than 64 characters */
    public Capacity {
        if (slots < 1 || slots > 1024) throw new IllegalArgumentException("a device has 1 to 1024 slots");
        if (!(load >= 0 && load < 1e6)) throw new IllegalArgumentException("impossible load");
        if (memTotal < 0 || memFree < 0) throw new IllegalArgumentException("impossible memory");
        if (celsius.isPresent() && !(Math.abs(celsius.getAsDouble()) < 1000))
            throw new IllegalArgumentException("impossible temperature");
        if (speed.isPresent() && !(speed.getAsDouble() >= 0 && speed.getAsDouble() < 1e15))
            throw new IllegalArgumentException("impossible speed");
        facts = bounded(facts);
        labels = bounded(labels);
    }

    private static SortedMap<String, String> bounded(SortedMap<String, String> map) {
        if (map.size() > 64) throw new IllegalArgumentException("at most 64 facts or labels");
        map.forEach((k, v) -> {
            if (k.length() > 64 || v.length() > 64)
                throw new IllegalArgumentException("a fact or label has at most 64 characters");
        });
        return java.util.Collections.unmodifiableSortedMap(new java.util.TreeMap<>(map));
    }
}
