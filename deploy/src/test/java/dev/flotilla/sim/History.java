package dev.flotilla.sim;

import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;

/** One history of the cores that this class was loaded with, by its seed; whoever calls it may have been loaded with others. */
public final class History implements LongFunction<Optional<Map.Entry<String, String>>> {
    /** The law that it breaks, and how; empty if all hold. */
    @Override
    public Optional<Map.Entry<String, String>> apply(long seed) {
        try {
            World.live(Scenario.of(seed), false, line -> {});
            return Optional.empty();
        } catch (Broken broken) {
            return Optional.of(
                    Map.entry(broken.law, broken.what.lines().findFirst().orElse("")));
        }
    }
}
