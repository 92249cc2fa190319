package dev.flotilla.controller.core;

import dev.flotilla.link.Greeting;
import dev.flotilla.link.Order;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.shard.ShardPlan;
import java.util.Optional;
import java.util.SortedSet;

/** A deed for after the commit. */
public sealed interface Effect {
    /** Answer a hello. */
    record SendGreeting(DeviceId device, Greeting greeting) implements Effect {}

    /** Its seq, its slices and its chunk are filled in by the hands, which have journal and files. */
    record SendOrder(DeviceId device, Order order) implements Effect {}

    /** Answer a client's request. */
    record Reply(long request, View view) implements Effect {}

    /** Make a running job's large shards known by their own digests. */
    record KnowPlan(ShardPlan plan) implements Effect {}

    /** The job has ended: its large shards need not be known any more. */
    record ForgetPlan(ShardPlan plan) implements Effect {}

    /** Forget these artifacts, and all that were put long ago, unless a job needs them: {@link Input.Query.Artifacts} says which. */
    record ForgetArtifacts(SortedSet<Digest> digests) implements Effect {}

    /** Tell watchers of a job. */
    record TellJob(View.JobEvent event) implements Effect {}

    /** Tell watchers of a device. */
    record TellDevice(DeviceId device, String state) implements Effect {}

    /** Who a device is from now on: which link key it has, which public key, and whether it is let in. */
    record Standing(DeviceId device, Member.State state, int keyVersion, Optional<Digest> key) implements Effect {
        /** False for one that was removed, or waits for the operator's word. */
        public boolean active() {
            return state == Member.State.ACTIVE;
        }
    }

    /** Every device's standing was said: who has none came by a file. */
    record StandingsTold() implements Effect {}

    /** A line for the controller's log: a name and its keys. */
    record Note(boolean warning, String name, java.util.List<String> keys) implements Effect {
        static Note of(String name, Object... keys) {
            return new Note(false, name, words(keys));
        }

        static Note warning(String name, Object... keys) {
            return new Note(true, name, words(keys));
        }

        private static java.util.List<String> words(Object... keys) {
            java.util.List<String> words = new java.util.ArrayList<>();
            for (Object key : keys) words.add(String.valueOf(key));
            return words;
        }
    }
}
