package dev.flotilla.controller.core;

/** An unsettled attempt on a device. Part of the ledger: changed by {@link Ledger} alone. */
final class Attempt {
    final long serial;
    final JobState job;
    final long index;
    final int number;
    boolean lost;

    Attempt(long serial, JobState job, long index, int number) {
        this.serial = serial;
        this.job = job;
        this.index = index;
        this.number = number;
    }

    /** The task, while it is not done. */
    TaskState task() {
        return job.tasks.get(index);
    }

    /** True while its task still wants a result from a device. */
    boolean wanted() {
        TaskState task = task();
        return job.running() && task != null && task.status == TaskState.Status.OPEN;
    }

    boolean isFor(JobState j, long i, int n) {
        return job == j && index == i && number == n;
    }

    @Override
    public String toString() {
        return job.id + "/" + index + "#" + number;
    }
}
