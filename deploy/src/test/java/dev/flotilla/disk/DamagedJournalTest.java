package dev.flotilla.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.deploy.Rounds;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.journal.SqliteJournal;
import dev.flotilla.model.Digest;
import dev.flotilla.sim.Chance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A journal's files are damaged between two starts. Either that is found, then or later: the agent sets the journal aside and goes on, the
 * controller refuses, each time. Or it changes nothing, or makes the journal an older copy, which the protocol heals.
 * Whatever it is, the answers are right.
 */
class DamagedJournalTest {
    private static Path folder;
    private static Recording recording;

    @BeforeAll
    static void record() throws IOException, InterruptedException {
        System.setProperty("flotilla.log", "off");
        folder = Scratch.folder("damage");
        recording = Recording.make(Files.createDirectory(folder.resolve("recorded")), 2);
    }

    @AfterAll
    static void remove() throws IOException {
        Scratch.remove(folder);
    }

    @Test
    void ofTheAgent() {
        damage("damaged journal file: agent", Pair.AGENT);
    }

    @Test
    void ofTheController() {
        damage("damaged journal file: controller", Pair.CONTROLLER);
    }

    private static void damage(String fault, String victim) {
        TreeMap<String, Integer> outcomes = new TreeMap<>();
        try (Rounds rounds = Rounds.of(fault, 50, 500)) {
            rounds.each(seed -> {
                Path image = folder.resolve("image");
                try {
                    outcomes.merge(live(seed, victim, image), 1, Integer::sum);
                } finally {
                    Scratch.remove(image);
                }
            });
            rounds.note(outcomes.toString());
        }
    }

    /** @return what became of the damage */
    private static String live(long seed, String victim, Path image) throws IOException, JournalFailed {
        Chance chance = new Chance(seed);
        int cut = chance.between(recording.writes.size() / 4, recording.writes.size());
        recording.writes.atCut(cut, Pair.AGENT, image);
        recording.writes.atCut(cut, Pair.CONTROLLER, image);
        damage(victim, image, cut, chance);
        TreeMap<String, String> before = digests(image.resolve(victim));
        String outcome = "unharmed";
        try (Pair pair = new Pair(image, chance.id(), mark -> {})) {
            pair.mayBeDamaged = true;
            pair.remember(recording.writes.marks(cut));
            pair.agent.lostPower();
            Pair.Side<?, ?, ?> damaged = victim.equals(Pair.AGENT) ? pair.agent : pair.controller;
            try {
                pair.controller.start();
                pair.agent.start();
            } catch (JournalFailed e) {
                assertEquals(JournalFailed.Kind.CORRUPT, e.kind(), e.getMessage());
                if (victim.equals(Pair.CONTROLLER)) {
                    // refused when it was opened, it is as it was; refused when it was read, SQLite may have folded its
                    // log in
                    boolean same = before.equals(digests(image.resolve(victim)));
                    assertEquals(
                            JournalFailed.Kind.CORRUPT,
                            assertThrows(JournalFailed.class, pair.controller::start)
                                    .kind());
                    return same ? "refused" : "refused when read";
                }
                SqliteJournal.setAside(pair.agent.journalFile());
                pair.agent.start();
                outcome = "set aside";
            }
            if (outcome.equals("unharmed")) {
                long told = recording.committed(victim, cut);
                if (damaged.seq() < told) outcome = "an older copy";
                damaged.replay((seq, body) -> assertEquals(
                        recording.batches.get(victim + " " + seq),
                        Digest.of(body).hex(),
                        victim + " " + seq));
            }
            try {
                pair.settle();
            } catch (Pair.Damaged | JournalFailed late) {
                if (late instanceof JournalFailed e) assertEquals(JournalFailed.Kind.CORRUPT, e.kind());
                else assertEquals(damaged, ((Pair.Damaged) late).side);
                damaged.kill();
                if (victim.equals(Pair.CONTROLLER)) return "found later";
                SqliteJournal.setAside(pair.agent.journalFile());
                pair.agent.start();
                pair.settle();
                outcome = "set aside later";
            }
        }
        return outcome;
    }

    private static void damage(String victim, Path image, int cut, Chance chance) throws IOException {
        Path db = image.resolve(victim).resolve(Pair.FILE);
        Path wal = db.resolveSibling(Pair.FILE + "-wal");
        List<Path> there = new ArrayList<>();
        for (Path file : List.of(db, wal)) if (Files.exists(file) && Files.size(file) > 0) there.add(file);
        assertTrue(there.contains(db), "no journal at this cut");
        Path file = chance.of(there);
        byte[] bytes = Files.readAllBytes(file);
        int kind = chance.between(0, 6);
        if (kind < 2) {
            for (int i = chance.between(1, 8); i > 0; i--)
                bytes[chance.between(0, bytes.length - 1)] ^= (byte) (1 << chance.between(0, 7));
            Files.write(file, bytes);
        } else if (kind == 2) Files.write(file, Arrays.copyOf(bytes, chance.between(0, bytes.length - 1)));
        else if (kind == 3) {
            int page = victim.equals(Pair.AGENT) ? 1024 : 4096;
            int at = chance.between(0, bytes.length / page) * page;
            Arrays.fill(bytes, Math.min(at, bytes.length), Math.min(at + page, bytes.length), (byte) 0);
            Files.write(file, bytes);
        } else if (kind == 4) Files.deleteIfExists(wal);
        else {
            Path other = folder.resolve("other");
            String from = kind == 5 ? victim : victim.equals(Pair.AGENT) ? Pair.CONTROLLER : Pair.AGENT;
            recording.writes.atCut(chance.between(0, cut), from, other);
            Path foreign = other.resolve(from).resolve(wal.getFileName());
            if (Files.exists(foreign)) Files.write(wal, Files.readAllBytes(foreign));
            Scratch.remove(other);
        }
        if (chance.is(0.3)) Files.write(db.resolveSibling(Pair.FILE + "-shm"), new byte[chance.between(0, 40_000)]);
    }

    /** Of the journal's files; SQLite makes its -shm anew, and the lock file holds nothing. */
    private static TreeMap<String, String> digests(Path side) throws IOException {
        TreeMap<String, String> digests = new TreeMap<>();
        try (Stream<Path> files = Files.list(side)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = file.getFileName().toString();
                if (!name.endsWith("-shm") && !name.endsWith(".lock"))
                    digests.put(name, Digest.of(Files.readAllBytes(file)).hex());
            }
        }
        return digests;
    }
}
