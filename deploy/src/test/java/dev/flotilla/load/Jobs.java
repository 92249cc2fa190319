package dev.flotilla.load;

import dev.flotilla.model.Digest;
import dev.flotilla.model.Input;
import dev.flotilla.model.Policy;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.shard.ShardPlan;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Jobs of each kind, small. */
final class Jobs {
    private static final int LARGE = 3000;

    private Jobs() {}

    /** A file that was cut. */
    record File(Spec spec, ShardPlan plan) {}

    static Spec instant(long shards) {
        return slow(shards, Duration.ZERO);
    }

    static Spec slow(long shards, Duration each) {
        return new Spec(
                new Input.Range(0, 1000),
                Sharding.range(shards),
                new ProgramCall("sum", Optional.empty(), false, each));
    }

    static Policy once() {
        Policy d = Policy.defaults();
        return new Policy(
                d.placement(),
                d.labels(),
                List.of("arch == arm64"),
                true,
                d.attempts(),
                d.lostAfter(),
                Optional.of(Duration.ofHours(1)),
                Optional.of(Duration.ofMinutes(5)),
                d.minCoverage());
    }

    /** Two shards that travel within an order, and one, of the same bytes again, that is fetched as an artifact. */
    static File file(SmallWorld world) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 40; i++) text.append(i).append(".5\n");
        for (int i = 0; i < LARGE; i++) text.append("1000000.25\n");
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        int small = text.indexOf("1000000.25\n");
        int half = text.indexOf("20.5\n");
        byte[] large = Arrays.copyOfRange(bytes, small, bytes.length);
        Digest file = Digest.of(bytes);
        world.files.put(file, bytes);
        world.files.put(Digest.of(large), large);
        List<ShardPlan.Slice> slices = new ArrayList<>();
        slices.add(new ShardPlan.Slice(0, half, 20, 1, Optional.empty()));
        slices.add(new ShardPlan.Slice(half, small - half, 20, 21, Optional.empty()));
        slices.add(new ShardPlan.Slice(small, large.length, LARGE, 41, Optional.of(Digest.of(large))));
        Spec spec = new Spec(
                new Input.Records(file, "numbers.txt", Input.Format.LINES, List.of(), 40 + LARGE),
                Sharding.range(3),
                ProgramCall.of("sum"));
        return new File(spec, new ShardPlan(Optional.of(file), slices));
    }
}
