package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A job over a range that no other job of its fleet has, and the right answer to it, worked out here.
 *
 * @param from   the first number
 * @param each   numbers in a shard
 * @param delay  of a task, as in a job file
 * @param once   a task is one-time work
 */
record Work(String id, long from, int shards, int each, String delay, boolean once) {
    String request() {
        return "{\"id\": \"" + id + "\", \"input\": {\"range\": \"" + from + ".." + (from + (long) shards * each)
                + "\"}, \"shard\": {\"count\": " + shards + "}, \"program\": {\"builtin\": \"sum\", \"delay\": \""
                + delay + "\"}, \"once\": " + once + "}";
    }

    /** The shard that begins with this number, if it is one of this job. */
    OptionalInt shard(long first) {
        boolean mine = first >= from && first < from + (long) shards * each && (first - from) % each == 0;
        return mine ? OptionalInt.of((int) ((first - from) / each)) : OptionalInt.empty();
    }

    private BigInteger sum(TreeSet<Integer> of) {
        BigInteger sum = BigInteger.ZERO;
        for (int shard : of)
            for (long n = from + (long) shard * each, end = n + each; n < end; n++)
                sum = sum.add(BigInteger.valueOf(n));
        return sum;
    }

    /**
     * Waits for the end, and decides on held tasks as an operator does: one that left no line has done nothing and is run again; of one that left
     * a line chance says whether its line is enough, so that it is given up, or may be there twice. Then checks value, coverage, that each
     * shard counted once, that the recovery log proves it, and that one-time work was started once between two releases.
     */
    void ends(TestFleet fleet, SideEffects effects, Random operator, Rounds rounds) {
        TreeMap<Integer, Integer> permits = new TreeMap<>();
        TreeSet<Integer> givenUp = new TreeSet<>();
        Command.await(id + " ends", () -> {
            if (fleet.ofJob("job.result", id).path("final").asBoolean()) return true;
            if (once)
                for (JsonNode held : fleet.ofJob("job.show", id).path("held"))
                    decide(fleet, effects, operator, held.path("task").asText(), permits, givenUp);
            return false;
        });
        right(fleet, effects, permits, givenUp, rounds);
    }

    private void decide(
            TestFleet fleet,
            SideEffects effects,
            Random operator,
            String task,
            Map<Integer, Integer> permits,
            TreeSet<Integer> givenUp) {
        int shard = Integer.parseInt(task.substring(id.length() + 1));
        boolean again = !effects.starts(this).containsKey(shard) || operator.nextBoolean();
        if (again) permits.merge(shard, 1, Integer::sum);
        else givenUp.add(shard);
        fleet.ask("job.release", "{\"job\": \"" + task + "\", \"again\": " + again + "}");
    }

    /** What stands in {@link #ends}, of a job that has ended. */
    void right(
            TestFleet fleet,
            SideEffects effects,
            Map<Integer, Integer> permits,
            TreeSet<Integer> givenUp,
            Rounds rounds) {
        ObjectNode result = fleet.ofJob("job.result", id);
        TreeSet<Integer> done = new TreeSet<>();
        for (JsonNode shard : fleet.ofJob("job.shards", id).path("shards"))
            if (shard.path("state").asText().equals("done"))
                done.add(shard.path("index").asInt());
        for (int shard = 0; shard < shards; shard++)
            if (!done.contains(shard) && !givenUp.contains(shard)) rounds.lost(id + "/" + shard + ": " + result);
        int value = new BigInteger(result.path("value").asText("0")).compareTo(sum(done));
        if (value < 0) rounds.lost(id + ", its value: " + result);
        if (value > 0) rounds.doubled(id + ", its value: " + result);
        long byDevice = 0;
        for (JsonNode device : result.at("/coverage/devices/by_device"))
            byDevice += device.path("shards").asLong();
        assertEquals(done.size(), byDevice, result::toString);
        assertEquals(done.size(), result.at("/coverage/shards_counted").asInt(), result::toString);
        assertEquals(
                done.size() == shards ? "done" : "failed", result.path("state").asText(), result::toString);
        ObjectNode proof = fleet.ofJob("job.verify", id);
        assertTrue(proof.path("verified").asBoolean(), proof::toString);
        TreeMap<Integer, Integer> starts = effects.starts(this);
        for (int shard : done)
            if (!starts.containsKey(shard)) rounds.lost(id + "/" + shard + " counted, never started");
        if (!once) return;
        starts.forEach((shard, lines) -> {
            if (lines > 1 + permits.getOrDefault(shard, 0))
                rounds.doubled("one-time " + id + "/" + shard + " started " + lines + " times");
        });
    }

    /** The same, where nobody had to decide anything. */
    void right(TestFleet fleet, SideEffects effects, Rounds rounds) {
        fleet.end(id);
        right(fleet, effects, Map.of(), new TreeSet<>(), rounds);
    }
}
