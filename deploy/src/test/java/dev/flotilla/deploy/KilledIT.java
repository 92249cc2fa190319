package dev.flotilla.deploy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.model.FleetName;
import dev.flotilla.security.OwnerOnly;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real processes, killed at a random moment of two jobs' life, one repeatable and one of one-time work, and started again: a round. A fleet lives
 * through {@value #ROUNDS_A_FLEET} rounds. {@code -Dflotilla.first=N -Dflotilla.rounds=1} repeats round N as far as real time allows.
 */
class KilledIT {
    private static final int ROUNDS_A_FLEET = 100;
    private static final List<String> AGENTS = List.of("oak", "elm", "ash");
    private static final String CONTROLLER = "controller";
    private static final String BROKER = "broker";
    /** A moment's worth of a request that the dying may never answer. */
    private static final Duration PATIENCE = Duration.ofMillis(400);

    private static final TreeMap<Boolean, World> WORLDS = new TreeMap<>();

    @TempDir
    static Path folder;

    @Test
    void killedAgentsLoseNothing() throws IOException {
        rounds("a", "SIGKILL of agents", 4, 500, false, (chance, victims) -> {
            victims.add(AGENTS.get(chance.nextInt(3)));
            while (chance.nextInt(3) == 0) victims.add(AGENTS.get(chance.nextInt(3)));
        });
    }

    @Test
    void aKilledControllerWithItsBrokerLosesNothing() throws IOException {
        rounds("c", "SIGKILL of the controller, its broker within", 4, 500, false, (chance, victims) -> {
            victims.add(CONTROLLER);
            for (String agent : AGENTS) if (chance.nextInt(3) > 0) victims.add(agent);
        });
    }

    @Test
    void aKilledBrokerLosesNothing() throws IOException {
        rounds("b", "SIGKILL of the broker, Mosquitto", 4, 500, true, (chance, victims) -> {
            victims.add(BROKER);
            if (chance.nextInt(4) == 0) victims.add(CONTROLLER);
            if (chance.nextInt(4) == 0) victims.add(AGENTS.get(chance.nextInt(3)));
        });
    }

    private interface Draw {
        void draw(Random chance, TreeSet<String> victims);
    }

    /** @param row  begins the ids of its jobs: two rows share a fleet */
    private static void rounds(String row, String fault, int quick, int full, boolean mosquitto, Draw draw)
            throws IOException {
        try (Rounds rounds = Rounds.of(fault, quick, full)) {
            int[] within = {0};
            rounds.each(seed -> {
                if (world(mosquitto).round(row, seed, draw, rounds)) within[0]++;
            });
            rounds.note(within[0] + " struck before both jobs had ended");
        }
    }

    private static World world(boolean mosquitto) throws IOException {
        World world = WORLDS.get(mosquitto);
        if (world != null && world.lived < ROUNDS_A_FLEET) return world;
        if (world != null) world.close();
        world = new World(Files.createTempDirectory(folder, "fleet"), mosquitto);
        WORLDS.put(mosquitto, world);
        return world;
    }

    @AfterAll
    static void stop() {
        WORLDS.values().forEach(World::close);
        WORLDS.clear();
    }

    /** A fleet, and what was done to it. */
    private static final class World implements AutoCloseable {
        private final Optional<Mosquitto> mosquitto;
        private final TestFleet fleet;
        private final SideEffects effects;
        private final long began = System.nanoTime();
        /** How long two jobs take that nothing disturbs. */
        private final long life;
        /** Who has lost its broker since it was started. It waits the longer the next time: so next time it is killed, too. */
        private final TreeSet<String> waited = new TreeSet<>();

        private int lived;

        World(Path folder, boolean withMosquitto) throws IOException {
            Files.createDirectories(folder);
            List<String> users = new ArrayList<>(AGENTS);
            users.add(CONTROLLER);
            mosquitto =
                    withMosquitto ? Optional.of(new Mosquitto(folder, new FleetName("it"), users)) : Optional.empty();
            effects = new SideEffects(folder);
            fleet = new TestFleet(folder).leavingLinesIn(effects);
            if (withMosquitto) {
                fleet.controller(
                        "--broker",
                        mosquitto.get().address().toString(),
                        "--broker-user",
                        CONTROLLER,
                        "--broker-password-file",
                        password(folder, CONTROLLER));
                for (String id : AGENTS) fleet.agent(id, "--broker-password-file", password(folder, id));
            } else {
                fleet.controller("--port", String.valueOf(TestFleet.freePort()));
                for (String id : AGENTS) fleet.agent(id);
            }
            fleet.ready(AGENTS.toArray(String[]::new));
            undisturbed("cold");
            life = undisturbed("warm");
        }

        private static String password(Path folder, String user) throws IOException {
            Path file = folder.resolve(user + ".pw");
            OwnerOnly.write(file, ("pw-" + user).getBytes(StandardCharsets.UTF_8));
            return file.toString();
        }

        private long undisturbed(String name) {
            List<Work> works = works(name, 0, new Random(0));
            long start = System.nanoTime();
            for (Work work : works) fleet.ask("job.submit", work.request());
            for (Work work : works) fleet.end(work.id());
            return System.nanoTime() - start;
        }

        private static List<Work> works(String name, long seed, Random chance) {
            Work repeatable = new Work("r-" + name, seed * 10_000, 40, 100, 2 + chance.nextInt(10) + "ms", false);
            Work once = new Work("o-" + name, seed * 10_000 + 5_000, 10, 100, 5 + chance.nextInt(30) + "ms", true);
            return chance.nextBoolean() ? List.of(repeatable, once) : List.of(once, repeatable);
        }

        /** @return whether the kill struck before both jobs had ended */
        boolean round(String row, long seed, Draw draw, Rounds rounds) {
            Random chance = new Random(seed * 0x9e3779b97f4a7c15L);
            effects.clear();
            List<Work> works = works(row + seed, seed, chance);
            TreeSet<String> victims = new TreeSet<>();
            draw.draw(chance, victims);
            boolean cut = victims.contains(BROKER) || mosquitto.isEmpty() && victims.contains(CONTROLLER);
            if (cut) victims.addAll(waited);
            long at = (long) (chance.nextDouble() * 1.1 * life);
            long down = chance.nextInt(3) == 0 ? chance.nextInt(300) : 0;

            Executor then = CompletableFuture.delayedExecutor(at, TimeUnit.NANOSECONDS);
            CompletableFuture<Void> killed = CompletableFuture.runAsync(() -> kill(victims), then);
            TreeSet<String> accepted = new TreeSet<>();
            for (Work work : works)
                if (fleet.ask("job.submit", work.request(), PATIENCE).isPresent()) accepted.add(work.id());
            killed.join();
            CompletableFuture.runAsync(
                            () -> startAgain(victims), CompletableFuture.delayedExecutor(down, TimeUnit.MILLISECONDS))
                    .join();
            if (cut) {
                fleet.hangUp();
                waited.addAll(AGENTS);
                if (mosquitto.isPresent()) waited.add(CONTROLLER);
            }
            waited.removeAll(victims);
            boolean struck = false;
            for (Work work : works) {
                ObjectNode reply = submitted(work);
                if (reply.path("new").asBoolean() && accepted.contains(work.id()))
                    rounds.lost(work.id() + ", which was accepted");
                struck |= reply.path("state").asText().equals("running");
            }
            for (Work work : works) work.ends(fleet, effects, chance, rounds);
            if (++lived % 10 == 0)
                System.out.printf(
                        "round %d: %d lived, %.2f s each%n", seed, lived, (System.nanoTime() - began) / 1e9 / lived);
            return struck;
        }

        /** Asked in short turns: what a controller that comes up has not heard yet is asked again. */
        private ObjectNode submitted(Work work) {
            AtomicReference<ObjectNode> reply = new AtomicReference<>();
            Command.await("the controller answers", () -> {
                fleet.ask("job.submit", work.request(), PATIENCE).ifPresent(reply::set);
                return reply.get() != null;
            });
            return reply.get();
        }

        private void kill(TreeSet<String> victims) {
            for (String victim : victims) {
                if (victim.equals(BROKER)) mosquitto.orElseThrow().kill();
                else fleet.kill(victim);
            }
        }

        private void startAgain(TreeSet<String> victims) {
            try {
                if (victims.contains(BROKER)) mosquitto.orElseThrow().start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            for (String victim : victims) if (!victim.equals(BROKER)) fleet.again(victim);
            if (victims.contains(CONTROLLER)) fleet.awaitController();
        }

        @Override
        public void close() {
            fleet.close();
            mosquitto.ifPresent(Mosquitto::close);
        }
    }
}
