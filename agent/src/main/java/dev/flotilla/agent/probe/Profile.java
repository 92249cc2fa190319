package dev.flotilla.agent.probe;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A class of device, and how the agent behaves on it; firmware-profiles/schema.json says what each field may be. Its JVM flags are the
 * launcher's alone.
 *
 * @param model         how the device-tree model begins; empty for any
 * @param arch          empty for any
 * @param memoryMinMib  0 for any
 * @param memoryMaxMib  {@code Long.MAX_VALUE} for any
 * @param slots         tasks at a time; empty for one a core
 * @param linger        how long a commit waits for company
 * @param snapshotKib   size of the batches at which they are replaced by a snapshot
 * @param celsius       file with the temperature in thousandths of a degree
 */
public record Profile(
        String name,
        String model,
        String arch,
        long memoryMinMib,
        long memoryMaxMib,
        OptionalInt slots,
        Duration keepAlive,
        Duration linger,
        long snapshotKib,
        Optional<String> celsius) {
    boolean fits(Hardware hardware) {
        long mib = hardware.memTotal() >> 20;
        return hardware.model().startsWith(model)
                && (arch.isEmpty() || arch.equals(hardware.arch()))
                && mib >= memoryMinMib
                && mib <= memoryMaxMib;
    }

    /** Higher wins: the longest model, then a memory range, then an architecture. */
    int rank() {
        boolean range = memoryMinMib > 0 || memoryMaxMib < Long.MAX_VALUE;
        return 4 * model.length() + (range ? 2 : 0) + (arch.isEmpty() ? 0 : 1);
    }
}
