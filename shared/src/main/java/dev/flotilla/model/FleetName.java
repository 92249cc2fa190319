package dev.flotilla.model;

import java.util.regex.Pattern;

/** The devices of one controller: {@code [a-z0-9-]{1,32}}. */
public record FleetName(String value) implements Comparable<FleetName> {
    private static final Pattern SHAPE = Pattern.compile("[a-z0-9-]{1,32}");

    /** @throws IllegalArgumentException with a sentence for people, if the text is not of that shape */
    public FleetName {
        if (value == null || !SHAPE.matcher(value).matches()) {
            throw new IllegalArgumentException("a fleet name must match [a-z0-9-]{1,32}, not " + Quoted.of(value));
        }
    }

    @Override
    public int compareTo(FleetName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
