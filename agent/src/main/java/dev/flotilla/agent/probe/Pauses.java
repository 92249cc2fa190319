package dev.flotilla.agent.probe;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Whether a task may begin now: not when it is too hot, nor when too much was written. Each ends somewhat below where it began, so that a device at
 * the edge does not come and go with each measurement. One thread at a time.
 */
final class Pauses {
    private static final Duration DAY = Duration.ofDays(1);

    private final Profile profile;
    private boolean hot;
    private boolean overBudget;

    Pauses(Profile profile) {
        this.profile = profile;
    }

    /**
     * Why no task may begin; empty if it may. The same text as long as the reason is the same.
     *
     * @param written  bytes since the start; the first day counts whole
     * @param up       since the start
     */
    Optional<String> now(OptionalDouble celsius, OptionalLong written, Duration up) {
        if (profile.heat().isPresent()) {
            Profile.Heat heat = profile.heat().get();
            // no temperature is no news: a sensor that fails must not stop a device, and the firmware protects it
            hot = celsius.isPresent() && celsius.getAsDouble() >= (hot ? heat.resume() + 0.001 : heat.pause());
            if (hot) return Optional.of("hot: from " + heat.pause() + " C on, until " + heat.resume() + " C");
        }
        if (profile.flashMibADay() > 0 && written.isPresent()) {
            double days = Math.max(1, up.toMillis() / (double) DAY.toMillis());
            double budget = profile.flashMibADay() * 1048576.0 * days;
            overBudget = written.getAsLong() > (overBudget ? 0.9 : 1) * budget;
            if (overBudget) return Optional.of("flash: above " + profile.flashMibADay() + " MiB a day");
        }
        return Optional.empty();
    }
}
