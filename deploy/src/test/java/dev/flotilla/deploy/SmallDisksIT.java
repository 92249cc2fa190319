package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.model.UserError;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Agent and controller on small disks of their own (tmpfs), which are filled while a job runs and freed again, or full or read-only when the
 * process starts; and journals whose file is damaged under the process that writes it.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SmallDisksIT {
    private static final String AGENT = "oak";
    private static final String CONTROLLER = "controller";
    private static final String DEGRADED = "degraded: storage";
    private static final int LINES = 400_000;

    @TempDir
    static Path folder;

    private static TestFleet fleet;
    private static SideEffects effects;
    private static final List<String> mounted = new ArrayList<>();
    private static int jobs;

    @BeforeAll
    static void start() throws IOException {
        Ci.needs(Mosquitto.installed("mount"), "mount is not installed");
        for (String name : List.of(AGENT, CONTROLLER)) {
            Files.createDirectories(folder.resolve(name));
            Ci.needs(
                    mount("-t", "tmpfs", "-o", "size=110m,mode=700", "tmpfs", disk(name)) == 0,
                    "only root can mount a small disk");
            mounted.add(disk(name));
        }
        effects = new SideEffects(folder);
        fleet = new TestFleet(folder).leavingLinesIn(effects);
        fleet.controller("--port", String.valueOf(TestFleet.freePort())).agent(AGENT);
        fleet.ready(AGENT);
    }

    @AfterAll
    static void stop() {
        if (fleet != null) fleet.close();
        for (String disk : mounted) // one that something still has open goes when that is closed
        if (Command.run(Map.of(), List.of("umount", disk)).exit() != 0)
                Command.run(Map.of(), List.of("umount", "-l", disk)).succeeded();
    }

    /** For the next test, if a round has failed. */
    @AfterEach
    void mend() throws IOException {
        for (String name : List.of(AGENT, CONTROLLER)) {
            assertEquals(0, mount("-o", "remount,rw", disk(name)));
            Files.deleteIfExists(folder.resolve(name).resolve("filling"));
        }
    }

    @Test
    void anAgentsDiskThatFillsUpTakesTheEndingsAndNoNewWorkUntilThereIsRoom() {
        int[] met = {0};
        try (Rounds rounds = Rounds.of("small disk filled: agent", 1, 20)) {
            rounds.each(seed -> {
                Random chance = new Random(seed);
                fleet.kill(AGENT); // a start empties the write-ahead log: its commits need room from then on
                fleet.again(AGENT);
                Command.await("it works", () -> fleet.said(AGENT).contains("link.met"));
                Work work = submitted(chance);
                Command.await("the device is full", () -> fills(AGENT) && state().equals(DEGRADED));
                Command.await(
                        "a commit finds no room, or the job ends", () -> fills(AGENT) && (noRoom() || over(work)));
                if (noRoom()) met[0]++;
                Work later = submitted(chance);
                Command.await("it takes nothing new", () -> fills(AGENT) && waits(later));
                free(AGENT);
                work.right(fleet, effects, rounds);
                later.right(fleet, effects, rounds);
                fleet.ready(AGENT);
            });
            rounds.note(met[0] + " with a commit that found no room");
            assertTrue(met[0] > 0, "each commit found room");
        }
    }

    @Test
    void aControllersDiskThatFillsUpTakesResultsAndNoNewJobUntilThereIsRoom() {
        int[] degraded = {0};
        try (Rounds rounds = Rounds.of("small disk filled: controller", 1, 20)) {
            rounds.each(seed -> {
                Random chance = new Random(seed);
                int before = times(CONTROLLER, "journal.degraded");
                Work work = submitted(chance);
                shortens(fleet.data().resolve("journal.db"));
                fills(CONTROLLER);
                Command.await(
                        "it looks at its disk",
                        () -> fleet.tried("controller.info", "{}")
                                .path("state")
                                .asText()
                                .equals(DEGRADED));
                UserError refusal = assertThrows(UserError.class, () -> submitted(chance));
                assertTrue(refusal.what().contains(DEGRADED), refusal::lines);
                Command.await(
                        "no commit succeeds, or the job ends",
                        () -> fills(CONTROLLER) && (times(CONTROLLER, "journal.degraded") > before || over(work)));
                if (times(CONTROLLER, "journal.degraded") > before) degraded[0]++;
                free(CONTROLLER);
                Command.await(
                        "it heals",
                        () -> fleet.tried("controller.info", "{}")
                                .path("state")
                                .asText()
                                .equals("ready"));
                work.right(fleet, effects, rounds);
                submitted(chance).right(fleet, effects, rounds);
            });
            rounds.note(degraded[0] + " could commit nothing for a while");
            assertTrue(degraded[0] > 0, "each commit found room");
        }
    }

    @Test
    void aProcessThatStartsOnADiskThatIsReadOnlyOrFullSaysSoAndGoesOnWhenItIsMended() {
        int[] ended = {0};
        try (Rounds rounds = Rounds.of("read-only or full at start", 2, 40)) {
            rounds.each(seed -> {
                String victim = seed % 2 == 0 ? AGENT : CONTROLLER;
                boolean full = seed % 4 < 2;
                Work work = submitted(new Random(seed));
                fleet.kill(victim);
                if (full) fills(victim);
                else assertEquals(0, mount("-o", "remount,ro", disk(victim)));
                fleet.again(victim);
                Command.await(
                        "it says what is wrong",
                        () -> fleet.ended(victim)
                                || fleet.said(victim).contains(DEGRADED)
                                || full && fleet.said(victim).contains("ballast.freed")
                                // its log may have room within its own file, and then it only takes no new work
                                || full && victim.equals(AGENT) && state().equals(DEGRADED));
                if (fleet.ended(victim)) {
                    ended[0]++;
                    assertEquals(1, fleet.exit(victim), () -> fleet.said(victim));
                    assertTrue(fleet.said(victim).contains("next:  "), () -> fleet.said(victim));
                    assertTrue(
                            fleet.said(victim).contains(full ? "free space" : "read-only"), () -> fleet.said(victim));
                }
                if (full) free(victim);
                else assertEquals(0, mount("-o", "remount,rw", disk(victim)));
                if (fleet.ended(victim)) fleet.again(victim);
                if (victim.equals(CONTROLLER)) {
                    fleet.awaitController();
                    fleet.hangUp();
                }
                work.right(fleet, effects, rounds);
            });
            rounds.note(ended[0] + " ended with a message and went on when they were started again");
        }
    }

    @Test
    void damageThatAnAgentFindsWhileItWorksIsSetAsideAndItGoesOn() throws IOException {
        Path file = folder.resolve("lines.txt");
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < LINES; i++) lines.append("line ").append(i).append('\n');
        Files.writeString(file, lines, StandardCharsets.US_ASCII);
        try (Rounds rounds = Rounds.of("damage under a running agent", 1, 1)) {
            counts(file, rounds);
            Path journal = folder.resolve(AGENT).resolve("journal.db");
            try (RandomAccessFile pages = new RandomAccessFile(journal.toFile(), "rw")) {
                byte[] nonsense = new byte[(int) pages.length() - 1024];
                Arrays.fill(nonsense, (byte) 0x55);
                pages.seek(1024);
                pages.write(nonsense);
            }
            counts(file, rounds);
            assertTrue(fleet.said(AGENT).contains("journal.set-aside"), () -> fleet.said(AGENT));
            assertTrue(Files.exists(journal.resolveSibling("journal.db.damaged-1")));
            assertFalse(fleet.ended(AGENT), () -> fleet.said(AGENT));
            fleet.ready(AGENT);
            rounds.done(1);
            rounds.note("set aside while a job runs");
        }
    }

    private static void counts(Path file, Rounds rounds) {
        String answer = fleet.flotilla(
                        "run",
                        "count",
                        "--input",
                        file.toString(),
                        "--format",
                        "lines",
                        "--shards",
                        "250",
                        "--wait=60s")
                .answer();
        int counted = Integer.parseInt(answer);
        if (counted < LINES) rounds.lost(answer + " of " + LINES + " lines");
        if (counted > LINES) rounds.doubled(answer + " of " + LINES + " lines");
    }

    /** The last one, since the fleet ends with it. */
    @Test
    @Order(Integer.MAX_VALUE)
    void damageThatAControllerFindsWhileItWorksStopsItsDecisionsAndNamesTheRestore() throws Exception {
        try (Rounds rounds = Rounds.of("damage under a running controller", 1, 1)) {
            submitted(new Random(1)).right(fleet, effects, rounds);
            damage(fleet.data().resolve("journal.db"));
            fleet.tried("job.submit", new Work("found", 0, 1, 1, "0s", false).request());
            Command.await("it is found", () -> fleet.said(CONTROLLER).contains("journal.damaged"));
            UserError refusal = assertThrows(UserError.class, () -> submitted(new Random(2)));
            assertTrue(refusal.lines().contains("flotilla controller restore"), refusal::lines);
            assertThrows(UserError.class, () -> fleet.ask("job.list", "{}"), "it is not silent where it cannot read");
            assertFalse(fleet.ended(CONTROLLER));
            assertEquals(1, times(CONTROLLER, "journal.damaged"), "a damaged log is not probed again and again");
            fleet.kill(CONTROLLER);
            fleet.again(CONTROLLER);
            assertEquals(1, fleet.exit(CONTROLLER));
            assertTrue(fleet.said(CONTROLLER).contains("flotilla controller restore"), () -> fleet.said(CONTROLLER));
            rounds.done(1);
            rounds.note("nothing more is decided, the restore is named");
        }
    }

    /** The first page of the journal's table is overwritten, and whoever has the file open learns that it has changed. */
    private static void damage(Path journal) throws SQLException, IOException {
        shortens(journal);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + journal);
                Statement statement = connection.createStatement()) {
            try (ResultSet root = statement.executeQuery("SELECT rootpage FROM sqlite_master WHERE name = 'journal'");
                    RandomAccessFile pages = new RandomAccessFile(journal.toFile(), "rw")) {
                pages.seek((root.getLong(1) - 1) * 4096);
                pages.write(new byte[4096]);
            }
            statement.execute("CREATE TABLE another(x)");
            statement.execute("DROP TABLE another");
        }
    }

    /** Empties its write-ahead log: commits need room from then on. */
    private static void shortens(Path journal) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + journal);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }

    private static boolean noRoom() {
        return times(AGENT, "ballast.freed") + times(AGENT, "journal.degraded") > 0;
    }

    private static Work submitted(Random chance) {
        int n = ++jobs;
        Work work = new Work("j-" + n, n * 10_000L, 20, 100, 100 + chance.nextInt(100) + "ms", false);
        fleet.ask("job.submit", work.request());
        return work;
    }

    private static int times(String name, String word) {
        return fleet.said(name).split(word, -1).length - 1;
    }

    private static String state() {
        return fleet.ask("device.show", "{\"device\": \"" + AGENT + "\"}")
                .at("/summary/state")
                .asText();
    }

    private static boolean over(Work work) {
        return fleet.tried("job.result", "{\"job\": \"" + work.id() + "\"}")
                .path("final")
                .asBoolean();
    }

    private static boolean waits(Work work) {
        return fleet.ofJob("job.show", work.id())
                .path("placement_notes")
                .toString()
                .contains("64 MiB");
    }

    private static String disk(String name) {
        return folder.resolve(name).toString();
    }

    private static int mount(String... words) {
        List<String> command = new ArrayList<>(List.of("mount"));
        command.addAll(List.of(words));
        return Command.run(Map.of(), command).exit();
    }

    /** Until not one byte more has room. @return true */
    private static boolean fills(String name) {
        try (OutputStream filling = Files.newOutputStream(
                folder.resolve(name).resolve("filling"), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            byte[] bytes = new byte[4096];
            while (true) filling.write(bytes);
        } catch (IOException full) {
            assertTrue(full.getMessage().contains("No space left"), full.toString());
            return true;
        }
    }

    private static void free(String name) {
        try {
            Files.delete(folder.resolve(name).resolve("filling"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
