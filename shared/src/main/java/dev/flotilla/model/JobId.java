package dev.flotilla.model;

import java.util.regex.Pattern;

/** A job, named by who submits it: {@code [a-z0-9-]{1,64}}. */
public record JobId(String value) implements Comparable<JobId> {
    private static final Pattern SHAPE = Pattern.compile("[a-z0-9-]{1,64}");

    /** @throws IllegalArgumentException with a sentence for people, if the text is not of that shape */
    public JobId {
        if (value == null || !SHAPE.matcher(value).matches()) {
            throw new IllegalArgumentException("a job id must match [a-z0-9-]{1,64}, not " + Quoted.of(value));
        }
    }

    @Override
    public int compareTo(JobId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
