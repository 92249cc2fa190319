package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real processes, killed at random moments of two jobs' life, one repeatable and one of one-time work, and started again: a kill is a round. Two
 * jobs live through up to {@value #ROUNDS_A_PAIR} rounds, one after the other without waiting for all to be well, and are checked at their end;
 * a fleet lives through {@value #ROUNDS_A_FLEET}. Most kills wait until their first victim works again: an agent has started a task, results have
 * come through a broker, or to a controller; the others strike a fleet that may just come up.
 */
class KilledIT {
    private static final int ROUNDS_A_PAIR = 8;
    private static final int ROUNDS_A_FLEET = 100;
    private static final List<String> AGENTS = List.of("oak", "elm", "ash");
    private static final String CONTROLLER = "controller";
    private static final String BROKER = "broker";
    /** A moment's worth of a request that the dying may never answer. */
    private static final Duration PATIENCE = Duration.ofMillis(400);
    /** Who has lost its broker so often since it was started is killed next time, too: it would wait longer from then on. */
    private static final int LOSSES = 2;

    /** The controller is asked each so many looks at the fleet. */
    private static final int LOOKS = 8;

    private static final TreeMap<Boolean, World> WORLDS = new TreeMap<>();
    /** Kills of all rows so far, and those that struck while tasks ran, as far as was seen. */
    private static int kills;

    private static int within;

    @TempDir
    static Path folder;

    @Test
    void killedAgentsLoseNothing() throws IOException {
        rounds("a", "SIGKILL of agents", 4, 500, false, chance -> {
            List<String> victims = new ArrayList<>(List.of(agent(chance)));
            while (chance.nextInt(3) == 0) victims.add(agent(chance));
            return victims;
        });
    }

    @Test
    void aKilledControllerWithItsBrokerLosesNothing() throws IOException {
        rounds("c", "SIGKILL of the controller, its broker within", 4, 500, false, chance -> {
            List<String> victims = new ArrayList<>(List.of(CONTROLLER));
            while (chance.nextInt(3) > 0) victims.add(agent(chance));
            return victims;
        });
    }

    @Test
    void aKilledBrokerLosesNothing() throws IOException {
        rounds("b", "SIGKILL of the broker, Mosquitto", 4, 500, true, chance -> {
            List<String> victims = new ArrayList<>(List.of(BROKER));
            if (chance.nextInt(4) == 0) victims.add(CONTROLLER);
            if (chance.nextInt(4) == 0) victims.add(agent(chance));
            return victims;
        });
    }

    private static String agent(Random chance) {
        return AGENTS.get(chance.nextInt(AGENTS.size()));
    }

    /** @param row  begins the ids of its jobs: two rows share a fleet */
    private static void rounds(
            String row, String fault, int quick, int full, boolean mosquitto, Function<Random, List<String>> draw)
            throws IOException {
        try (Rounds rounds = Rounds.of(fault, quick, full)) {
            int before = within;
            rounds.each(seed -> {
                try {
                    if (world(mosquitto).round(row, seed, draw, rounds)) within++;
                    kills++;
                } catch (IOException | RuntimeException | AssertionError e) {
                    stop(mosquitto);
                    throw e;
                }
            });
            rounds.note((within - before) + " struck while tasks ran");
            if (rounds.count() > 4) assertTrue(within > before, "no kill struck while tasks ran");
        }
    }

    private static World world(boolean mosquitto) throws IOException {
        World world = WORLDS.get(mosquitto);
        if (world != null && (world.lived < ROUNDS_A_FLEET || !world.works.isEmpty())) return world;
        stop(mosquitto);
        world = new World(Files.createTempDirectory(folder, "fleet"), mosquitto);
        WORLDS.put(mosquitto, world);
        return world;
    }

    private static void stop(boolean mosquitto) {
        World world = WORLDS.remove(mosquitto);
        if (world != null) world.close();
    }

    @AfterAll
    static void stop() {
        stop(false);
        stop(true);
        if (kills >= 12) assertTrue(within > 0, "no kill struck while tasks ran");
    }

    /** A fleet, and what was done to it. */
    private static final class World implements AutoCloseable {
        private final Optional<Mosquitto> mosquitto;
        private final TestFleet fleet;
        private final SideEffects effects;
        private final long began = System.nanoTime();
        /** How often each has lost its broker since it was started. */
        private final TreeMap<String, Integer> losses = new TreeMap<>();

        private List<Work> works = List.of();
        /** The round that the jobs began with. */
        private long since;

        private int lived;
        private boolean controllerComes;

        World(Path folder, boolean withMosquitto) throws IOException {
            List<String> users = new ArrayList<>(AGENTS);
            users.add(CONTROLLER);
            mosquitto =
                    withMosquitto ? Optional.of(new Mosquitto(folder, new FleetName("it"), users)) : Optional.empty();
            effects = new SideEffects(folder);
            fleet = new TestFleet(folder).leavingLinesIn(effects);
            try {
                begin(folder);
            } catch (IOException | RuntimeException | AssertionError e) {
                close();
                throw e;
            }
        }

        private void begin(Path folder) throws IOException {
            if (mosquitto.isPresent()) {
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
        }

        private static String password(Path folder, String user) throws IOException {
            Path file = folder.resolve(user + ".pw");
            OwnerOnly.write(file, ("pw-" + user).getBytes(StandardCharsets.UTF_8));
            return file.toString();
        }

        private static List<Work> pair(String name, long seed, Random chance) {
            Work repeatable = new Work("r-" + name, seed * 100_000, 400, 100, 10 + chance.nextInt(50) + "ms", false);
            Work once = new Work("o-" + name, seed * 100_000 + 50_000, 100, 100, 10 + chance.nextInt(50) + "ms", true);
            return chance.nextBoolean() ? List.of(repeatable, once) : List.of(once, repeatable);
        }

        /** @return whether tasks ran when the kill struck, as far as was seen */
        boolean round(String row, long seed, Function<Random, List<String>> draw, Rounds rounds) {
            Random chance = new Random(seed * 0x9e3779b97f4a7c15L);
            List<String> victims = new ArrayList<>(new LinkedHashSet<>(draw.apply(chance)));
            boolean cut = victims.contains(BROKER) || mosquitto.isEmpty() && victims.contains(CONTROLLER);
            if (cut)
                losses.forEach((name, lost) -> {
                    if (lost >= LOSSES && !victims.contains(name)) victims.add(name);
                });
            if (!works.isEmpty()) rounds.since(since);
            boolean blind = chance.nextInt(4) == 0;
            int at = chance.nextInt(600);
            int down = chance.nextInt(3) == 0 ? chance.nextInt(300) : 0;

            boolean atWork = !works.isEmpty() && !blind && awaitWork(victims.get(0));
            if (!works.isEmpty() && !blind && !atWork) end(chance, rounds);
            if (works.isEmpty()) {
                effects.clear();
                works = pair(row + seed, seed, chance);
                since = seed;
                rounds.since(since);
                asked("controller.info", "{}"); // so that there is a connection before the kill
                CompletableFuture<Void> killed = later(at, () -> kill(victims));
                TreeSet<String> accepted = new TreeSet<>();
                for (Work work : works)
                    if (fleet.ask("job.submit", work.request(), PATIENCE).isPresent()) accepted.add(work.id());
                killed.join();
                atWork = !effects.processes().isEmpty();
                later(down, () -> startAgain(victims, cut)).join();
                for (Work work : works)
                    if (asked("job.submit", work.request()).path("new").asBoolean() && accepted.contains(work.id()))
                        rounds.lost(work.id() + ", which was accepted");
            } else {
                later(at, () -> kill(victims)).join();
                later(down, () -> startAgain(victims, cut)).join();
            }
            if (seed - since == ROUNDS_A_PAIR - 1 || rounds.last()) end(chance, rounds);
            if (++lived % 10 == 0)
                System.out.printf(
                        "round %d: %d lived, %.2f s each%n", seed, lived, (System.nanoTime() - began) / 1e9 / lived);
            return atWork;
        }

        private static CompletableFuture<Void> later(int millis, Runnable deed) {
            return CompletableFuture.runAsync(deed, CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS));
        }

        /** Waits until that one has worked since its last start. @return false if there is nothing left to do before */
        private boolean awaitWork(String name) {
            boolean agent = AGENTS.contains(name);
            boolean[] atWork = {false};
            long[] first = {-1};
            int[] looks = {0};
            Command.await(name + " works, or all is done or held", () -> {
                if (agent && effects.processes().contains(fleet.pid(name))) return atWork[0] = true;
                if (looks[0]++ % LOOKS != 0)
                    return false; // a controller that is asked all the time has no time to work
                long counted = 0;
                boolean over = true;
                for (Work work : works) {
                    ObjectNode result = asked("job.result", "{\"job\": \"" + work.id() + "\"}");
                    long done = result.at("/coverage/shards_counted").asLong();
                    counted += done;
                    over &= done + held(work) >= work.shards()
                            || result.path("final").asBoolean();
                }
                if (first[0] < 0) first[0] = counted;
                atWork[0] = !agent && !over && counted > first[0];
                return atWork[0] || over;
            });
            return atWork[0];
        }

        private long held(Work work) {
            String job = "{\"job\": \"" + work.id() + "\"}";
            return work.once() ? asked("job.show", job).path("held").size() : 0;
        }

        private void end(Random operator, Rounds rounds) {
            asked("controller.info", "{}");
            for (Work work : works) work.ends(fleet, effects, operator, rounds);
            works = List.of();
        }

        /** Asked in short turns: what a controller that comes up has not heard yet is asked again. */
        private ObjectNode asked(String verb, String request) {
            if (controllerComes) fleet.awaitController();
            controllerComes = false;
            AtomicReference<ObjectNode> reply = new AtomicReference<>();
            Command.await("the controller answers", () -> {
                fleet.ask(verb, request, PATIENCE).ifPresent(reply::set);
                return reply.get() != null;
            });
            return reply.get();
        }

        private void kill(List<String> victims) {
            for (String victim : victims) {
                if (victim.equals(BROKER)) mosquitto.orElseThrow().kill();
                else fleet.kill(victim);
            }
        }

        private void startAgain(List<String> victims, boolean cut) {
            try {
                if (victims.contains(BROKER)) mosquitto.orElseThrow().start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            for (String victim : victims) if (!victim.equals(BROKER)) fleet.again(victim);
            if (cut) {
                for (String agent : AGENTS) losses.merge(agent, 1, Integer::sum);
                if (mosquitto.isPresent()) losses.merge(CONTROLLER, 1, Integer::sum);
            }
            victims.forEach(losses::remove);
            controllerComes |= victims.contains(CONTROLLER);
            if (cut) fleet.hangUp();
        }

        @Override
        public void close() {
            fleet.close();
            mosquitto.ifPresent(Mosquitto::close);
        }
    }
}
