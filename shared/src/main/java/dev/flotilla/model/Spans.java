package dev.flotilla.model;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Spans as people write them: {@code 250ms}, {@code 90s}, {@code 10m}, {@code 2h}, {@code 3d}. */
public final class Spans {
    private static final Pattern SHAPE = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");
    /** A third of what 64 bits of nanoseconds hold, so that moments and journals have room for any span. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    private Spans() {}

    /** @throws IllegalArgumentException with a sentence for people */
    public static Duration parse(String text) {
        Matcher m = SHAPE.matcher(text);
        if (!m.matches())
            throw new IllegalArgumentException("a span is written 250ms, 90s, 10m, 2h or 3d, not " + Quoted.of(text));
        long n = Long.parseLong(m.group(1));
        Duration span = switch (m.group(2)) {
            case "ms" -> Duration.ofMillis(n);
            case "s" -> Duration.ofSeconds(n);
            case "m" -> Duration.ofMinutes(n);
            case "h" -> Duration.ofHours(n);
            default -> Duration.ofDays(n);
        };
        if (span.compareTo(LONGEST) > 0) throw new IllegalArgumentException("a span is at most 36500d, not " + text);
        return span;
    }

    /** The span in the largest unit that divides it, down to milliseconds; {@link #parse} gives it back. */
    public static String words(Duration span) {
        long ms = span.toMillis();
        if (ms == 0) return "0s";
        if (ms % 86_400_000 == 0) return ms / 86_400_000 + "d";
        if (ms % 3_600_000 == 0) return ms / 3_600_000 + "h";
        if (ms % 60_000 == 0) return ms / 60_000 + "m";
        if (ms % 1000 == 0) return ms / 1000 + "s";
        return ms + "ms";
    }
}
