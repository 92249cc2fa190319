package dev.flotilla.controller.cli.ui;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Numbers, sizes, spans and times as people read them. */
public final class Words {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

    private Words() {}

    /** {@code 1,000,000}. */
    public static String count(long n) {
        return String.format(Locale.ROOT, "%,d", n);
    }

    /** {@code 1 shard}, {@code 4 shards}. */
    public static String count(long n, String noun) {
        return count(n) + " " + noun + (n == 1 ? "" : "s");
    }

    /** {@code 0.3 s}, {@code 12 s}, {@code 3 min 5 s}, {@code 2 h 7 min}, {@code 3 d 4 h}. */
    public static String span(Duration span) {
        long ms = span.toMillis();
        long s = ms / 1000;
        if (ms < 9_950) return String.format(Locale.ROOT, "%.1f s", ms / 1000.0);
        if (s < 120) return s + " s";
        if (s < 7200) return s / 60 + " min" + (s % 60 == 0 ? "" : " " + s % 60 + " s");
        if (s < 172_800) return s / 3600 + " h" + (s / 60 % 60 == 0 ? "" : " " + s / 60 % 60 + " min");
        return s / 86_400 + " d" + (s / 3600 % 24 == 0 ? "" : " " + s / 3600 % 24 + " h");
    }

    /** {@code 817 B}, {@code 4.2 MiB}. */
    public static String size(long bytes) {
        if (bytes < 1024) return bytes + " B";
        double n = bytes;
        String unit = "";
        for (String next : new String[] {"KiB", "MiB", "GiB", "TiB"}) {
            if (n < 1024) break;
            n /= 1024;
            unit = next;
        }
        return String.format(Locale.ROOT, n < 10 ? "%.1f %s" : "%.0f %s", n, unit);
    }

    /** The local time of a moment. */
    public static String time(Instant at, ZoneId zone) {
        return TIME.format(at.atZone(zone));
    }

    /** How long ago that was, never negative: two clocks may differ a little. */
    public static String ago(Instant at, Instant now) {
        Duration since = Duration.between(at, now);
        return (since.isNegative() ? span(Duration.ZERO) : span(since)) + " ago";
    }

    /** All digits, no exponent. */
    public static String value(BigDecimal value) {
        return value.toPlainString();
    }
}
