package dev.flotilla.agent.core;

import dev.flotilla.core.Moment;
import dev.flotilla.link.Patience;
import dev.flotilla.link.Report;
import dev.flotilla.model.Capacity;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;

/** One start of the agent, in memory: its link, its meeting, what it has said and not heard noted. Ends with the process, and tells all again. */
final class Session {
    static final Duration IDLE_BEAT = Duration.ofMinutes(5);

    /** A report that an order must answer, of about that many bytes. */
    record InFlight(Report report, Moment at, int bytes) {}

    Moment begunAt = new Moment(0);
    /** Of this start; 0 before it. */
    long boot;

    String machineBoot = "";
    String software = "";
    Capacity capacity;

    boolean linkUp;
    String controllerStart = "";
    /** Of the last hello said; 0 before the first. */
    long hello;

    Optional<Moment> helloSaid = Optional.empty();
    final Retry helloAgain = new Retry();

    /** Not 0: this meeting goes on. */
    long greeting;

    long n;
    /** Highest n of an order applied. */
    long got;
    /** What the last report that carried rows said of {@link #got}. */
    long gotTold;

    boolean full;
    boolean mustAnswer;
    /** The controller wants the kept results above that serial, and has not confirmed a report with them. */
    OptionalLong keptWanted = OptionalLong.empty();
    /** Attempts whose state is not noted. */
    final TreeSet<Long> dirty = new TreeSet<>();
    /** Ended attempts that are noted and should be settled by now. */
    final TreeSet<Long> unsettled = new TreeSet<>();

    final Retry settleAgain = new Retry();
    Optional<InFlight> inFlight = Optional.empty();
    final Retry reportAgain = new Retry();
    Optional<Report.Need> asked = Optional.empty();
    final Retry needAgain = new Retry();
    Optional<Capacity> capacityNoted = Optional.empty();
    Moment said = new Moment(0);
    /** As the last order wants it; {@link #IDLE_BEAT} where it waits for nothing. */
    Duration beat = IDLE_BEAT;
    /** As this device's profile wants it while it holds no work. */
    Duration idleBeat = IDLE_BEAT;

    final Patience patience = new Patience();
    private final TreeMap<String, Long> ignored = new TreeMap<>();

    boolean begun() {
        return boot != 0;
    }

    boolean met() {
        return linkUp && greeting != 0;
    }

    /** A new meeting: nothing that was said in the one before is known to have arrived. */
    void meet(long greetingGiven, Iterable<Long> attempts) {
        endMeeting();
        greeting = greetingGiven;
        full = true;
        attempts.forEach(dirty::add);
    }

    void endMeeting() {
        greeting = 0;
        n = 0;
        got = 0;
        gotTold = 0;
        mustAnswer = false;
        keptWanted = OptionalLong.empty();
        dirty.clear();
        unsettled.clear();
        settleAgain.stop();
        inFlight = Optional.empty();
        reportAgain.stop();
        asked = Optional.empty();
        needAgain.stop();
        capacityNoted = Optional.empty();
        patience.meetAnew();
    }

    void changed(long serial) {
        if (greeting != 0) dirty.add(serial);
        unsettled.remove(serial);
    }

    void forgotten(long serial) {
        dirty.remove(serial);
        unsettled.remove(serial);
    }

    /** Counts what was not acted on. True for the first of its kind: one line in the log is enough. */
    boolean ignore(String reason) {
        return ignored.merge(reason, 1L, Long::sum) == 1;
    }
}
