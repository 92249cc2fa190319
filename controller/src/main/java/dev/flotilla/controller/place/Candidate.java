package dev.flotilla.controller.place;

import dev.flotilla.model.DeviceId;
import java.time.Duration;
import java.util.Locale;
import java.util.OptionalDouble;

/** A device that fits a job and has room, as policies see it. Mutable in one thing: how much it holds grows while a batch is placed. */
public final class Candidate {
    private final DeviceId device;
    private final int slots;
    private final int window;
    private final double load;
    private final OptionalDouble speed;
    private final Duration roundTrip;
    private final Duration taskTime;
    private int held;

    /**
     * @param window     unsettled attempts that it may hold
     * @param load       one-minute load per core
     * @param speed      units a second of one slot, if measured
     * @param roundTrip  smoothed, of the link
     * @param taskTime   smoothed, of its last tasks; zero before the first
     * @param held       unsettled attempts that it holds
     */
    public Candidate(
            DeviceId device,
            int slots,
            int window,
            double load,
            OptionalDouble speed,
            Duration roundTrip,
            Duration taskTime,
            int held) {
        this.device = device;
        this.slots = slots;
        this.window = window;
        this.load = load;
        this.speed = speed;
        this.roundTrip = roundTrip;
        this.taskTime = taskTime;
        this.held = held;
    }

    public DeviceId device() {
        return device;
    }

    public int held() {
        return held;
    }

    public boolean hasRoom() {
        return held < window;
    }

    /** One more attempt is placed on it. */
    public void take() {
        held++;
    }

    /** Work per slot that it would have with one more task, other load of the machine included. */
    double pressure() {
        return (held + 1.0) / slots + load;
    }

    /** Work that it would have with one more task, by what it can do: slots, times measured speed relative to {@code fastest} where known. */
    double share(double fastest) {
        double relative = speed.isPresent() && fastest > 0 ? Math.max(speed.getAsDouble() / fastest, 0.01) : 1.0;
        return (held + 1.0) / (slots * relative);
    }

    double speedOr(double unknown) {
        return speed.orElse(unknown);
    }

    /** Seconds until one more task would be answered. */
    double response() {
        return roundTrip.toNanos() / 1e9 + Math.ceil((held + 1.0) / slots) * Math.max(taskTime.toNanos() / 1e9, 1e-6);
    }

    String words() {
        return String.format(
                Locale.ROOT,
                "%s holds %d of %d, %d slots, load %.2f, round trip %.1f ms",
                device,
                held,
                window,
                slots,
                load,
                roundTrip.toNanos() / 1e6);
    }
}
