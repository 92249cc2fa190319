package dev.flotilla.controller.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.controller.core.ControllerCore;
import dev.flotilla.controller.core.ControllerMachine;
import dev.flotilla.controller.core.Event;
import dev.flotilla.controller.core.Input;
import dev.flotilla.core.Dice;
import dev.flotilla.core.Moment;
import dev.flotilla.core.Stamped;
import dev.flotilla.journal.Journal;
import dev.flotilla.journal.JournalSettings;
import dev.flotilla.journal.SqliteJournal;
import dev.flotilla.model.Digest;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Policy;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.model.UserError;
import dev.flotilla.security.RootSecret;
import dev.flotilla.shard.ShardPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A controller's data in one file, and back. */
class BackupTest {
    private static final FleetName FLEET = new FleetName("farm");
    private static final byte[] FILE = "mm\n1\n2\n".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path temp;

    private Path data;
    private final ControllerMachine machine = new ControllerMachine(FLEET);

    @BeforeEach
    void aControllersData() throws IOException {
        data = temp.resolve("data");
        Files.createDirectory(data);
        RootSecret.at(data.resolve("root.secret"));
        Files.writeString(data.resolve("fleet.json"), "{\"fleet\":\"farm\",\"broker\":\"mqtt://127.0.0.1:1883\"}");
        ArtifactStore.at(data.resolve("artifacts")).put(Digest.of(FILE), 0, FILE.length, FILE);
    }

    private Journal begun() throws Exception {
        Journal journal = SqliteJournal.open(data.resolve("journal.db"), JournalSettings.controller());
        ControllerCore core = new ControllerCore(FLEET);
        commit(journal, core, new Input.Begun(0));
        commit(journal, core, submit("once", true, ShardPlan.COMPUTED));
        ShardPlan.Slice slice = new ShardPlan.Slice(3, 4, 2, 2, Optional.empty());
        commit(journal, core, submit("rain", false, new ShardPlan(Optional.of(Digest.of(FILE)), List.of(slice))));
        return journal;
    }

    private static Input submit(String job, boolean once, ShardPlan plan) {
        Spec spec = new Spec(
                new dev.flotilla.model.Input.Range(0, 100), Sharding.range(once ? 9 : 1), ProgramCall.of("sum"));
        Policy policy = new Policy(
                "least-loaded",
                new TreeMap<>(),
                List.of(),
                once,
                3,
                Duration.ofMinutes(10),
                Optional.empty(),
                Optional.empty(),
                dev.flotilla.model.Percent.ALL);
        return new Input.Submitted(1, new JobId(job), "", spec, policy, plan, List.of(), Instant.EPOCH, 0, false);
    }

    private void commit(Journal journal, ControllerCore core, Input input) throws Exception {
        journal.append(machine.encode(
                core.decide(new Stamped<>(new Moment(0), new Dice(1), input)).events()));
    }

    @Test
    void aBackupIsTakenBesideARunningControllerAndRestoredItHoldsOneTimeWork() throws Exception {
        Path file = temp.resolve("farm.backup");
        try (Journal running = begun()) {
            Backup.Result made = Backup.write(data, FLEET, file);
            assertEquals(3, made.lastBatch());
            assertEquals(2, made.standing().jobsRunning());
            running.append(machine.encode(List.of(new Event.Started(7, 3))));
            UserError inUse = assertThrows(UserError.class, () -> Backup.restore(file, data));
            assertTrue(inUse.getMessage().contains("runs on"), inUse.getMessage());
        }
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertThrows(UserError.class, () -> Backup.write(data, FLEET, file), "it overwrites nothing");
        assertThrows(UserError.class, () -> Backup.restore(file, data), "there is a journal");
        Path back = temp.resolve("back");
        Backup.Result restored = Backup.restore(file, back);
        assertEquals(3, restored.lastBatch());
        assertEquals(Map.of("once", 9L), restored.standing().held());
        assertEquals(List.of("artifacts", "fleet.json", "journal.db", "root.secret"), names(back));
        assertTrue(ArtifactStore.at(back.resolve("artifacts"))
                .size(Digest.of(FILE))
                .isPresent());
        List<Event> events = new ArrayList<>();
        try (Journal journal = SqliteJournal.open(back.resolve("journal.db"), JournalSettings.controller())) {
            journal.replay(0, (seq, body) -> events.addAll(machine.decode(body)));
            assertEquals(4, journal.seq());
        }
        assertTrue(events.get(events.size() - 2) instanceof Event.Restored, events.toString());
        assertTrue(events.get(events.size() - 1) instanceof Event.OnceHeld, events.toString());
        assertEquals(List.of("back", "data", "farm.backup"), names(temp), "nothing half-made is left");
    }

    @Test
    void aDamagedBackupIsRefusedAndLeavesNoJournal() throws Exception {
        Path file = temp.resolve("farm.backup");
        begun().close();
        Backup.write(data, FLEET, file);
        byte[] bytes = Files.readAllBytes(file);
        int refusals = 0;
        for (int at = 40; at < bytes.length; at += bytes.length / 23) {
            byte[] wrong = bytes.clone();
            wrong[at] ^= 0x10;
            Path damaged = temp.resolve("damaged");
            Files.write(damaged, wrong);
            Path back = temp.resolve("back-" + at);
            try {
                Backup.restore(damaged, back);
                assertEquals(4, SqliteJournal.verify(back.resolve("journal.db")), "byte " + at + " bore nothing");
            } catch (UserError refused) {
                refusals++;
                assertFalse(Files.exists(back.resolve("journal.db")), "byte " + at);
            }
        }
        assertTrue(refusals > 10, refusals + " refusals");
    }

    @Test
    void aBackupOfADamagedJournalIsNotMade() throws Exception {
        begun().close();
        Path journal = data.resolve("journal.db");
        byte[] bytes = Files.readAllBytes(journal);
        bytes[new String(bytes, StandardCharsets.ISO_8859_1).indexOf("least-loaded")] ^= 1;
        Files.write(journal, bytes);
        Path file = temp.resolve("farm.backup");
        assertThrows(UserError.class, () -> Backup.write(data, FLEET, file));
        assertFalse(Files.exists(file));
    }

    private static List<String> names(Path folder) throws IOException {
        try (var all = Files.list(folder)) {
            return all.map(p -> p.getFileName().toString()).sorted().toList();
        }
    }
}
