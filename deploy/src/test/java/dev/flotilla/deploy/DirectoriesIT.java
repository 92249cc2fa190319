package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data directories that are not what they should be: copied to a second machine, put back from an older copy, used twice at one time. */
class DirectoriesIT {
    private static TestFleet fleet;
    private static SideEffects effects;

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException {
        effects = new SideEffects(folder);
        fleet = new TestFleet(folder)
                .leavingLinesIn(effects)
                .controller("--port", String.valueOf(TestFleet.freePort()))
                .agent("oak")
                .agent("elm")
                .agent("ash");
        fleet.ready("oak", "elm", "ash");
    }

    @AfterAll
    static void stop() {
        fleet.close();
    }

    /** Each machine has a boot id of its own; this one gives two in two mount namespaces. */
    @Test
    void aClonedDirectoryCountsNothingTwiceAndIsQuarantined() {
        boolean namespaces =
                Command.run(Map.of(), List.of("unshare", "-m", "true")).exit() == 0;
        Ci.needs(namespaces, "mount namespaces need root");
        try (Rounds rounds = Rounds.of("cloned data directory", 1, 20)) {
            rounds.each(seed -> {
                Random chance = new Random(seed * 0x9e3779b97f4a7c15L);
                List<Work> works = works("clone-" + seed, seed * 20_000);
                for (Work work : works) fleet.ask("job.submit", work.request());
                Command.await("oak has begun", () -> started(works) > 3);
                fleet.kill("oak");
                copy("oak", "oak-2");
                fleet.start("oak-2", words("oak-2"));
                fleet.again("oak", machine("barn"));
                String next = first();
                for (int n = 0; n < 5; n++) {
                    assertEquals(9, fleet.exit(next), () -> fleet.said("oak"));
                    String other = next.equals("oak") ? "oak-2" : "oak";
                    if (next.equals("oak")) fleet.again(next, machine("barn"));
                    else fleet.again(next);
                    next = other;
                }
                for (Work work : works) work.ends(fleet, effects, chance, rounds);
                assertEquals(
                        "quarantined",
                        fleet.ask("device.show", "{\"device\": \"oak\"}")
                                .at("/summary/state")
                                .asText());
                assertTrue(fleet.flotilla("explain", "oak").succeeded().out().contains("two machines"));
                assertTrue(fleet.flotilla("device", "show", "oak")
                        .succeeded()
                        .out()
                        .contains("two machines"));
                for (String clone : List.of("oak", "oak-2")) if (!fleet.ended(clone)) fleet.kill(clone);
                fleet.kill("controller");
                fleet.again("controller");
                fleet.awaitController();
                fleet.hangUp();
                fleet.ready("oak", "elm", "ash");
            });
        }
    }

    /** The one that the other's connection has ended. */
    private static String first() {
        Command.await("one of the clones gives way", () -> fleet.ended("oak") || fleet.ended("oak-2"));
        return fleet.ended("oak") ? "oak" : "oak-2";
    }

    @Test
    void anOlderCopyOfAnAgentsDirectoryGivesTheRightAnswer() {
        try (Rounds rounds = Rounds.of("older copy of an agent's directory", 2, 100)) {
            rounds.each(seed -> {
                Random chance = new Random(seed * 0x9e3779b97f4a7c15L);
                List<Work> works = works("older-" + seed, 1_000_000 + seed * 20_000);
                for (Work work : works) fleet.ask("job.submit", work.request());
                int before = chance.nextInt(15);
                Command.await("some tasks have begun", () -> started(works) > before);
                fleet.kill("elm");
                copy("elm", "elm-older");
                fleet.again("elm");
                int later = Math.min(started(works) + chance.nextInt(20), 40);
                Command.await("it has gone on", () -> started(works) >= later || over(works));
                fleet.kill("elm");
                copy("elm-older", "elm");
                fleet.again("elm");
                for (Work work : works) work.ends(fleet, effects, chance, rounds);
            });
        }
    }

    @Test
    void aSecondControllerOnOneDirectoryRefusesAndTheFirstGoesOn() {
        try (Rounds rounds = Rounds.of("the controller's directory started twice", 1, 20)) {
            rounds.each(seed -> {
                List<Work> works = works("twice-" + seed, 4_000_000 + seed * 20_000);
                for (Work work : works) fleet.ask("job.submit", work.request());
                Command second =
                        fleet.flotilla("controller", "--data", fleet.data().toString(), "--port", "0");
                assertEquals(1, second.exit(), second::toString);
                assertTrue(second.err().contains("another controller runs on"), second::toString);
                Command samePort = fleet.flotilla(
                        "controller",
                        "--data",
                        fleet.data().toString(),
                        "--port",
                        String.valueOf(fleet.broker().getPort()));
                assertNotEquals(0, samePort.exit(), samePort::toString);
                assertTrue(samePort.err().contains("next:"), samePort::toString);
                for (Work work : works) work.right(fleet, effects, rounds);
            });
        }
    }

    private static List<Work> works(String name, long from) {
        return List.of(
                new Work("r-" + name, from, 40, 100, "40ms", false),
                new Work("o-" + name, from + 10_000, 10, 100, "60ms", true));
    }

    private static int started(List<Work> works) {
        return works.stream()
                .mapToInt(work ->
                        effects.starts(work).values().stream().mapToInt(n -> n).sum())
                .sum();
    }

    private static boolean over(List<Work> works) {
        return works.stream()
                .allMatch(work ->
                        fleet.ofJob("job.result", work.id()).path("final").asBoolean());
    }

    /** Of a process that does not run. */
    private static void copy(String from, String to) {
        for (List<String> words : List.of(
                List.of("rm", "-rf", fleet.folder().resolve(to).toString()),
                List.of(
                        "cp",
                        "-a",
                        fleet.folder().resolve(from).toString(),
                        fleet.folder().resolve(to).toString()))) {
            Command.run(Map.of(), words).succeeded();
        }
    }

    /** oak's agent on another directory. */
    private static List<String> words(String directory) {
        String data = fleet.folder().resolve("oak").toString();
        List<String> words = new ArrayList<>(fleet.words("oak"));
        words.replaceAll(
                word -> word.equals(data) ? fleet.folder().resolve(directory).toString() : word);
        words.addAll(0, List.of(machine("attic")));
        return words;
    }

    private static String[] machine(String name) {
        try {
            Path id = fleet.folder().resolve(name + ".boot-id");
            if (!Files.exists(id))
                Files.writeString(id, UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)) + "\n");
            String mount = "mount --bind " + id + " /proc/sys/kernel/random/boot_id && exec \"$@\"";
            return new String[] {"unshare", "-m", "--propagation", "private", "sh", "-c", mount, "sh"};
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
