package dev.flotilla.sim;

import java.time.Duration;
import java.util.Locale;

/**
 * One thing that goes wrong, or that somebody does. It draws what it needs from a seed of its own, so that leaving one out does not change the
 * others.
 *
 * @param who     a device, by its number; -1: the controller, or the whole world
 * @param length  how long it lasts, where it lasts
 */
record Fault(Kind kind, Duration at, int who, Duration length, long seed) {
    /** Whom a kind can strike. */
    enum Where {
        EITHER,
        DEVICE,
        WORLD
    }

    /** What can happen. */
    enum Kind {
        CRASH(Where.EITHER, 12, "is killed"),
        STOP(Where.EITHER, 4, "is stopped"),
        POWER_CUT_BEFORE_COMMIT(Where.EITHER, 5, "loses power before its next commit is written"),
        POWER_CUT_AFTER_COMMIT(
                Where.EITHER, 5, "loses power when its next commit is written, before anything is let out"),
        POWER_CUT_AMONG_EFFECTS(Where.EITHER, 5, "loses power among the effects of a commit"),
        COMMITS_FAIL(Where.EITHER, 4, "cannot write"),
        COMMIT_FAILS_THOUGH_WRITTEN(Where.EITHER, 3, "hears that its next commit failed, and it is written"),
        SLOW_DISK(Where.EITHER, 3, "has a slow disk"),
        DISK_LIES(Where.EITHER, 2, "loses power, and its last commit, which the disk said was written"),
        ROLLED_BACK(Where.EITHER, 2, "starts from an older copy of its disk"),
        CLOCK_JUMPS(Where.EITHER, 1, "has another wall clock"),
        EARLY_TICK(Where.EITHER, 3, "is woken too early"),
        CUT(Where.DEVICE, 10, "is cut off"),
        CUT_UP(Where.DEVICE, 5, "is not heard"),
        CUT_DOWN(Where.DEVICE, 5, "hears nothing"),
        REBOOTS_OFFLINE(Where.DEVICE, 3, "is cut off and starts again and again"),
        JOURNAL_LOST(Where.DEVICE, 2, "loses its journal"),
        CLONED(Where.DEVICE, 2, "has its card copied, and both run"),
        MEASURES(Where.DEVICE, 3, "has another load"),
        LIES(Where.DEVICE, 30, "lies"),
        BROKER_RESTARTS(Where.WORLD, 2, "broker restarts: all links drop"),
        REPLAYS(Where.WORLD, 8, "somebody sends a recorded envelope"),
        ASKS(Where.WORLD, 8, "a client asks"),
        RELEASES(Where.WORLD, 6, "the operator decides on held tasks"),
        CANCELS(Where.WORLD, 1, "a client cancels a job"),
        REMOVES(Where.WORLD, 2, "a client removes a job"),
        RESTORED(Where.WORLD, 1, "the operator restores the controller from an older copy"),
        CUT_FOR_WEEKS(Where.DEVICE, 0, "is cut off for weeks"),
        RESTS_FOR_WEEKS(Where.DEVICE, 0, "is switched off for weeks");

        final Where where;
        /** How often, compared with others. */
        final int weight;

        final String words;

        Kind(Where where, int weight, String words) {
            this.where = where;
            this.weight = weight;
            this.words = words;
        }

        /** As the table of what was met names it. */
        String met() {
            return "fault " + name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    String words() {
        String subject = kind.where == Where.WORLD ? "" : who < 0 ? "the controller " : "device-" + who + " ";
        return "at " + Trace.time(at) + " " + subject + kind.words
                + (length.isZero() ? "" : ", for " + Trace.time(length));
    }
}
