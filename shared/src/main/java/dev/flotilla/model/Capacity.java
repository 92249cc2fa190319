package dev.flotilla.model;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.regex.Pattern;

/**
 * What a device says of itself: the capacity advertisement.
 *
 * @param slots        tasks that it can run at a time, 1 to 1024
 * @param load         one-minute load average divided by cores; 1.0 is busy
 * @param memTotal     the machine's memory in bytes
 * @param memFree      what of it is available, in bytes
 * @param celsius      the processor's temperature, where there is a sensor
 * @param speed        units (numbers or records) a second of one slot, measured over its last tasks; empty before the first
 * @param facts        arch, os, cores, java, profile, version and others: short texts that {@code where} can ask for
 * @param labels       what its owner labelled it with
 * @param storage      the disk under its data; empty where that cannot be measured, and of older agents
 */
public record Capacity(
        int slots,
        double load,
        long memTotal,
        long memFree,
        OptionalDouble celsius,
        OptionalDouble speed,
        SortedMap<String, String> facts,
        SortedMap<String, String> labels,
        Optional<Storage> storage) {
    /** The fact that no task begins on the device now, and why: {@code hot: ...}. Not there: they begin. */
    public static final String PAUSED = "paused";
    /** The fact how many unsettled tasks the device holds at most, if that is less than {@link Limits#WINDOW}. */
    public static final String WINDOW = "window";

    private static final Pattern WINDOW_SIZE = Pattern.compile("[1-9][0-9]{0,3}");

    /**
     * @param free         bytes that the agent may still write
     * @param writtenADay  bytes that it writes a day: the mean since its start; empty where the kernel does not count them
     */
    public record Storage(long free, OptionalLong writtenADay) {
        public Storage {
            if (free < 0 || writtenADay.orElse(0) < 0) throw new IllegalArgumentException("impossible disk");
        }
    }

    /** Without a word on its disk. */
    public Capacity(
            int slots,
            double load,
            long memTotal,
            long memFree,
            OptionalDouble celsius,
            OptionalDouble speed,
            SortedMap<String, String> facts,
            SortedMap<String, String> labels) {
        this(slots, load, memTotal, memFree, celsius, speed, facts, labels, Optional.empty());
    }

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

    /** True if it may take no new work: what is left on its disk is for what it holds. */
    public boolean shortOfDisk() {
        return storage.isPresent() && storage.get().free() < Limits.RESERVE;
    }

    /** Why no task begins on it now; empty if they do. */
    public Optional<String> paused() {
        return Optional.ofNullable(facts.get(PAUSED));
    }

    /** How many unsettled tasks it holds at most, 1 to {@link Limits#WINDOW}. */
    public int window() {
        String said = facts.getOrDefault(WINDOW, "");
        return WINDOW_SIZE.matcher(said).matches() ? Math.min(Limits.WINDOW, Integer.parseInt(said)) : Limits.WINDOW;
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
