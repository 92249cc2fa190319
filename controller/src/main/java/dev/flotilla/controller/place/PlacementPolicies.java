package dev.flotilla.controller.place;

import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Quoted;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Every balancing policy by its name. */
public final class PlacementPolicies {
    private static final List<PlacementPolicy> ALL = List.of(
            new RoundRobin(),
            new Least("weighted", "the least work for its slots and measured speed") {
                @Override
                ToDoubleFunction<Candidate> measure(List<Candidate> candidates) {
                    double fastest = 0;
                    for (Candidate c : candidates) fastest = Math.max(fastest, c.speedOr(0));
                    double best = fastest;
                    return c -> c.share(best);
                }
            },
            new Least("least-loaded", "the least held per slot, its machine's load included") {
                @Override
                ToDoubleFunction<Candidate> measure(List<Candidate> candidates) {
                    return Candidate::pressure;
                }
            },
            new Least("least-response-time", "the soonest answer by round trip and work ahead") {
                @Override
                ToDoubleFunction<Candidate> measure(List<Candidate> candidates) {
                    return Candidate::response;
                }
            });

    private PlacementPolicies() {}

    /** @throws IllegalArgumentException naming those that there are */
    public static PlacementPolicy find(String name) {
        for (PlacementPolicy policy : ALL) if (policy.name().equals(name)) return policy;
        throw new IllegalArgumentException("no policy is called " + Quoted.of(name) + "; there are "
                + ALL.stream().map(PlacementPolicy::name).collect(Collectors.joining(", ")));
    }

    /** All of them. */
    public static List<PlacementPolicy> all() {
        return ALL;
    }

    /** One after the other, by name. */
    private static final class RoundRobin implements PlacementPolicy {
        @Override
        public String name() {
            return "round-robin";
        }

        @Override
        public Candidate choose(List<Candidate> candidates, Optional<DeviceId> last) {
            if (last.isPresent()) {
                for (Candidate c : candidates) if (c.device().compareTo(last.get()) > 0) return c;
            }
            return candidates.get(0);
        }

        @Override
        public String why(Candidate chosen, List<Candidate> candidates) {
            return "its turn among " + candidates.size() + " with room: " + chosen.words();
        }
    }

    /** The one with the least of something. */
    private abstract static class Least implements PlacementPolicy {
        private final String name;
        private final String of;

        Least(String name, String of) {
            this.name = name;
            this.of = of;
        }

        abstract ToDoubleFunction<Candidate> measure(List<Candidate> candidates);

        @Override
        public String name() {
            return name;
        }

        @Override
        public Candidate choose(List<Candidate> candidates, Optional<DeviceId> last) {
            ToDoubleFunction<Candidate> measure = measure(candidates);
            Candidate best = candidates.get(0);
            double least = measure.applyAsDouble(best);
            for (int i = 1; i < candidates.size(); i++) {
                double m = measure.applyAsDouble(candidates.get(i));
                if (m < least) {
                    least = m;
                    best = candidates.get(i);
                }
            }
            return best;
        }

        @Override
        public String why(Candidate chosen, List<Candidate> candidates) {
            return of + " among " + candidates.size() + " with room: " + chosen.words();
        }
    }
}
