package dev.flotilla.model;

import java.time.Duration;

/** Sizes that both sides keep (PROTOCOL section 3). */
public final class Limits {
    /** An envelope in bytes, its tag included. */
    public static final int ENVELOPE = 128 * 1024;
    /** A shard, result or checkpoint that travels within an envelope, in bytes. */
    public static final int INLINE = 32 * 1024;
    /** A chunk of an artifact within an envelope, in bytes. */
    public static final int CHUNK = 32 * 1024;
    /** The text of an error, in characters. */
    public static final int ERROR_TEXT = 4 * 1024;
    /** Maps and lists within each other. */
    public static final int NESTING = 8;
    /** An artifact in bytes. */
    public static final long ARTIFACT = 1L << 30;
    /** Unsettled attempts of one device. */
    public static final int WINDOW = 1024;
    /** Shards of a file; a range has no such limit. */
    public static final int FILE_SHARDS = 100_000;
    /** Jobs of a fleet that run at a time. */
    public static final int JOBS = 10_000;
    /** A jump of serials that a restored side may ask for. */
    public static final long JUMP = 1L << 20;
    /** A jump of terms: about a thousand of those that an older copy makes. */
    public static final long TERM_JUMP = 1L << 38;
    /** Settled results that an agent keeps, for a controller that comes back from an older copy; oldest out first. */
    public static final int KEPT = 1000;
    /** All of them in bytes. */
    public static final int KEPT_BYTES = 1 << 20;
    /** Kept results within one report in bytes, or a single larger one: they must not keep news waiting. */
    public static final int KEPT_PAGE = 32 * 1024;
    /** Bytes that a side leaves free on the disk under its data: below it no new work is taken, so that what is owed can still be written. */
    public static final long RESERVE = 64L << 20;
    /** Bytes free from which a device that was below its reserve says at once that it takes new work again. */
    public static final long RESERVE_AGAIN = 80L << 20;
    /** First wait before an unanswered envelope is sent again. */
    public static final Duration RESEND = Duration.ofSeconds(5);
    /** Longest wait before an unanswered envelope is sent again. */
    public static final Duration RESEND_MOST = Duration.ofMinutes(2);

    private Limits() {}
}
