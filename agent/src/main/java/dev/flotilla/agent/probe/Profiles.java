package dev.flotilla.agent.probe;

import dev.flotilla.model.Exit;
import dev.flotilla.model.Nearest;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.Spans;
import dev.flotilla.model.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/** The profiles that ship with the agent. The launcher chooses the JVM flags by firmware-profiles/jvm-flags.sh, which follows the same rule. */
public final class Profiles {
    private static final String FOLDER = "/dev/flotilla/profiles/";

    private final List<Profile> profiles;

    Profiles(List<Profile> profiles) {
        this.profiles = List.copyOf(profiles);
    }

    /** Those of firmware-profiles/. @throws IOException if one cannot be read: our own bug */
    public static Profiles shipped() throws IOException {
        List<Profile> profiles = new ArrayList<>();
        for (String name : new String(resource("index").readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
            try (InputStream yaml = resource(name + ".yaml")) {
                profiles.add(read(yaml));
            }
        }
        return new Profiles(profiles);
    }

    private static InputStream resource(String name) throws IOException {
        InputStream in = Profiles.class.getResourceAsStream(FOLDER + name);
        if (in == null) throw new IOException("the profile file " + name + " is missing from this agent");
        return in;
    }

    /** Reads one that keeps the schema. @throws IllegalArgumentException if it does not */
    static Profile read(InputStream yaml) throws IOException {
        SortedMap<String, String> fields = fields(new String(yaml.readAllBytes(), StandardCharsets.UTF_8));
        String slots = field(fields, "slots");
        return new Profile(
                field(fields, "name"),
                fields.getOrDefault("match/model", ""),
                fields.getOrDefault("match/arch", ""),
                Long.parseLong(fields.getOrDefault("match/memory_min_mib", "0")),
                Long.parseLong(fields.getOrDefault("match/memory_max_mib", Long.toString(Long.MAX_VALUE))),
                slots.equals("per-core") ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(slots)),
                Spans.parse(field(fields, "keep_alive")),
                Spans.parse(field(fields, "journal/linger")),
                Long.parseLong(field(fields, "journal/snapshot_kib")),
                Optional.ofNullable(fields.get("celsius")));
    }

    private static String field(SortedMap<String, String> fields, String name) {
        String value = fields.get(name);
        if (value == null) throw new IllegalArgumentException("a profile lacks the field " + name);
        return value;
    }

    /**
     * The fields but for lists, as {@code journal/linger}. Profiles keep to the plain YAML that the launcher's script reads too, one
     * {@code name: value} a line. A YAML library would cost the agent 400 KB, 2 MB of memory and a tenth of its start; a test compares with one.
     */
    static SortedMap<String, String> fields(String yaml) {
        SortedMap<String, String> fields = new TreeMap<>();
        String parent = "";
        for (String line : yaml.split("\n")) {
            String text = line.strip();
            if (text.isEmpty() || text.startsWith("#") || text.startsWith("- ")) continue;
            boolean within = line.startsWith(" ");
            int colon = text.indexOf(':');
            if (colon < 0) throw new IllegalArgumentException("a profile has no line like " + Quoted.of(text));
            String name = text.substring(0, colon);
            String value = text.substring(colon + 1).strip();
            if (value.isEmpty()) parent = name + "/";
            else fields.put((within ? parent : "") + name, value);
        }
        return fields;
    }

    /** The most specific one that fits. @throws UserError if none does, with what was found */
    public Profile choose(Hardware hardware) {
        Profile best = null;
        for (Profile profile : profiles) {
            if (profile.fits(hardware) && (best == null || profile.rank() > best.rank())) best = profile;
        }
        if (best != null) return best;
        throw new UserError(
                Exit.FAILED,
                "no profile fits this machine",
                "it is " + hardware.words() + "; there are " + String.join(", ", names()),
                "flotilla-agent run --profile " + names().get(0) + " ...          to run as that class of device");
    }

    /** The one of that name. @throws UserError if there is none */
    public Profile named(String name) {
        for (Profile profile : profiles) if (profile.name().equals(name)) return profile;
        throw new UserError(
                Exit.USAGE,
                "no profile is called " + Quoted.of(name),
                "there are " + String.join(", ", names()),
                "flotilla-agent run --profile " + Nearest.of(name, names()).orElse(names().get(0)) + " ...");
    }

    private List<String> names() {
        return profiles.stream().map(Profile::name).toList();
    }
}
