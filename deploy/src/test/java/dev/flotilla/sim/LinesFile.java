package dev.flotilla.sim;

import dev.flotilla.model.Digest;
import dev.flotilla.model.Input;
import dev.flotilla.model.Limits;
import dev.flotilla.program.ShardData;
import dev.flotilla.shard.ShardPlan;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A file of lines, cut into shards of equal size: above {@link Limits#INLINE} they are stored and fetched, else they travel in the order. */
record LinesFile(byte[] bytes, ShardPlan plan) {
    private static final String NAME = "lines.txt";
    private static final int LINE = 100;

    static LinesFile of(int shards, int linesEach) {
        byte[] bytes = new byte[shards * linesEach * LINE];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) (i % LINE == LINE - 1 ? '\n' : 'a' + i / LINE % 26);
        List<ShardPlan.Slice> slices = new ArrayList<>();
        int length = linesEach * LINE;
        for (int i = 0; i < shards; i++) {
            byte[] shard = Arrays.copyOfRange(bytes, i * length, (i + 1) * length);
            Optional<Digest> digest = length > Limits.INLINE ? Optional.of(Digest.of(shard)) : Optional.empty();
            slices.add(new ShardPlan.Slice((long) i * length, length, linesEach, 1L + i * linesEach, digest));
        }
        return new LinesFile(bytes, new ShardPlan(Optional.of(Digest.of(bytes)), slices));
    }

    Input.Records input() {
        return new Input.Records(plan.file().orElseThrow(), NAME, Input.Format.LINES, List.of(), bytes.length / LINE);
    }

    byte[] part(long offset, int length) {
        return Arrays.copyOfRange(bytes, (int) offset, (int) offset + length);
    }

    byte[] shard(long index) {
        ShardPlan.Slice slice = plan.slices().get((int) index);
        return part(slice.offset(), (int) slice.length());
    }

    ShardData data(long index) {
        byte[] shard = shard(index);
        long firstLine = plan.slices().get((int) index).firstLine();
        return new ShardData.Records(
                NAME, Input.Format.LINES, List.of(), shard.length, firstLine, () -> new ByteArrayInputStream(shard));
    }
}
