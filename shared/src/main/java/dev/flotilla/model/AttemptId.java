package dev.flotilla.model;

/** One placement of a task on one device, shown as {@code job/index#n}; n counts from 1. */
public record AttemptId(TaskId task, int number) implements Comparable<AttemptId> {
    public AttemptId {
        if (number < 1) throw new IllegalArgumentException("attempts count from 1");
    }

    /** Reads {@code job/index#n}. @throws IllegalArgumentException with a sentence for people */
    public static AttemptId parse(String text) {
        int hash = text.indexOf('#');
        if (hash < 0 || !text.substring(hash + 1).matches("[1-9][0-9]{0,8}")) {
            throw new IllegalArgumentException("an attempt is written job/index#n, not " + Quoted.of(text));
        }
        return new AttemptId(TaskId.parse(text.substring(0, hash)), Integer.parseInt(text.substring(hash + 1)));
    }

    @Override
    public int compareTo(AttemptId other) {
        int byTask = task.compareTo(other.task);
        return byTask != 0 ? byTask : Integer.compare(number, other.number);
    }

    @Override
    public String toString() {
        return task + "#" + number;
    }
}
