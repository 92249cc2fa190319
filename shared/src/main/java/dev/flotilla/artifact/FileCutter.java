package dev.flotilla.artifact;

import dev.flotilla.model.Digest;
import dev.flotilla.model.Input;
import dev.flotilla.model.Limits;
import dev.flotilla.model.Sharding;
import dev.flotilla.shard.ShardPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Cuts a file into shards at record borders. For {@code range} the shards are slices of the file itself. For {@code hash} and {@code random} they
 * are slices of a regrouped copy, in which each record stands behind its own line number and a tab and ends with LF. The file is streamed: once to
 * count, once to cut, and once more for {@code hash} and {@code random}; memory holds one record, the slices, and some megabytes to write from.
 */
public final class FileCutter {
    private static final byte[] BOM = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};
    private static final int LONGEST_NAME = 255;
    private static final int LONGEST_HEADER = Limits.INLINE;
    private static final int MOST_COLUMNS = 10_000;
    private static final int BUFFERED = 8 << 20;

    private final Path file;
    private final String name;
    private final Input.Format format;
    private final Request request;
    private long body;
    private long firstLine = 1;
    private List<String> columns = List.of();
    private long count;

    /**
     * How to cut. With neither {@code count} nor {@code size} there are {@code defaultCount} shards.
     *
     * @param count  shards, at least 1
     * @param size   records a shard at most, at least 1
     * @param key    the column or field of {@code hash}
     * @param seed   of {@code random}
     */
    public record Request(
            Sharding.By by,
            OptionalLong count,
            OptionalLong size,
            Optional<String> key,
            long seed,
            long defaultCount) {}

    /**
     * A file that was cut.
     *
     * @param plan       its file is {@code regrouped}'s digest, or the file itself
     * @param regrouped  a finished file in the work folder, for the store to adopt
     * @param notes      what the user should know, in sentences
     */
    public record Cut(
            Input.Records input, Sharding sharding, ShardPlan plan, Optional<Path> regrouped, List<String> notes) {}

    private FileCutter(Path file, String name, Input.Format format, Request request) {
        this.file = file;
        this.name = name;
        this.format = format;
        this.request = request;
    }

    /**
     * @param digest  of the file, already verified
     * @param name    what to call the file in messages
     * @param work    a folder for the regrouped copy, on the file system where it will stay
     * @throws BadInput if the file is no such text, or cannot be cut so
     */
    public static Cut cut(Path file, Digest digest, String name, Input.Format format, Request request, Path work)
            throws BadInput, IOException {
        FileCutter cutter = new FileCutter(file, name, format, request);
        return cutter.cut(digest, work);
    }

    private Cut cut(Digest digest, Path work) throws BadInput, IOException {
        throw new IOException("not yet");
    }
}
