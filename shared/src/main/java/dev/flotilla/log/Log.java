package dev.flotilla.log;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/**
 * One line on standard error for each piece of news: time, uptime (clocks may start in 1970), level, a name that never changes, keys.
 * The system property {@code flotilla.log} is the lowest level that is shown: info (the default), warn, error or off. Never pass a secret or
 * a payload; what stands under a key that is called like a secret is not shown.
 */
public final class Log {
    private static final List<String> LEVELS = List.of("info", "warn", "error", "off");
    private static final int LOWEST = Math.max(
            0, LEVELS.indexOf(System.getProperty("flotilla.log", "info").toLowerCase(Locale.ROOT)));
    private static final List<String> SECRETS = List.of("password", "secret", "token", "key");
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final long START = System.nanoTime();

    private Log() {}

    /** News for an operator. {@code keysAndValues}: a key, its value, and so on. */
    public static void info(String name, Object... keysAndValues) {
        print(0, name, keysAndValues);
    }

    /** Something is not as it should be, and it goes on. */
    public static void warn(String name, Object... keysAndValues) {
        print(1, name, keysAndValues);
    }

    /** Something failed that a person should look at. */
    public static void error(String name, Object... keysAndValues) {
        print(2, name, keysAndValues);
    }

    private static void print(int level, String name, Object... keysAndValues) {
        if (level >= LOWEST)
            System.err.println(line(Instant.now(), System.nanoTime() - START, LEVELS.get(level), name, keysAndValues));
    }

    static String line(Instant time, long upNanos, String level, String name, Object... keysAndValues) {
        StringBuilder line = new StringBuilder(TIME.format(time));
        line.append(String.format(Locale.ROOT, " up=%.1fs ", upNanos / 1e9));
        line.append(level.toUpperCase(Locale.ROOT)).append(' ').append(name);
        for (int i = 0; i < keysAndValues.length; i += 2) {
            String key = String.valueOf(keysAndValues[i]);
            String value = i + 1 < keysAndValues.length ? String.valueOf(keysAndValues[i + 1]) : "";
            line.append(' ').append(key).append('=').append(SECRETS.contains(key) ? "(hidden)" : quoted(value));
        }
        return line.toString();
    }

    /** As it is if it is one word; else in quotes, so that a name or an error from elsewhere cannot pass for a key, a line or a colour. */
    private static String quoted(String value) {
        if (!value.isEmpty()
                && value.chars().allMatch(c -> c > ' ' && c != '"' && c != '\\' && !Character.isISOControl(c)))
            return value;
        StringBuilder out = new StringBuilder("\"");
        value.chars().forEach(c -> {
            if (c == '"' || c == '\\') out.append('\\').append((char) c);
            else if (c == '\n') out.append("\\n");
            else if (Character.isISOControl(c)) out.append(String.format("\\u%04x", c));
            else out.append((char) c);
        });
        return out.append('"').toString();
    }
}
