package dev.flotilla.agent.probe;

import dev.flotilla.model.Spans;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;

/**
 * How the agent behaves: a profile, and what its site file and flags say instead. firmware-profiles/schema.json says what each field may be.
 * The JVM flags are the launcher's alone.
 *
 * @param name               of the profile
 * @param slots              tasks at a time; empty for one a core
 * @param window             most tasks that it holds at a time
 * @param taskMemoryPercent  most of the memory that it offers to tasks
 * @param beat               how often it says something while it holds no work
 * @param metered            its link is paid by the byte
 * @param linger             how long a commit waits for company
 * @param snapshotKib        size of the batches at which they are replaced by a snapshot
 * @param flashMibADay       most that it may write; 0: no limit
 * @param heat               empty where nothing tells the temperature
 */
public record Profile(
        String name,
        OptionalInt slots,
        int window,
        int taskMemoryPercent,
        Duration beat,
        Duration keepAlive,
        boolean metered,
        Duration linger,
        long snapshotKib,
        long flashMibADay,
        Optional<Heat> heat) {
    /**
     * When it is too hot to begin a task.
     *
     * @param celsius    file with thousandths of a degree
     * @param pause      degrees from which on no task begins
     * @param resume     degrees at which they begin again; below {@code pause}
     * @param throttled  file with the firmware's bits
     */
    public record Heat(String celsius, int pause, int resume, Optional<String> throttled) {}

    /** From checked fields, all that a profile must have. */
    static Profile of(SortedMap<String, String> fields) {
        String slots = fields.get("slots");
        Optional<Heat> heat = Optional.ofNullable(fields.get("heat/celsius"))
                .map(celsius -> new Heat(
                        celsius,
                        Integer.parseInt(fields.get("heat/pause")),
                        Integer.parseInt(fields.get("heat/resume")),
                        Optional.ofNullable(fields.get("heat/throttled"))));
        return new Profile(
                fields.get("name"),
                slots.equals("per-core") ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(slots)),
                Integer.parseInt(fields.get("window")),
                Integer.parseInt(fields.get("task_memory_percent")),
                Spans.parse(fields.get("beat")),
                Spans.parse(fields.get("keep_alive")),
                fields.get("metered").equals("true"),
                Spans.parse(fields.get("journal/linger")),
                Long.parseLong(fields.get("journal/snapshot_kib")),
                Long.parseLong(fields.get("journal/flash_mib_a_day")),
                heat);
    }
}
