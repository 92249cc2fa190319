package dev.flotilla.controller.core;

import dev.flotilla.core.Moment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * What speaks against giving a device work: it fails what others do (suspect), or it seems to be two machines (quarantined). In memory, for one
 * controller start; results count all the same.
 */
final class Trust {
    private static final int BLAMES = 3;
    private static final int FLIPS = 3;
    private static final int BOOTS_KEPT = 16;
    private static final Duration FLIPS_WITHIN = Duration.ofHours(1);

    /** One start of an agent on one machine. */
    private record Boot(long boot, String machineBoot) {}

    private final ArrayDeque<Boot> boots = new ArrayDeque<>();
    private final ArrayDeque<Moment> flips = new ArrayDeque<>();
    private int blames;
    private Optional<String> clones = Optional.empty();
    private Optional<String> refused = Optional.empty();

    /** Another device did what this one had failed. */
    void blame() {
        blames++;
    }

    /** It did a task. */
    void praise() {
        blames = 0;
    }

    /**
     * A meeting began. A boot that was there before another one cannot come back, unless there are two machines (PROTOCOL section 4); nor can a
     * machine's. A broker ends the session of one clone when the other connects, and its agent stops: what comes back then is a new boot of
     * the agent on a machine that another one had replaced.
     */
    void met(Moment at, long boot, String machineBoot) {
        Boot now = new Boot(boot, machineBoot);
        if (!boots.isEmpty() && boots.getLast().boot() == boot) return;
        blames = 0;
        boolean back = replaced(machineBoot);
        if (boots.removeIf(b -> b.boot() == boot) || back) {
            flips.add(at);
            while (at.since(flips.getFirst()).compareTo(FLIPS_WITHIN) > 0) flips.removeFirst();
            if (flips.size() >= FLIPS) clones = Optional.of(boots.getLast().machineBoot() + " and " + machineBoot);
        }
        boots.add(now);
        if (boots.size() > BOOTS_KEPT) boots.removeFirst();
    }

    /** It told of what no honest history leads to, and is left alone until it tells otherwise; empty: it does. */
    void refuse(Optional<String> why) {
        refused = why;
    }

    boolean refused() {
        return refused.isPresent();
    }

    /** True if it was there before, and another machine after it; one that is not known is none. */
    private boolean replaced(String machineBoot) {
        if (machineBoot.isEmpty() || boots.isEmpty()) return false;
        String last = boots.getLast().machineBoot();
        return !last.isEmpty()
                && !last.equals(machineBoot)
                && boots.stream().anyMatch(b -> b.machineBoot().equals(machineBoot));
    }

    boolean suspect() {
        return blames >= BLAMES;
    }

    boolean quarantined() {
        return clones.isPresent();
    }

    /** Why nothing new is placed on it, in words; empty if nothing speaks against it. */
    Optional<String> against() {
        if (refused.isPresent()) return refused.map(why -> "refused: " + why + "; no honest history leads there");
        if (clones.isPresent())
            return clones.map(two -> "quarantined: its card seems to be in two machines, boots " + two);
        return suspect()
                ? Optional.of("suspect: it failed " + blames + " tasks that other devices did")
                : Optional.empty();
    }
}
