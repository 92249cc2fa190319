package dev.flotilla.controller.core;

import dev.flotilla.core.Moment;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Patience;
import dev.flotilla.link.Presence;
import dev.flotilla.link.Report;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Limits;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * One device's link in memory: its meeting, what it has shown, and what it is still owed. Ends with the process; the next full report tells it
 * all again.
 */
final class Session {
    /** What an order carried that the next report's {@code got} confirms. */
    record Settles(Moment at, List<Long> serials) {}

    private static final Duration FIRST_ROUND_TRIP = Duration.ofMillis(5);
    /** What the newest task is worth in the smoothed time of one. */
    private static final double NEWEST_TASK = 0.2;

    private static final Duration FIRST_REST = Duration.ofSeconds(1);
    private static final int MOST_DOUBLINGS = 6;

    final DeviceId id;
    Moment heard;
    /** When it was last given work while it had none: an idle device may be quiet for long, so its silence counts from here. */
    Moment busySince;
    /** It was silent for so long that its attempts were given up: nothing new goes to it before it is heard. */
    boolean silent;

    boolean everHeard;
    Presence presence = Presence.ONLINE;
    /** The device's clock, as its last report says, which came at {@link #heard}. */
    Optional<Instant> clock = Optional.empty();

    Capacity capacity;

    Optional<Hello> pending = Optional.empty();
    long pendingGreeting;
    /** The hello told of a commit of this very term that the journal lacks. */
    boolean pendingAhead;

    Optional<Moment> askedForHello = Optional.empty();
    /** From one such question to the next: longer each time that it is refused. */
    Duration asksApart = Meetings.ASK_AGAIN;
    /** What costs an answer, a line in a log or a row on disk whenever the device asks for it. */
    final Allowance greetings = new Allowance();

    final Allowance hints = new Allowance();
    final Allowance facts = new Allowance();

    long hello;
    long greeting;
    long boot;
    /** The highest term that its hello told of. */
    long metTerm;

    long lastIn;
    long lastOut;

    /** Rows that the agent has told and that are not settled. */
    final TreeMap<Long, AttemptState> shown = new TreeMap<>();
    /** How many of them there are of each spec: the agent has a spec as long as it has a row of it. */
    private final TreeMap<Digest, Integer> specs = new TreeMap<>();

    final TreeSet<Long> unsent = new TreeSet<>();
    final TreeSet<Long> settle = new TreeSet<>();
    final TreeMap<Long, Settles> settleSent = new TreeMap<>();
    /** In how many of these orders each serial is: a device may hold back what confirms them, and each row that it tells is looked up. */
    private final TreeMap<Long, Integer> settling = new TreeMap<>();

    final TreeSet<Long> cancel = new TreeSet<>();
    final TreeMap<Long, Long> permits = new TreeMap<>();
    Optional<Report.Need> need = Optional.empty();
    boolean mustAnswer;
    /** Results that it kept of serials up to here were told; goes on through the meetings of one boot. */
    long keptAbove;
    /** How many of them were counted. */
    long keptTold;
    /** The order in flight asks for them. */
    boolean keptAsked;

    /** The order that a report must answer; 0 for none. */
    long inFlight;

    Moment inFlightAt;
    Duration inFlightWait = Limits.RESEND;
    List<Long> assignSent = List.of();
    List<Long> cancelSent = List.of();
    int resent;

    /** About the size of the order in flight. */
    int inFlightBytes;

    final Patience patience = new Patience();
    private double taskSeconds = -1;
    long envelopesUp;
    long envelopesDown;
    long bytesUp;
    final TreeMap<String, Long> ignored = new TreeMap<>();
    final Trust trust = new Trust();
    /** Refusals in a row, and until when what was refused is not given again. */
    private record Rest(int refusals, Moment until) {}

    /** It has no room for anything; null if it never said so. */
    private Rest noRoom;
    /** It refuses what is of these specs; of running jobs alone. */
    private final TreeMap<Digest, Rest> rests = new TreeMap<>();

    Session(DeviceId id, Moment born, Capacity capacity) {
        this.id = id;
        this.heard = born;
        this.busySince = born;
        this.capacity = capacity;
    }

    /** Its disk takes no new work now. */
    boolean noDisk() {
        return presence == Presence.DEGRADED || met() && capacity.shortOfDisk();
    }

    /** As far as is known. */
    boolean online() {
        return presence != Presence.OFFLINE;
    }

    /** It takes no new work now: too hot, or whatever it says. */
    boolean paused() {
        return met() && capacity.paused().isPresent();
    }

    boolean met() {
        return greeting != 0;
    }

    /** A new meeting: nothing of the one before is known any more. */
    void begin(Hello with, long greetingGiven) {
        hello = with.hello();
        metTerm = with.term();
        greeting = greetingGiven;
        if (boot != with.boot()) keptAbove = 0;
        boot = with.boot();
        lastIn = 0;
        lastOut = 0;
        showAnew();
        unsent.clear();
        settle.clear();
        settleSent.clear();
        settling.clear();
        cancel.clear();
        permits.clear();
        need = Optional.empty();
        resent = 0;
        patience.meetAnew();
        answered();
    }

    /** No order is in flight any more. */
    void answered() {
        inFlight = 0;
        assignSent = List.of();
        cancelSent = List.of();
        keptAsked = false;
    }

    /** The order in flight did not arrive: what it carried is owed again. Cancels are owed until they are confirmed. */
    void owesAgain(DeviceState device) {
        for (long serial : assignSent) {
            Attempt attempt = device.unsettled.get(serial);
            if (attempt == null || shown.containsKey(serial)) continue;
            if (attempt.wanted() && !attempt.lost) unsent.add(serial);
            else cancel.add(serial);
        }
        device.unsettled.forEach((serial, attempt) -> {
            TaskState task = attempt.task();
            boolean asking = shown.get(serial) == AttemptState.ASKING;
            if (asking
                    && task != null
                    && task.permit.isPresent()
                    && task.permit.get().isFor(id, serial)
                    && task.permit.get().boot() == boot) {
                permits.put(serial, boot);
            }
        });
        answered();
    }

    void show(long serial, AttemptState state, Digest spec) {
        if (shown.put(serial, state) == null) specs.merge(spec, 1, Integer::sum);
    }

    void unshow(long serial, Digest spec) {
        if (shown.remove(serial) != null) specs.computeIfPresent(spec, (s, n) -> n == 1 ? null : n - 1);
    }

    /** A full report follows: what was shown before it is not known any more. */
    void showAnew() {
        shown.clear();
        specs.clear();
    }

    /** It says that it has no such spec, or refuses what was given under it: the next order brings it again. */
    void lacksSpec(Digest spec) {
        specs.remove(spec);
    }

    boolean hasSpec(Digest spec) {
        return specs.containsKey(spec);
    }

    /** The device is told that this is settled, and has not confirmed it. */
    boolean settles(long serial) {
        return settle.contains(serial) || settling.containsKey(serial);
    }

    /** Order {@code n} says that these are settled. */
    void saysSettled(long n, Moment at, List<Long> serials) {
        if (serials.isEmpty()) return;
        settleSent.put(n, new Settles(at, serials));
        for (long serial : serials) settling.merge(serial, 1, Integer::sum);
    }

    /** Settled serials that the agent should have confirmed by now are to be said again. */
    void settleAgain(long got, Moment now) {
        while (!settleSent.isEmpty()) {
            Map.Entry<Long, Settles> oldest = settleSent.firstEntry();
            boolean confirmed = oldest.getKey() <= got;
            if (!confirmed && now.since(oldest.getValue().at()).compareTo(patience.of(0)) <= 0) return;
            settleSent.pollFirstEntry();
            for (long serial : oldest.getValue().serials()) {
                settling.computeIfPresent(serial, (s, orders) -> orders == 1 ? null : orders - 1);
                if (!confirmed) settle.add(serial);
            }
        }
    }

    void ignore(String reason) {
        ignored.merge(reason, 1L, Long::sum);
    }

    /** What it refuses it may refuse again, and each time costs a commit: 1 s of rest, then twice as long each time, up to a minute. */
    private static Rest longer(Rest before, Moment at) {
        if (before != null && at.isBefore(before.until())) return before;
        int refusals = before == null ? 0 : before.refusals();
        return new Rest(refusals + 1, at.plus(FIRST_REST.multipliedBy(1L << Math.min(refusals, MOST_DOUBLINGS))));
    }

    void refuses(Digest spec, Moment at) {
        rests.compute(spec, (s, before) -> longer(before, at));
    }

    void lacksRoom(Moment at) {
        noRoom = longer(noRoom, at);
    }

    /** An attempt of that spec ended otherwise: the next rest is a short one, the present one goes on. */
    void accepts(Digest spec) {
        if (noRoom != null) noRoom = new Rest(0, noRoom.until());
        rests.computeIfPresent(spec, (s, rest) -> new Rest(0, rest.until()));
    }

    /** No job of that spec runs any more. */
    void restsNoMore(Digest spec) {
        rests.remove(spec);
    }

    boolean rests(Digest spec, Moment at) {
        Rest rest = rests.get(spec);
        return noRoom != null && at.isBefore(noRoom.until()) || rest != null && at.isBefore(rest.until());
    }

    /** When the first rest ends that has not ended by then. */
    Optional<Moment> rested(Moment at) {
        return Stream.concat(Stream.ofNullable(noRoom), rests.values().stream())
                .map(Rest::until)
                .filter(at::isBefore)
                .min(Moment::compareTo);
    }

    void taskTook(double seconds) {
        taskSeconds = taskSeconds < 0 ? seconds : taskSeconds * (1 - NEWEST_TASK) + seconds * NEWEST_TASK;
    }

    /** Smoothed; a short one before the first is measured. */
    Duration roundTrip() {
        return patience.roundTrip().orElse(FIRST_ROUND_TRIP);
    }

    Duration taskTime() {
        return Duration.ofNanos((long) (Math.max(taskSeconds, 0) * 1e9));
    }

    /** Slots, and what its link's delay leaves time for: 2.5 round trips of measured work, at least 2 (PROTOCOL section 3). */
    int window() {
        int slots = capacity.slots();
        if (taskSeconds < 0) return Math.min(capacity.window(), slots + 2);
        double ahead = 2.5 * roundTrip().toNanos() / 1e9 * slots / Math.max(taskSeconds, 1e-9);
        return (int) Math.min(capacity.window(), slots + Math.max(2, Math.ceil(ahead)));
    }
}
