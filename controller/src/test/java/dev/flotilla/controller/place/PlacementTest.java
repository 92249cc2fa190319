package dev.flotilla.controller.place;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.model.Capacity;
import dev.flotilla.model.DeviceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PlacementTest {
    private static Candidate device(
            String name, int slots, double load, OptionalDouble speed, int roundTripMs, int taskMs) {
        return new Candidate(
                new DeviceId(name),
                slots,
                100,
                load,
                speed,
                Duration.ofMillis(roundTripMs),
                Duration.ofMillis(taskMs),
                0);
    }

    private static TreeMap<String, Integer> shares(String policy, int tasks, Candidate... devices) {
        TreeMap<String, Integer> shares = new TreeMap<>();
        Optional<DeviceId> last = Optional.empty();
        for (int i = 0; i < tasks; i++) {
            Candidate chosen = PlacementPolicies.find(policy).choose(List.of(devices), last);
            chosen.take();
            last = Optional.of(chosen.device());
            shares.merge(chosen.device().value(), 1, Integer::sum);
        }
        return shares;
    }

    @Test
    void roundRobinTakesTurns() {
        assertEquals(
                "{elm=3, fir=3, oak=3}",
                shares("round-robin", 9, fast("elm"), fast("fir"), fast("oak")).toString());
    }

    private static Candidate fast(String name) {
        return device(name, 4, 0, OptionalDouble.empty(), 1, 1);
    }

    @Test
    void weightedSharesBySlotsAndMeasuredSpeed() {
        var shares = shares(
                "weighted",
                30,
                device("fast", 2, 0, OptionalDouble.of(2000), 1, 1),
                device("slow", 2, 0, OptionalDouble.of(1000), 1, 1));
        assertEquals("{fast=20, slow=10}", shares.toString());
    }

    @Test
    void leastLoadedGivesToWhoHoldsTheLeastPerSlotAndIsNotBusyOtherwise() {
        var shares = shares(
                "least-loaded",
                12,
                device("big", 4, 0, OptionalDouble.empty(), 1, 1),
                device("small", 2, 0, OptionalDouble.empty(), 1, 1));
        assertEquals("{big=8, small=4}", shares.toString());
        var busy = shares(
                "least-loaded",
                4,
                device("busy", 4, 2.0, OptionalDouble.empty(), 1, 1),
                device("idle", 4, 0, OptionalDouble.empty(), 1, 1));
        assertEquals("{idle=4}", busy.toString());
    }

    @Test
    void leastResponseTimeGivesToTheNearUntilItsQueueCostsMoreThanTheWay() {
        var shares = shares(
                "least-response-time",
                6,
                device("far", 1, 0, OptionalDouble.empty(), 35, 10),
                device("near", 1, 0, OptionalDouble.empty(), 1, 10));
        assertEquals("{far=1, near=5}", shares.toString());
    }

    @Test
    void everyPolicySaysWhyInWordsThatNameTheDevice() {
        for (PlacementPolicy policy : PlacementPolicies.all()) {
            List<Candidate> devices = new ArrayList<>(List.of(fast("elm"), fast("oak")));
            Candidate chosen = policy.choose(devices, Optional.empty());
            String why = policy.why(chosen, devices);
            assertTrue(
                    why.contains(chosen.device().value()) && why.contains("2 with room"), policy.name() + ": " + why);
        }
    }

    @Test
    void anUnknownPolicyIsRefusedNamingThoseThatThereAre() {
        String message = assertThrows(IllegalArgumentException.class, () -> PlacementPolicies.find("fastest"))
                .getMessage();
        assertTrue(message.contains("least-response-time"), message);
    }

    private static Capacity capacity() {
        TreeMap<String, String> facts = new TreeMap<>();
        facts.put("arch", "arm64");
        facts.put("cores", "4");
        TreeMap<String, String> labels = new TreeMap<>();
        labels.put("site", "berlin");
        return new Capacity(4, 0.5, 4L << 30, 300L << 20, OptionalDouble.of(61), OptionalDouble.empty(), facts, labels);
    }

    @Test
    void termsAreMetOrRefusedWithWhatTheDeviceSays() {
        for (String term : List.of(
                "arch == arm64",
                "mem_free >= 256MiB",
                "cores > 2",
                "label.site == berlin",
                "celsius < 70",
                "load<1",
                "slots != 3")) {
            assertEquals(Optional.empty(), Where.parse(term).refusal(capacity()), term);
        }
        assertEquals(Optional.of("arm64"), Where.parse("arch == x86_64").refusal(capacity()));
        assertEquals(Optional.of("4"), Where.parse("cores >= 10").refusal(capacity()), "numbers compare as numbers");
        assertTrue(
                Where.parse("label.rack == 7").refusal(capacity()).orElseThrow().contains("nothing"));
    }

    @Test
    void aTermThatCannotBeMeantIsRefused() {
        for (String term : List.of("arch = arm64", "wheels > 3", "mem_free >= much", "")) {
            assertThrows(IllegalArgumentException.class, () -> Where.parse(term), term);
        }
        assertFalse(Where.missingLabel(capacity(), new TreeMap<>(java.util.Map.of("site", "berlin")))
                .isPresent());
        assertTrue(Where.missingLabel(capacity(), new TreeMap<>(java.util.Map.of("site", "bonn")))
                .isPresent());
    }
}
