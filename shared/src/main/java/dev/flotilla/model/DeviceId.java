package dev.flotilla.model;

import java.util.regex.Pattern;

/** A device, named when it joins: {@code [a-z0-9-]{1,64}}. */
public record DeviceId(String value) implements Comparable<DeviceId> {
    private static final Pattern SHAPE = Pattern.compile("[a-z0-9-]{1,64}");

    /** @throws IllegalArgumentException with a sentence for people, if the text is not of that shape */
    public DeviceId {
        if (value == null || !SHAPE.matcher(value).matches()) {
            throw new IllegalArgumentException("a device id must match [a-z0-9-]{1,64}, not " + Quoted.of(value));
        }
    }

    @Override
    public int compareTo(DeviceId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
