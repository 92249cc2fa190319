package dev.flotilla.codec;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.core.Dice;
import dev.flotilla.link.Detail;
import dev.flotilla.link.Report;
import dev.flotilla.link.Row;
import dev.flotilla.link.RowGroup;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RowSizesTest {
    @Test
    void theSizeIsNeverBelowWhatIsWrittenAndCloseToItForAThousandEqualRows() {
        for (long seed = 1; seed <= 300; seed++) {
            Dice dice = new Dice(seed);
            boolean wild = seed > 1;
            List<RowGroup> groups = new ArrayList<>();
            int sizes = Sizes.BARE_REPORT;
            for (int g = wild ? dice.below(5) : 1; g > 0; g--) {
                JobId job = new JobId("j".repeat(1 + dice.below(64)));
                List<Row> rows = new ArrayList<>();
                long serial = 0;
                for (int r = wild ? dice.below(100) : 1024; r > 0; r--) {
                    serial += wild ? 1 + dice.below(1000) * (long) dice.below(1000) * dice.below(1000) : 1;
                    rows.add(
                            wild
                                    ? wild(serial, dice)
                                    : new Row(
                                            serial,
                                            2,
                                            AttemptState.FINISHED,
                                            serial,
                                            1,
                                            Optional.of(Detail.instant(1, new Bytes(new byte[12])))));
                }
                RowSizes size = new RowSizes(job);
                rows.forEach(size::add);
                for (Row row : rows) row.detail().ifPresent(size::add);
                sizes += size.bytes();
                groups.add(new RowGroup(job, Digest.of(new byte[1]), rows));
            }
            Report report = new Report(
                    dice.next(),
                    dice.next(),
                    1L << 40,
                    1L << 40,
                    true,
                    Long.MAX_VALUE,
                    groups,
                    Optional.empty(),
                    Optional.empty(),
                    Instant.now(),
                    Duration.ofDays(9999),
                    Optional.empty());
            int written = EnvelopeCodec.encode(report).length + 16;
            assertTrue(written <= sizes, "seed " + seed + ": " + written + " bytes, " + sizes + " counted");
            if (!wild) assertTrue(sizes < 40_000, sizes + " for a window of results");
        }
    }

    private static Row wild(long serial, Dice dice) {
        Optional<Bytes> result =
                dice.below(2) == 0 ? Optional.empty() : Optional.of(new Bytes(new byte[dice.below(300)]));
        String error = dice.below(3) == 0 ? "\u20ac".repeat(dice.below(4096)) : "";
        Detail detail = new Detail(
                Duration.ofNanos(dice.next() >>> dice.below(60) >>> 1),
                Duration.ofNanos(dice.next() >>> dice.below(60) >>> 1),
                dice.next() >>> dice.below(60) >>> 1,
                result,
                error);
        return new Row(
                serial,
                1 + (dice.next() >>> dice.below(60) >>> 2),
                AttemptState.values()[dice.below(9)],
                dice.next() >>> dice.below(60) >>> 1,
                1 + dice.below(1 << dice.below(30)),
                dice.below(2) == 0 ? Optional.empty() : Optional.of(detail));
    }
}
