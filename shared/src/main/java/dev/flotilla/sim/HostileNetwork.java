package dev.flotilla.sim;

import java.time.Duration;
import java.util.function.Consumer;

/** Carries messages as badly as its weather is. What is still under way when the weather clears arrives as it was going to. */
public final class HostileNetwork {
    private final Timeline timeline;
    private final Chance chance;
    private Weather weather;

    public HostileNetwork(Timeline timeline, long seed, Weather weather) {
        this.timeline = timeline;
        this.chance = new Chance(seed);
        this.weather = weather;
    }

    /** From now on the weather is this. */
    public void weather(Weather now) {
        weather = now;
    }

    /** Sends; the receiver gets a copy, none, or more than one. */
    public void send(byte[] message, Consumer<byte[]> receiver) {
        if (chance.is(weather.loses())) return;
        Duration delay = chance.around(weather.latency());
        if (chance.is(weather.delays())) delay = delay.plus(chance.between(Duration.ZERO, weather.late()));
        byte[] copy = message.clone();
        if (copy.length > 0 && chance.is(weather.damages())) {
            copy[chance.between(0, copy.length - 1)] ^= (byte) (1 << chance.between(0, 7));
        }
        timeline.after(delay, () -> receiver.accept(copy));
        if (chance.is(weather.repeats())) {
            timeline.after(
                    delay.plus(chance.between(Duration.ZERO, weather.late())), () -> receiver.accept(copy.clone()));
        }
    }
}
