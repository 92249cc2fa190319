package dev.flotilla.codec;

import dev.flotilla.link.Detail;
import dev.flotilla.link.Envelope;
import dev.flotilla.link.Greeting;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Order;
import dev.flotilla.link.Report;
import dev.flotilla.link.Row;
import dev.flotilla.link.RowGroup;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Input;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Limits;
import dev.flotilla.model.Percent;
import dev.flotilla.model.Policy;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.shard.ShardPlan;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Random records of every kind that is encoded; equal seeds, equal records. */
final class Samples {
    private final Random random;

    Samples(long seed) {
        random = new Random(seed);
    }

    Envelope envelope() {
        return switch (random.nextInt(4)) {
            case 0 ->
                new Hello(
                        1 + random.nextInt(3),
                        random.nextLong(),
                        random.nextLong(),
                        text(32),
                        count(),
                        count(),
                        text(64),
                        text(64));
            case 1 -> new Greeting(random.nextLong(), random.nextLong(), count(), count());
            case 2 -> report();
            default -> order();
        };
    }

    private Report report() {
        return new Report(
                random.nextLong(),
                random.nextLong(),
                1 + count() / 2,
                count(),
                random.nextBoolean(),
                count(),
                list(4, this::rows),
                maybe(() -> new Report.Need(digest(), below(Limits.ARTIFACT))),
                maybe(this::capacity),
                Instant.ofEpochMilli(random.nextLong() >> 16),
                span(),
                maybe(() -> new Report.Kept(count(), list(3, this::rows), random.nextBoolean())));
    }

    private RowGroup rows() {
        List<Row> rows = new ArrayList<>();
        List<Long> serials = rising();
        boolean alike = random.nextBoolean();
        Bytes result = bytes(20);
        for (int i = 0; i < serials.size(); i++) {
            Optional<Detail> detail = alike
                    ? Optional.of(Detail.instant(1, result))
                    : maybe(() -> new Detail(
                            span(), span(), count(), maybe(() -> bytes(100)), random.nextBoolean() ? "" : text(200)));
            rows.add(
                    alike
                            ? new Row(serials.get(i), 3, AttemptState.FINISHED, i, 1, detail)
                            : new Row(
                                    serials.get(i),
                                    1 + count() / 2,
                                    AttemptState.values()[random.nextInt(AttemptState.values().length)],
                                    count(),
                                    1 + random.nextInt(1000),
                                    detail));
        }
        return new RowGroup(job(), digest(), rows);
    }

    private Order order() {
        return new Order(
                random.nextLong(),
                random.nextLong(),
                1 + count() / 2,
                count(),
                count(),
                count(),
                span(),
                rising(),
                rising(),
                list(3, this::spec),
                list(3, this::assignments),
                list(3, () -> new Order.Permit(1 + count() / 2, random.nextLong())),
                random.nextBoolean(),
                maybe(() -> new Order.Chunk(digest(), below(Limits.ARTIFACT), below(Limits.ARTIFACT), bytes(1000))),
                random.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(count()));
    }

    private Order.AssignGroup assignments() {
        boolean computed = random.nextBoolean();
        List<Order.Assignment> assignments = new ArrayList<>();
        for (long serial : rising()) {
            ShardInput shard = computed ? ShardInput.Computed.HERE : shardInput();
            assignments.add(new Order.Assignment(serial, count(), 1 + random.nextInt(5), shard));
        }
        return new Order.AssignGroup(job(), digest(), random.nextBoolean(), span(), assignments);
    }

    ShardInput shardInput() {
        return switch (random.nextInt(3)) {
            case 0 -> ShardInput.Computed.HERE;
            case 1 -> new ShardInput.Inline(bytes(300), count());
            default -> new ShardInput.Stored(digest(), below(Limits.ARTIFACT), count());
        };
    }

    Spec spec() {
        long from = random.nextLong() >> 2;
        Input input = random.nextBoolean()
                ? new Input.Range(from, from + 1 + (count() >> 2))
                : new Input.Records(
                        digest(),
                        text(100),
                        Input.Format.values()[random.nextInt(3)],
                        list(10, () -> text(20)),
                        1 + count() / 2);
        Sharding.By by = Sharding.By.values()[random.nextInt(3)];
        Sharding sharding = new Sharding(
                by,
                1 + below(input.size()),
                by == Sharding.By.HASH ? Optional.of(text(20)) : Optional.empty(),
                random.nextLong());
        return new Spec(
                input,
                sharding,
                new ProgramCall("p-" + random.nextInt(9), maybe(() -> text(30)), random.nextBoolean(), span()));
    }

    Policy policy() {
        TreeMap<String, String> labels = new TreeMap<>();
        for (int i = random.nextInt(4); i > 0; i--) labels.put(text(10), text(10));
        return new Policy(
                text(20),
                labels,
                list(4, () -> text(30)),
                random.nextBoolean(),
                1 + random.nextInt(100),
                Duration.ofSeconds(4).plus(span()),
                maybe(() -> span().plusNanos(1)),
                maybe(() -> span().plusNanos(1)),
                new Percent(BigDecimal.valueOf(random.nextInt(100_000_001), 6)));
    }

    Capacity capacity() {
        TreeMap<String, String> facts = new TreeMap<>();
        for (int i = random.nextInt(8); i > 0; i--) facts.put(text(20), text(20));
        return new Capacity(
                1 + random.nextInt(1024),
                random.nextDouble() * 100,
                count(),
                count(),
                random.nextBoolean() ? OptionalDouble.empty() : OptionalDouble.of(random.nextInt(100) - 20),
                random.nextBoolean() ? OptionalDouble.empty() : OptionalDouble.of(random.nextDouble() * 1e9),
                facts,
                new TreeMap<>(facts),
                random.nextBoolean()
                        ? Optional.empty()
                        : Optional.of(new Capacity.Storage(
                                count(), random.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(count()))));
    }

    ShardPlan plan() {
        List<ShardPlan.Slice> slices =
                list(20, () -> new ShardPlan.Slice(count(), count(), count(), count(), maybe(this::digest)));
        return new ShardPlan(maybe(this::digest), slices);
    }

    private <T> List<T> list(int most, Supplier<T> item) {
        List<T> list = new ArrayList<>();
        for (int i = random.nextInt(most + 1); i > 0; i--) list.add(item.get());
        return list;
    }

    private <T> Optional<T> maybe(Supplier<T> value) {
        return random.nextBoolean() ? Optional.of(value.get()) : Optional.empty();
    }

    /** Small and huge ones, never negative. */
    private long count() {
        return random.nextLong() >>> 1 + random.nextInt(63);
    }

    private long below(long bound) {
        return Math.floorMod(random.nextLong(), bound);
    }

    private List<Long> rising() {
        List<Long> serials = new ArrayList<>();
        long serial = 0;
        for (int i = random.nextInt(20); i > 0; i--) {
            serial += random.nextInt(3) > 0 ? 1 : 1 + random.nextInt(1_000_000);
            serials.add(serial);
        }
        return serials;
    }

    private Duration span() {
        return Duration.ofNanos(count() >> 1);
    }

    private Digest digest() {
        byte[] hash = new byte[32];
        random.nextBytes(hash);
        return Digest.ofHash(hash);
    }

    private Bytes bytes(int most) {
        byte[] bytes = new byte[random.nextInt(most + 1)];
        random.nextBytes(bytes);
        return new Bytes(bytes);
    }

    private JobId job() {
        return new JobId("job-" + random.nextInt(1000));
    }

    private String text(int most) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(most + 1); i > 0; i--)
            text.append("abz09 \u00fc\u4e2d\"\n".charAt(random.nextInt(10)));
        return text.toString();
    }
}
