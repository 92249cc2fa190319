package dev.flotilla.agent.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

/**
 * The machines that a profile is for. firmware-profiles/jvm-flags.sh chooses by the same rule.
 *
 * @param model         how the device-tree model begins; empty for any
 * @param arch          empty for any
 * @param memoryMinMib  0 for any
 * @param memoryMaxMib  {@code Long.MAX_VALUE} for any
 * @param container     only containers
 */
record Match(String model, String arch, long memoryMinMib, long memoryMaxMib, boolean container) {
    static Match of(SortedMap<String, ProfileText.Field> fields) {
        return new Match(
                text(fields, "model", ""),
                text(fields, "arch", ""),
                Long.parseLong(text(fields, "memory_min_mib", "0")),
                Long.parseLong(text(fields, "memory_max_mib", Long.toString(Long.MAX_VALUE))),
                text(fields, "container", "").equals("true"));
    }

    private static String text(SortedMap<String, ProfileText.Field> fields, String name, String otherwise) {
        ProfileText.Field field = fields.get("match/" + name);
        return field == null ? otherwise : field.text();
    }

    boolean fits(Hardware hardware) {
        long mib = hardware.memTotal() >> 20;
        return hardware.model().startsWith(model)
                && (arch.isEmpty() || arch.equals(hardware.arch()))
                && mib >= memoryMinMib
                && mib <= memoryMaxMib
                && (!container || hardware.container());
    }

    /** Higher wins: for containers, the longest model, then a memory range, then an architecture. */
    int rank() {
        return (container ? 1000 : 0) + 4 * model.length() + (range() ? 2 : 0) + (arch.isEmpty() ? 0 : 1);
    }

    private boolean range() {
        return memoryMinMib > 0 || memoryMaxMib < Long.MAX_VALUE;
    }

    /** Why a machine fits, for people. */
    String words() {
        List<String> words = new ArrayList<>();
        if (container) words.add("it is a container");
        if (!model.isEmpty()) words.add("its model begins with " + model);
        if (!arch.isEmpty()) words.add("its architecture is " + arch);
        if (memoryMinMib > 0) words.add("it has at least " + memoryMinMib + " MiB");
        if (memoryMaxMib < Long.MAX_VALUE) words.add("it has at most " + memoryMaxMib + " MiB");
        return String.join(", ", words);
    }
}
