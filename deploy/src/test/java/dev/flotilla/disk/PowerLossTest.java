package dev.flotilla.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.deploy.Rounds;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.model.Digest;
import dev.flotilla.sim.Chance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The power goes at any write of agent or controller. What was recorded once gives any number of images of what the disk may hold then; from
 * each, a fresh pair must come to the right answers: every batch that was said to be committed is there, and nothing is started twice.
 */
class PowerLossTest {
    private static Path folder;
    private static Recording recording;

    @BeforeAll
    static void record() throws IOException, InterruptedException {
        System.setProperty("flotilla.log", "off");
        folder = Scratch.folder("power");
        recording = Recording.make(Files.createDirectory(folder.resolve("recorded")), 1);
    }

    @AfterAll
    static void remove() throws IOException {
        Scratch.remove(folder);
    }

    @Test
    void theRecordingHoldsEveryKindOfWrite() {
        Writes writes = recording.writes;
        for (String side : List.of(Pair.AGENT, Pair.CONTROLLER)) {
            String file = side + "/" + Pair.FILE;
            assertTrue(writes.writesTo(file.concat("-wal")::equals) > 50, side + "'s write-ahead log");
            assertTrue(writes.writesTo(file::equals) > 0, side + "'s checkpoints: " + writes.writesTo(file::equals));
        }
        assertTrue(writes.writesTo(name -> name.startsWith("agent/artifacts/")) > 4, "artifacts");
        assertTrue(writes.changesOfNames() > 10, "changes of names");
    }

    @Test
    void atAnyWriteOfTheAgent() {
        lose("power lost at any write: agent's disk", List.of(Pair.AGENT));
    }

    @Test
    void atAnyWriteOfTheController() {
        lose("power lost at any write: controller's disk", List.of(Pair.CONTROLLER));
    }

    @Test
    void atAnyWriteOfBothAtOnce() {
        lose("power lost at any write: both disks at once", List.of(Pair.AGENT, Pair.CONTROLLER));
    }

    private static void lose(String fault, List<String> victims) {
        int[] shorter = new int[1];
        try (Rounds rounds = Rounds.of(fault, 34, 3_334)) {
            rounds.each(seed -> {
                Chance chance = new Chance(seed);
                int cut = chance.between(0, recording.writes.size());
                Path image = folder.resolve("image");
                for (String side : List.of(Pair.AGENT, Pair.CONTROLLER)) {
                    if (victims.contains(side)) recording.writes.afterPowerLoss(cut, side, image, chance);
                    else recording.writes.atCut(cut, side, image);
                }
                wholeArtifacts(image.resolve("agent").resolve("artifacts"));
                try (Pair pair = new Pair(image, chance.id(), mark -> {})) {
                    pair.remember(recording.writes.marks(cut));
                    pair.agent.lostPower();
                    pair.controller.start();
                    pair.agent.start();
                    if (holds(pair.agent, Pair.AGENT, cut) + holds(pair.controller, Pair.CONTROLLER, cut) > 0)
                        shorter[0]++;
                    pair.settle();
                }
                Scratch.remove(image);
            });
            rounds.note(shorter[0] + " had a commit that nobody was told of");
        }
    }

    /** Every batch that was said to be committed, each as it was, and at most one more: how many more. */
    private static long holds(Pair.Side<?, ?, ?> side, String name, int cut) throws JournalFailed {
        long told = recording.committed(name, cut);
        long there = side.seq();
        assertTrue(there == told || there == told + 1, name + " has " + there + " commits, " + told + " were told");
        side.replay((seq, body) -> assertEquals(
                recording.batches.get(name + " " + seq), Digest.of(body).hex(), name + " " + seq));
        return there - told;
    }

    private static void wholeArtifacts(Path artifacts) throws IOException {
        if (!Files.exists(artifacts)) return;
        try (Stream<Path> files = Files.list(artifacts)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (!name.endsWith(".part"))
                    assertEquals(
                            name, Digest.of(Files.readAllBytes(file)).hex(), "an artifact that is not what it says");
            }
        }
    }
}
