package dev.flotilla.controller.place;

import dev.flotilla.model.Capacity;
import dev.flotilla.model.Quoted;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One term that a device must meet: {@code field operator value}, say {@code arch == arm64}, {@code mem_free >= 256MiB}, {@code label.site != berlin}.
 * Fields are slots, load, mem_total, mem_free, celsius, the facts arch, os, cores, java, profile, version, host, and label.NAME.
 */
public record Where(String field, String operator, String value) {
    private static final Pattern TERM =
            Pattern.compile("\\s*([a-z_]+|label\\.[A-Za-z0-9_.-]+)\\s*(==|!=|>=|<=|>|<)\\s*(\\S.*?)\\s*");
    private static final Pattern SIZE = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)(B|kB|KiB|MB|MiB|GB|GiB|M|G|K)?");
    private static final List<String> FIGURES = List.of("slots", "load", "mem_total", "mem_free", "celsius");
    private static final List<String> FACTS = List.of("arch", "os", "cores", "java", "profile", "version", "host");

    /** Reads a term. @throws IllegalArgumentException with a sentence for people */
    public static Where parse(String term) {
        Matcher m = TERM.matcher(term);
        if (!m.matches())
            throw new IllegalArgumentException(
                    "a term is written like arch == arm64 or mem_free >= 256MiB, not " + Quoted.of(term));
        Where where = new Where(m.group(1), m.group(2), m.group(3));
        boolean label = where.field.startsWith("label.");
        if (!label && !FIGURES.contains(where.field) && !FACTS.contains(where.field)) {
            throw new IllegalArgumentException("devices say nothing of " + Quoted.of(where.field) + "; they say "
                    + String.join(", ", FIGURES) + ", " + String.join(", ", FACTS) + " and label.NAME");
        }
        if (FIGURES.contains(where.field))
            number(where.value)
                    .orElseThrow(() -> new IllegalArgumentException(Quoted.of(where.value) + " is no number or size"));
        return where;
    }

    /** Empty if the device meets it; else what the device says instead. */
    public Optional<String> refusal(Capacity capacity) {
        Optional<String> said = said(capacity);
        if (said.isEmpty()) return Optional.of("says nothing of " + field);
        boolean met;
        Optional<BigDecimal> left = number(said.get()), right = number(value);
        if (left.isPresent() && right.isPresent()) met = holds(left.get().compareTo(right.get()));
        else met = holds(said.get().compareTo(value));
        return met ? Optional.empty() : Optional.of(said.get());
    }

    /** What of these labels the device lacks; empty if it has them all. */
    public static Optional<String> missingLabel(Capacity capacity, SortedMap<String, String> wanted) {
        for (Map.Entry<String, String> label : wanted.entrySet()) {
            if (!label.getValue().equals(capacity.labels().get(label.getKey())))
                return Optional.of("label " + label.getKey() + "=" + label.getValue());
        }
        return Optional.empty();
    }

    private boolean holds(int comparison) {
        return switch (operator) {
            case "==" -> comparison == 0;
            case "!=" -> comparison != 0;
            case ">=" -> comparison >= 0;
            case "<=" -> comparison <= 0;
            case ">" -> comparison > 0;
            default -> comparison < 0;
        };
    }

    private Optional<String> said(Capacity capacity) {
        return switch (field) {
            case "slots" -> Optional.of(Integer.toString(capacity.slots()));
            case "load" -> Optional.of(BigDecimal.valueOf(capacity.load()).toPlainString());
            case "mem_total" -> Optional.of(Long.toString(capacity.memTotal()));
            case "mem_free" -> Optional.of(Long.toString(capacity.memFree()));
            case "celsius" ->
                capacity.celsius().isPresent()
                        ? Optional.of(BigDecimal.valueOf(capacity.celsius().getAsDouble())
                                .toPlainString())
                        : Optional.empty();
            default ->
                Optional.ofNullable(
                        field.startsWith("label.")
                                ? capacity.labels().get(field.substring(6))
                                : capacity.facts().get(field));
        };
    }

    private static Optional<BigDecimal> number(String text) {
        Matcher m = SIZE.matcher(text);
        if (!m.matches()) return Optional.empty();
        long unit = switch (m.group(2) == null ? "" : m.group(2)) {
            case "kB" -> 1000L;
            case "K", "KiB" -> 1024L;
            case "MB" -> 1_000_000L;
            case "M", "MiB" -> 1L << 20;
            case "GB" -> 1_000_000_000L;
            case "G", "GiB" -> 1L << 30;
            default -> 1L;
        };
        return Optional.of(new BigDecimal(m.group(1)).multiply(BigDecimal.valueOf(unit)));
    }

    @Override
    public String toString() {
        return field + " " + operator + " " + value;
    }
}
