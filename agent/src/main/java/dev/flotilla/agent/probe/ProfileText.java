package dev.flotilla.agent.probe;

import dev.flotilla.model.Nearest;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.Spans;
import java.time.Duration;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * A profile, or a site file, as it is written: its fields, as {@code journal/linger}, each with its line; the list {@code jvm} as one text.
 * What is here keeps the rules of firmware-profiles/schema.json.
 *
 * <p>Both keep to the plain YAML that the launcher's script reads too, one {@code name: value} a line. A YAML library would cost the agent 400 KB,
 * 2 MB of memory and a tenth of its start; a test compares with one.
 *
 * @param file  what errors and origins call it
 */
record ProfileText(String file, SortedMap<String, Field> fields) {
    record Field(String text, int line) {}

    private static final Set<String> PARENTS =
            Collections.unmodifiableSet(new TreeSet<>(java.util.List.of("match", "jvm", "journal", "heat")));
    private static final Duration LEAST_BEAT = Duration.ofSeconds(10);
    private static final Duration MOST_BEAT = Duration.ofMinutes(9);
    private static final Duration MOST_KEEP_ALIVE = Duration.ofSeconds(65_535);

    /** @param says  what a value of it is, for people */
    private record Rule(String says, Predicate<String> fits) {}

    /** What a profile and a site file may say of the agent's behaviour. To add one: here, in the schema, in {@link Profile}, and in each profile. */
    private static final SortedMap<String, Rule> BEHAVIOUR = new TreeMap<>();
    /** The rest of a profile: what it is called, and which machines it is for. */
    private static final SortedMap<String, Rule> IDENTITY = new TreeMap<>();

    private static final Rule NAME = matches("a name of small letters, digits, _ and -", "[a-z0-9][a-z0-9_-]{0,63}");

    static {
        BEHAVIOUR.put(
                "slots",
                new Rule("per-core, or a number from 1 to 1024", v -> v.equals("per-core") || within(v, 1, 1024)));
        BEHAVIOUR.put("window", number(1, 1024));
        BEHAVIOUR.put("task_memory_percent", number(1, 100));
        BEHAVIOUR.put(
                "jvm",
                matches(
                        "a list of Java's flags, one a line as - -Xmx64m",
                        "-[A-Za-z0-9:+=.,_-]+( -[A-Za-z0-9:+=.,_-]+)*"));
        BEHAVIOUR.put("beat", span("10s to 9m", LEAST_BEAT, MOST_BEAT));
        BEHAVIOUR.put("keep_alive", span("1s to 1092m", Duration.ofSeconds(1), MOST_KEEP_ALIVE));
        BEHAVIOUR.put("metered", matches("true or false", "true|false"));
        BEHAVIOUR.put("journal/linger", matches("0s, 1ms to 999ms, or 1s", "0s|1s|[1-9][0-9]{0,2}ms"));
        BEHAVIOUR.put("journal/snapshot_kib", number(16, 65_536));
        BEHAVIOUR.put("journal/flash_mib_a_day", number(0, 1_000_000));
        BEHAVIOUR.put("heat/celsius", matches("a file below /sys", "/sys/[A-Za-z0-9/:@._-]+"));
        BEHAVIOUR.put("heat/pause", number(20, 120));
        BEHAVIOUR.put("heat/resume", number(10, 119));
        BEHAVIOUR.put("heat/throttled", matches("a file below /sys", "/sys/[A-Za-z0-9/:@._-]+"));
        IDENTITY.put("name", NAME);
        IDENTITY.put("match/model", matches("how the device-tree model begins, at most 120 characters", ".{1,120}"));
        IDENTITY.put("match/arch", matches("arm64, x86_64 or armv7l", "arm64|x86_64|armv7l"));
        IDENTITY.put("match/memory_min_mib", number(1, 999_999_999));
        IDENTITY.put("match/memory_max_mib", number(1, 999_999_999));
        IDENTITY.put("match/container", matches("true", "true"));
    }

    private static Rule matches(String says, String pattern) {
        return new Rule(says, Pattern.compile(pattern).asMatchPredicate());
    }

    private static Rule number(int least, int most) {
        return new Rule("a number from " + least + " to " + most, v -> within(v, least, most));
    }

    private static boolean within(String value, int least, int most) {
        return value.matches("0|[1-9][0-9]{0,8}")
                && Integer.parseInt(value) >= least
                && Integer.parseInt(value) <= most;
    }

    private static Rule span(String says, Duration least, Duration most) {
        return new Rule("a span from " + says + ", as 90s or 5m", v -> {
            if (!v.matches("[1-9][0-9]{0,8}[sm]")) return false;
            Duration span = Spans.parse(v);
            return span.compareTo(least) >= 0 && span.compareTo(most) <= 0;
        });
    }

    /** Reads a profile. @throws IllegalArgumentException if it is none, with file, line and field */
    static ProfileText profile(String file, String yaml) {
        SortedMap<String, Rule> rules = new TreeMap<>(BEHAVIOUR);
        rules.putAll(IDENTITY);
        ProfileText read = new ProfileText(file, read(file, yaml, rules));
        SortedMap<String, Rule> needed = new TreeMap<>(BEHAVIOUR);
        needed.keySet().removeIf(name -> name.startsWith("heat/"));
        if (read.has("heat/celsius")
                || read.has("heat/pause")
                || read.has("heat/resume")
                || read.has("heat/throttled")) {
            needed.put("heat/celsius", NAME);
            needed.put("heat/pause", NAME);
            needed.put("heat/resume", NAME);
        }
        needed.put("name", NAME);
        for (String name : needed.keySet())
            if (!read.has(name)) throw new IllegalArgumentException(file + ": it lacks the field " + name);
        if (read.fields.keySet().stream().noneMatch(name -> name.startsWith("match/")))
            throw new IllegalArgumentException(file + ": it lacks the field match, the machines that it is for");
        return read;
    }

    /** Reads a site file: any of the fields of a profile's behaviour, and {@code profile}. @throws IllegalArgumentException as above */
    static ProfileText site(String file, String yaml) {
        SortedMap<String, Rule> rules = new TreeMap<>(BEHAVIOUR);
        rules.put("profile", NAME);
        return new ProfileText(file, read(file, yaml, rules));
    }

    private boolean has(String name) {
        return fields.containsKey(name);
    }

    /** Where the field is written: file and line. */
    String origin(String name) {
        return file + ", line " + fields.get(name).line();
    }

    private static SortedMap<String, Field> read(String file, String yaml, SortedMap<String, Rule> rules) {
        SortedMap<String, Field> fields = new TreeMap<>();
        String parent = "";
        int number = 0;
        for (String line : yaml.split("\n", -1)) {
            number++;
            String text = uncommented(line).strip();
            if (text.isEmpty()) continue;
            boolean within = line.startsWith(" ");
            if (line.startsWith("\t")) throw wrong(file, number, "", "it begins with a tab; YAML wants spaces");
            if (text.startsWith("- ")) {
                if (!parent.equals("jvm")) throw wrong(file, number, "", "there is a list only under jvm");
                String flag = text.substring(2).strip();
                String before = fields.containsKey("jvm") ? fields.get("jvm").text() + " " : "";
                check(file, number, "jvm", flag.contains(" ") ? "" : flag, rules);
                fields.put(
                        "jvm",
                        new Field(
                                before + flag,
                                fields.containsKey("jvm") ? fields.get("jvm").line() : number));
                continue;
            }
            int colon = text.indexOf(':');
            if (colon < 1) throw wrong(file, number, "", "it is not written as name: value");
            String value = unquoted(text.substring(colon + 1).strip());
            String name = text.substring(0, colon).strip();
            if (!within) parent = "";
            else if (parent.isEmpty() || parent.equals("jvm"))
                throw wrong(file, number, name, "it is set in, and belongs to nothing above it");
            else name = parent + "/" + name;
            if (value.isEmpty() && !within && PARENTS.contains(name)) {
                parent = name;
                continue;
            }
            check(file, number, name, value, rules);
            if (fields.put(name, new Field(value, number)) != null)
                throw wrong(file, number, name, "it is there twice");
        }
        return fields;
    }

    private static void check(String file, int line, String name, String value, SortedMap<String, Rule> rules) {
        Rule rule = rules.get(name);
        if (rule == null) {
            String near = Nearest.of(name, rules.keySet())
                    .map(n -> "; did you mean " + n + "?")
                    .orElse("");
            throw wrong(file, line, name, "there is no such field here" + near);
        }
        if (!rule.fits().test(value))
            throw wrong(file, line, name, "it is " + rule.says() + ", not " + Quoted.of(value));
    }

    private static IllegalArgumentException wrong(String file, int line, String name, String why) {
        String field = name.isEmpty() ? "" : ", field " + Quoted.plain(name, 60);
        return new IllegalArgumentException(file + ", line " + line + field + ": " + why);
    }

    /** Without a comment: from a # at the beginning or behind a space on. */
    private static String uncommented(String line) {
        for (int i = line.indexOf('#'); i >= 0; i = line.indexOf('#', i + 1))
            if (i == 0 || line.charAt(i - 1) == ' ' || line.charAt(i - 1) == '\t') return line.substring(0, i);
        return line;
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() > 1
                && (value.startsWith("\"") && value.endsWith("\"") || value.startsWith("'") && value.endsWith("'"));
        return quoted ? value.substring(1, value.length() - 1) : value;
    }
}
