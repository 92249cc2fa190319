package dev.flotilla.agent.probe;

import dev.flotilla.model.Spans;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How the agent behaves on this machine, and where each value comes from.
 *
 * @param slots   tasks at a time, 1 to 1024
 * @param why     this profile, for people
 * @param values  all but what the profile is chosen by, sorted by field
 */
public record Chosen(Profile profile, int slots, Hardware hardware, String why, List<Value> values) {
    private static final Duration METERED_BEAT = Duration.ofMinutes(9);
    private static final Duration METERED_KEEP_ALIVE = Duration.ofMinutes(5);
    private static final int MOST_SLOTS = 1024;

    /** @param from  file and line, or the flag */
    public record Value(String field, String text, String from) {}

    /** @throws IllegalArgumentException if what profile and site file say does not go together, with file, line and field */
    static Chosen of(
            ProfileText profile,
            String why,
            Hardware hardware,
            Optional<ProfileText> site,
            OptionalInt slotsFlag,
            int cores) {
        TreeMap<String, Value> values = new TreeMap<>();
        put(values, profile);
        site.ifPresent(s -> put(values, s));
        if (slotsFlag.isPresent()) {
            values.put("slots", new Value("slots", Integer.toString(slotsFlag.getAsInt()), "the flag --slots"));
        }
        Value metered = values.get("metered");
        if (metered.text().equals("true")) {
            atLeast(values, "beat", METERED_BEAT, site, metered);
            atLeast(values, "keep_alive", METERED_KEEP_ALIVE, site, metered);
        }
        coolsBelow(values);
        TreeMap<String, String> texts = new TreeMap<>();
        values.forEach((field, value) -> texts.put(field, value.text()));
        texts.put("name", Profiles.name(profile));
        Profile merged = Profile.of(texts);
        int slots = merged.slots().orElse(Math.min(cores, MOST_SLOTS));
        if (merged.slots().isEmpty()) {
            String from = values.get("slots").from() + ": per-core";
            values.put("slots", new Value("slots", Integer.toString(slots), from));
        }
        return new Chosen(merged, slots, hardware, why, List.copyOf(values.values()));
    }

    private static void put(SortedMap<String, Value> values, ProfileText text) {
        text.fields().forEach((field, f) -> {
            if (field.equals("name") || field.equals("profile") || field.startsWith("match/")) return;
            values.put(field, new Value(field, f.text(), text.origin(field)));
        });
    }

    /** What the site file says itself is what its owner wants. */
    private static void atLeast(
            SortedMap<String, Value> values, String field, Duration least, Optional<ProfileText> site, Value metered) {
        boolean said = site.isPresent() && site.get().fields().containsKey(field);
        if (said || Spans.parse(values.get(field).text()).compareTo(least) >= 0) return;
        values.put(field, new Value(field, Spans.words(least), "metered: true, " + metered.from()));
    }

    private static void coolsBelow(SortedMap<String, Value> values) {
        Value pause = values.get("heat/pause");
        Value resume = values.get("heat/resume");
        for (Value said : new Value[] {pause, resume, values.get("heat/throttled")}) {
            if (said != null && !values.containsKey("heat/celsius"))
                throw new IllegalArgumentException(said.from() + ", field " + said.field()
                        + ": the profile names no heat/celsius, so there is no temperature");
        }
        if (!values.containsKey("heat/celsius")) return;
        if (pause == null || resume == null)
            throw new IllegalArgumentException(values.get("heat/celsius").from()
                    + ", field heat/celsius: it needs heat/pause and heat/resume too");
        if (Integer.parseInt(resume.text()) >= Integer.parseInt(pause.text()))
            throw new IllegalArgumentException(resume.from() + ", field heat/resume: " + resume.text()
                    + " is not below heat/pause, " + pause.text());
    }
}
