package dev.flotilla.controller.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.controller.core.ControllerMachine;
import dev.flotilla.controller.core.Event;
import dev.flotilla.controller.core.View;
import dev.flotilla.journal.JournalDump;
import dev.flotilla.journal.JournalSettings;
import dev.flotilla.journal.SqliteJournal;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.Input;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Percent;
import dev.flotilla.model.Policy;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Sharding;
import dev.flotilla.model.Spec;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.program.Partial;
import dev.flotilla.program.ShardData;
import dev.flotilla.shard.Ranges;
import dev.flotilla.shard.ShardPlan;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job's answer against its log: a file of six batches, and what a bad disk or hand may do to it. */
class HistoryTest {
    private static final JobId SUM = new JobId("sum");
    private static final ControllerMachine MACHINE = new ControllerMachine(new FleetName("farm"));

    @TempDir
    Path dir;

    private Path file;
    private byte[] good;

    @BeforeEach
    void writeTheLog() throws Exception {
        write(-1);
        good = Files.readAllBytes(file);
    }

    /** @param lie  the shard whose result is one too large; -1 for none */
    private void write(int lie) throws Exception {
        file = dir.resolve("journal.db");
        Input.Range range = new Input.Range(0, 100);
        Spec spec = new Spec(range, Sharding.range(4), ProgramCall.of("sum"));
        Policy policy = new Policy(
                "least-loaded",
                new TreeMap<>(),
                List.of(),
                false,
                3,
                Duration.ofMinutes(10),
                Optional.empty(),
                Optional.empty(),
                Percent.ALL);
        try (SqliteJournal journal = SqliteJournal.open(file, JournalSettings.controller())) {
            append(journal, new Event.JobSubmitted(SUM, "", spec, policy, ShardPlan.COMPUTED, Instant.EPOCH, 0));
            for (int shard = 0; shard < 4; shard++) {
                Builtin sum = Builtins.find("sum");
                Partial right = sum.map(Ranges.numbers(range, 4, shard), spec.program(), Builtin.Stop.NEVER)
                        .partial();
                Partial one = sum.map(new ShardData.Numbers(1, 2), spec.program(), Builtin.Stop.NEVER)
                        .partial();
                byte[] result = (shard == lie ? right.merge(one) : right).encode();
                Event.Count count = new Event.Count(shard + 1, shard, 1, new Bytes(result));
                append(journal, new Event.Counted(new DeviceId("oak"), SUM, List.of(count)));
            }
            append(journal, new Event.Started(1, 5));
        }
    }

    private static void append(SqliteJournal journal, Event event) throws Exception {
        journal.append(MACHINE.encode(List.of(event)));
    }

    @Test
    void aWholeLogProvesTheAnswer() throws Exception {
        ObjectNode said = verify(6);
        assertTrue(said.path("verified").asBoolean(), said.toString());
        assertEquals(new BigDecimal(4950), said.path("value").decimalValue());
    }

    @Test
    void allShardsAreComputedAgain() throws Exception {
        ObjectNode said = verify(6);
        assertEquals(4, said.path("recomputed").asLong());
        assertTrue(
                said.path("says").asText().endsWith("all were computed again from the job's range, and are right"),
                said.toString());
    }

    @Test
    void aDeviceThatLiedIsNamedThoughTheLogIsWhole() throws Exception {
        Files.delete(file);
        write(2);
        ObjectNode said = verify(6, new BigDecimal(4950 + 1));
        assertFalse(said.path("verified").asBoolean(), said.toString());
        assertEquals(
                "shard 2 by device oak: 1551 was counted, and it is 1550",
                said.path("wrong").get(0).asText());
        assertEquals(1, said.path("wrong").size(), said.toString());
        assertTrue(said.path("next").asText().startsWith("flotilla device list"), said.toString());
    }

    @Test
    void whatWasDoneToALogIsNamed() throws Exception {
        named(
                "batch 3 does not follow batch 2",
                "UPDATE journal SET body = (SELECT body FROM journal WHERE seq = 4) WHERE seq = 3");
        named(
                "shard 2 was counted twice",
                "UPDATE journal SET body = (SELECT body FROM journal WHERE seq = 4) WHERE seq = 3");
        named("the hash of batch 3 is damaged", "UPDATE journal SET hash = CAST('x' AS BLOB) WHERE seq = 3");
        named("batch 3 cannot be understood", "UPDATE journal SET body = CAST('x' AS BLOB) WHERE seq = 3");
        named("batch 3 is missing", "DELETE FROM journal WHERE seq = 3");
        named(
                "batch 3 holds results of this job",
                "DELETE FROM journal WHERE seq = 3",
                "UPDATE journal SET seq = 3 WHERE seq = 4",
                "UPDATE journal SET seq = 4 WHERE seq = 5",
                "UPDATE journal SET seq = 5 WHERE seq = 6");
        named("the log ends at batch 5, and batch 6 was committed", "DELETE FROM journal WHERE seq = 6");
        named("batch 7 repeats batch 2", "INSERT INTO journal SELECT 7, body, hash FROM journal WHERE seq = 2");
        named("from 3 results, and clients are told 4950 from 4", "DELETE FROM journal WHERE seq = 2");
    }

    @Test
    void theDumpOfALogGoesOnBehindDamage() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertTrue(JournalDump.write(file, MACHINE::decode, new PrintStream(out, true), said -> {}));
        assertTrue(
                out.toString()
                        .lines()
                        .skip(2)
                        .findFirst()
                        .orElseThrow()
                        .endsWith(
                                "\"events\":[{\"event\":\"Counted\",\"device\":\"oak\",\"job\":\"sum\",\"counts\":"
                                        + "[{\"serial\":2,\"index\":1,\"attempt\":1,\"result\":{\"value\":925,\"skipped\":0}}]}]}"),
                out.toString());
        harm(
                "UPDATE journal SET body = CAST('x' AS BLOB) WHERE seq = 3",
                "DELETE FROM journal WHERE seq = 5",
                "INSERT INTO snapshot VALUES(4, x'00', CAST('state' AS BLOB), x'01')");
        out.reset();
        assertFalse(JournalDump.write(dir, MACHINE::decode, new PrintStream(out, true), said -> {}));
        List<String> lines = out.toString().lines().toList();
        assertEquals(
                List.of(
                        "{\"seq\":4,\"damage\":\"the snapshot of batch 4 is damaged: it is of no use\"}",
                        "{\"seq\":4,\"snapshot\":{\"chain\":\"00\",\"bytes\":0}}"),
                lines.subList(0, 2));
        List<String> damage =
                lines.stream().filter(line -> line.contains("\"damage\"")).toList();
        assertEquals(4, damage.size(), out.toString());
        assertTrue(damage.get(1).contains("batch 3 "), out.toString());
        assertTrue(damage.get(2).contains("batch 3 cannot be understood"), out.toString());
        assertEquals("{\"seq\":5,\"damage\":\"batch 5 is missing\"}", damage.get(3));
        assertTrue(lines.get(lines.size() - 1).startsWith("{\"seq\":6,\"hash\":\""), out.toString());
    }

    private void named(String what, String... harm) throws Exception {
        Files.write(file, good);
        harm(harm);
        ObjectNode said = verify(6);
        assertTrue(
                !said.path("verified").asBoolean() && said.path("says").asText().contains(what), said.toString());
    }

    private void harm(String... harm) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            for (String sql : harm) statement.execute(sql);
        }
    }

    private ObjectNode verify(long committed) throws Exception {
        return verify(committed, new BigDecimal(4950));
    }

    private ObjectNode verify(long committed, BigDecimal value) throws IOException {
        View.Coverage coverage =
                new View.Coverage(4, 4, 0, new View.Devices(1, 1, List.of(), List.of(new View.ByDevice("oak", 4))));
        View.Result told = new View.Result(
                "sum",
                "done",
                true,
                Optional.of(value),
                0,
                coverage,
                0,
                0,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                0);
        return new History(MACHINE, () -> SqliteJournal.readOnly(file), ArtifactStore.at(dir.resolve("artifacts")))
                .verify(SUM, told, committed);
    }
}
