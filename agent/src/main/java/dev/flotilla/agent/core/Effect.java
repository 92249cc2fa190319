package dev.flotilla.agent.core;

import dev.flotilla.link.Envelope;
import dev.flotilla.link.Order;
import dev.flotilla.model.AttemptId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Spec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;

/** A deed for after the commit. */
public sealed interface Effect {
    /** Say this to the controller; a report's wall clock is filled in by the hands. */
    record Send(Envelope envelope) implements Effect {}

    /** Run this attempt in a fresh directory; its end comes back as {@link Input.Ended}. {@code timeout} zero: none. */
    record Start(long serial, AttemptId attempt, Spec spec, ShardInput shard, Duration timeout) implements Effect {}

    /** End a running attempt, its whole process group; nothing comes back. */
    record Kill(long serial) implements Effect {}

    /** Write these bytes of an artifact; comes back as {@link Input.Stored}. */
    record Store(Order.Chunk chunk) implements Effect {}

    /** Say how much of an artifact is there already: {@link Input.Stored}. */
    record Look(Digest digest) implements Effect {}

    /** No attempt needs this artifact any more. */
    record Forget(Digest digest) implements Effect {}

    /** No attempt needs any other artifact than these: a crash may have come between an attempt's end and its {@link Forget}. */
    record ForgetOthers(SortedSet<Digest> needed) implements Effect {}

    /** A line for the agent's log: a name and its keys. */
    record Note(boolean warning, String name, List<String> keys) implements Effect {
        static Note of(String name, Object... keys) {
            return new Note(false, name, words(keys));
        }

        static Note warning(String name, Object... keys) {
            return new Note(true, name, words(keys));
        }

        private static List<String> words(Object... keys) {
            List<String> words = new ArrayList<>();
            for (Object key : keys) words.add(String.valueOf(key));
            return words;
        }
    }
}
