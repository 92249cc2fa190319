package dev.flotilla.sim;

import dev.flotilla.model.Digest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** All that happened, as one hash: the same seed gives the same (I18). When a history is replayed, it is also told in lines. */
final class Trace {
    private final MessageDigest hash = Digest.sha256();
    private final Timeline timeline;
    private final Consumer<String> lines;
    private final boolean told;

    Trace(Timeline timeline, boolean told, Consumer<String> lines) {
        this.timeline = timeline;
        this.told = told;
        this.lines = lines;
    }

    /** One happening; {@code what} is asked for only if somebody reads it. */
    void note(String who, byte[] bytes, Supplier<String> what) {
        byte[] name = who.getBytes(StandardCharsets.UTF_8);
        hash.update(ByteBuffer.allocate(12)
                .putLong(timeline.now().toNanos())
                .putInt(bytes.length)
                .array());
        hash.update(name);
        hash.update(bytes);
        if (told) lines.accept(time(timeline.now()) + " " + who + " " + what.get());
    }

    void note(String who, String what) {
        note(who, what.getBytes(StandardCharsets.UTF_8), () -> what);
    }

    String digest() {
        return Digest.ofHash(hash.digest()).hex();
    }

    static String time(Duration span) {
        return String.format(
                java.util.Locale.ROOT,
                "%d:%02d:%02d.%03d",
                span.toHours(),
                span.toMinutesPart(),
                span.toSecondsPart(),
                span.toMillisPart());
    }
}
