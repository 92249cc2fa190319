package dev.flotilla.model;

/** The work on one shard of a job, shown as {@code job/index}; the index counts from 0. */
public record TaskId(JobId job, long index) implements Comparable<TaskId> {
    public TaskId {
        if (index < 0) throw new IllegalArgumentException("a task index is never below 0");
    }

    /** Reads {@code job/index}. @throws IllegalArgumentException with a sentence for people */
    public static TaskId parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0 || !text.substring(slash + 1).matches("[0-9]{1,18}")) {
            throw new IllegalArgumentException("a task is written job/index, not " + Quoted.of(text));
        }
        return new TaskId(new JobId(text.substring(0, slash)), Long.parseLong(text.substring(slash + 1)));
    }

    @Override
    public int compareTo(TaskId other) {
        int byJob = job.compareTo(other.job);
        return byJob != 0 ? byJob : Long.compare(index, other.index);
    }

    @Override
    public String toString() {
        return job + "/" + index;
    }
}
