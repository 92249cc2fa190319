package dev.flotilla.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A seed means the same history on every Java. The traces of some go to {@code deploy/target/traces.txt}; another Java is given that file by
 * {@code -Dflotilla.traces=FILE}, and must come to the same. So there is nothing to renew when a core or the world changes.
 */
class SameTraceTest {
    private static final int SEEDS = 30;

    @BeforeAll
    static void failingDisksAreNoNewsHere() {
        System.setProperty("flotilla.log", "off");
    }

    @Test
    void anotherJavaGivesTheSameTraces() throws IOException {
        StringBuilder traces = new StringBuilder();
        for (long seed = 1; seed <= SEEDS; seed++) {
            World.Outcome lived = World.live(Scenario.of(seed), false, line -> {});
            traces.append(seed).append(' ').append(lived.trace()).append('\n');
        }
        Files.writeString(Path.of("target", "traces.txt"), traces);
        String other = System.getProperty("flotilla.traces");
        if (other != null) assertEquals(Files.readString(Path.of(other)), traces.toString(), "here, and in " + other);
    }
}
