package dev.flotilla.controller.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.app.ControllerApp;
import dev.flotilla.controller.app.ControllerSettings;
import dev.flotilla.controller.cli.shell.AdminClient;
import dev.flotilla.controller.cli.shell.Context;
import dev.flotilla.controller.cli.shell.Contexts;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.model.FleetName;
import dev.flotilla.security.DeviceFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands against a real controller with its broker, on which no agent ever calls. */
class AgainstAControllerTest {
    @TempDir
    static Path folder;

    private static ControllerApp app;

    @BeforeAll
    static void start() throws IOException {
        app = ControllerApp.start(
                new ControllerSettings(data(), new FleetName("farm"), 0, Optional.empty(), Optional.empty()));
        new Contexts(config())
                .write("farm", new Context(app.fleet(), app.broker(), app.adminUser(), app.adminPassword()));
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static Path data() {
        return folder.resolve("data");
    }

    private static Path config() {
        return folder.resolve("config");
    }

    private static Captured flotilla(String... args) {
        return Captured.run(config(), args);
    }

    @Test
    void aSubmitSentTwiceWithOneIdIsOneJob() {
        for (int i = 0; i < 2; i++) {
            Captured run =
                    flotilla("run", "sum", "--range", "0..1000000", "--shards", "4", "--id", "twice", "--detach");
            assertEquals(0, run.exit, run.toString());
            assertEquals("twice\n", run.out, "the id alone on stdout");
            assertTrue(run.err.contains("sum over 0 to 999,999: 1,000,000 numbers, in 4 shards"), run.err);
        }
        Captured other = flotilla("run", "sum", "--range", "0..7", "--id", "twice", "--detach");
        assertEquals(2, other.exit);
        assertEquals(
                "error: job twice exists with another spec", other.errLines().get(0));
        Captured list = flotilla("job", "list", "--json");
        assertEquals(1, list.out.split("\"job\":\"twice\"", -1).length - 1, list.out);
        assertEquals(1, list.out.lines().count(), "one object on one line");
    }

    @Test
    void aSubmitThatTheJournalCouldNotReadAgainIsRefused() {
        for (String[] more : new String[][] {
            {"-l", "site=" + "b".repeat(300)}, {"--where", "host != " + "h".repeat(5000)}, {"--deadline", "999999999d"}
        }) {
            Captured run = flotilla("run", "sum", "--range", "0..10", "--id", "greedy", "--detach", more[0], more[1]);
            assertEquals(2, run.exit, run.toString());
        }
        assertEquals(3, flotilla("job", "show", "greedy").exit);
    }

    @Test
    void anAttemptWithoutATaskIsNoId() {
        flotilla("run", "sum", "--range", "0..10", "--shards", "1", "--id", "asked", "--detach");
        Captured explain = flotilla("explain", "asked#1");
        assertEquals(2, explain.exit, explain.toString());
        assertTrue(explain.err.contains("a task is written job/index"), explain.err);
    }

    @Test
    void aWaitWithoutADeviceSaysThatItWaitsAndWhy() {
        Captured run = flotilla("run", "sum", "--range", "0..10", "--shards", "1", "--id", "lonely", "--wait=3s");
        assertEquals(7, run.exit, run.toString());
        assertEquals("", run.out, "there is nothing to show");
        assertTrue(run.err.contains("waiting: no device was ever met"), run.err);
        assertTrue(run.err.contains("next      flotilla job wait lonely"), run.err);
        Captured json = flotilla("job", "result", "lone", "--json");
        assertEquals(7, json.exit);
        assertTrue(
                json.out.startsWith("{\"job\":\"lonely\",\"state\":\"running\",\"final\":false,\"value\":null"),
                json.out);
        Captured cancelled = flotilla("job", "cancel", "lonely");
        assertEquals(0, cancelled.exit);
        assertTrue(cancelled.err.contains("state     cancelled"), cancelled.err);
        assertEquals(1, flotilla("job", "result", "lonely").exit);
        assertTrue(flotilla("explain", "lonely").out.contains("the job ended: "), "explain tells the end");
    }

    @Test
    void aRemovedJobIsGoneEverywhereButItsIdStaysTaken() {
        flotilla("run", "sum", "--range", "0..10", "--shards", "1", "--id", "unwanted", "--detach");
        flotilla("run", "sum", "--range", "0..10", "--shards", "1", "--id", "wanted", "--detach");
        Captured early = flotilla("job", "remove", "unwanted");
        assertEquals(2, early.exit, early.toString());
        assertEquals(
                List.of(
                        "error: job unwanted is running and was not removed",
                        "why:   only a job that has ended can be removed",
                        "next:  flotilla job cancel unwanted ; flotilla job remove unwanted"),
                early.errLines());
        flotilla("job", "cancel", "unwanted");
        assertEquals("removed unwanted\n", flotilla("job", "remove", "unwan").err, "a unique prefix is enough");
        Captured twice = flotilla("job", "remove", "unwanted", "--json");
        assertEquals("{\"removed\":\"unwanted\"}\n", twice.out, "asked again, the same reply");

        for (String verb : List.of("show", "result", "wait", "verify", "cancel")) {
            Captured gone = flotilla("job", verb, "unwanted");
            assertEquals(3, gone.exit, gone.toString());
            assertEquals("error: job unwanted was removed", gone.errLines().get(0));
        }
        assertEquals(3, flotilla("explain", "unwanted").exit);
        assertEquals(3, flotilla("job", "remove", "nowhere").exit);
        Captured list = flotilla("job", "list", "--all", "--json");
        assertFalse(list.out.contains("unwanted"), list.out);
        assertTrue(list.out.contains("\"job\":\"wanted\""), list.out);
        assertEquals(0, flotilla("job", "verify", "wanted").exit, "the log proves the jobs that are kept");
        Captured again = flotilla("run", "sum", "--range", "0..10", "--shards", "1", "--id", "unwanted", "--detach");
        assertEquals(2, again.exit, again.toString());
        assertEquals("error: job unwanted was removed", again.errLines().get(0));
    }

    @Test
    void aLongListComesInPagesEachJobOnce() {
        int more = 205; // a page of the admin API has 200
        try (AdminClient client = AdminClient.open(new Contexts(config()).read("farm"), Optional.empty())) {
            for (int i = 0; i < more; i++) {
                ObjectNode job = Replies.object().put("id", "many-" + i);
                job.putObject("input").put("range", "0..10");
                job.putObject("shard").put("count", 1);
                job.putObject("program").put("builtin", "sum");
                client.ask("job.submit", job);
            }
        }
        JsonNode all = json(flotilla("job", "list", "--all", "--json").out);
        List<String> many = all.path("jobs").findValuesAsText("job").stream()
                .filter(job -> job.startsWith("many-"))
                .toList();
        assertEquals(
                IntStream.range(0, more).mapToObj(i -> "many-" + (more - 1 - i)).toList(),
                many,
                "each once, the newest first");
        assertTrue(all.path("next").isNull(), "nothing is older");
        JsonNode newest = json(flotilla("job", "list", "--limit", "203", "--json").out);
        assertEquals(203, newest.path("jobs").size());
        assertTrue(newest.path("next").isNumber(), "there are older ones");

        Captured usual = flotilla("job", "list");
        assertEquals(101, usual.out.lines().count(), "a head and 100 jobs");
        assertTrue(usual.err.contains("older jobs are not shown: flotilla job list --all"), usual.err);
        Captured few = flotilla("job", "list", "--limit", "2");
        assertEquals(3, few.out.lines().count(), few.out);
        assertEquals(2, flotilla("job", "list", "--limit", "0").exit);
    }

    @Test
    void aFileIsSentOnceAndTheJobKeepsItsName() throws IOException {
        Path csv = folder.resolve("rain.csv");
        StringBuilder text = new StringBuilder("day,rain\n");
        for (int i = 0; i < 20_000; i++) text.append(i).append(",1.5\n");
        Files.writeString(csv, text);
        Path job = Files.writeString(
                folder.resolve("rain.yaml"),
                "input: { records: rain.csv }\nprogram: { builtin: sum, column: rain }\nshard: { count: 4 }\n");
        Captured first = flotilla("job", "submit", job.toString(), "--id", "rain-1");
        assertEquals(0, first.exit, first.toString());
        Captured wrong = flotilla("run", "sum", "--input", csv.toString(), "--column", "wind", "--detach");
        assertEquals(2, wrong.exit);
        assertTrue(wrong.err.contains("Its columns are day, rain"), wrong.err);
        Captured again = flotilla(
                "run",
                "sum",
                "--input",
                csv.toString(),
                "--column",
                "rain",
                "--shards",
                "4",
                "--id",
                "rain-1",
                "--detach");
        assertEquals("rain-1\n", again.out, again.toString());
        assertTrue(again.err.contains("nothing was started"), "the same spec, however it was written: " + again.err);
        try (Stream<Path> files = Files.walk(data().resolve("artifacts"))) {
            assertEquals(1, files.filter(Files::isRegularFile).count(), "one artifact");
        }
    }

    @Test
    void whatIsNotThereIsExitThree() {
        assertEquals(3, flotilla("job", "show", "nowhere").exit);
        assertEquals(3, flotilla("device", "show", "nowhere").exit);
        assertEquals(3, flotilla("explain", "nowhere").exit);
        assertEquals(3, flotilla("--context", "nowhere", "job", "list").exit);
    }

    @Test
    void aVerifiedAnswerIsProvedFromTheLog() {
        flotilla("run", "sum", "--range", "0..10", "--shards", "2", "--id", "proved", "--detach");
        Captured run = flotilla("job", "verify", "proved");
        assertEquals(0, run.exit, run.toString());
        assertTrue(run.out.startsWith("verified\n"), run.out);
    }

    @Test
    void theLogOfARunningControllerIsPrintedForPeople() {
        flotilla("run", "sum", "--range", "0..10", "--shards", "2", "--id", "printed", "--detach");
        Captured dump = flotilla("journal", "dump", data().toString());
        assertEquals(0, dump.exit, dump.toString());
        List<JsonNode> lines =
                dump.out.lines().map(AgainstAControllerTest::json).toList();
        assertEquals(1, lines.get(0).path("seq").asLong());
        assertEquals("Started", lines.get(0).at("/events/0/event").asText(), dump.out);
        JsonNode submitted = lines.stream()
                .map(line -> line.at("/events/0"))
                .filter(e -> e.path("job").asText().equals("printed"))
                .findFirst()
                .orElseThrow();
        assertEquals("JobSubmitted", submitted.path("event").asText());
        assertEquals(
                "{\"input\":{\"kind\":\"Range\",\"from\":0,\"to\":10},"
                        + "\"sharding\":{\"by\":\"range\",\"count\":2,\"key\":null,\"seed\":0},"
                        + "\"program\":{\"builtin\":\"sum\",\"column\":null,\"strict\":false,\"delay\":\"PT0S\"}}",
                submitted.path("spec").toString());
        assertEquals(64, lines.get(0).path("hash").asText().length());
        assertFalse(dump.out.contains(app.adminPassword()), "no secret is printed");
        assertEquals(1, flotilla("journal", "dump", folder.toString()).exit, "there is no journal.db");
    }

    private static JsonNode json(String line) {
        try {
            return new ObjectMapper().readTree(line);
        } catch (IOException e) {
            throw new UncheckedIOException(line, e);
        }
    }

    @Test
    void aDeviceFileIsMadeBesideTheControllersData() throws IOException {
        Path file = folder.resolve("oak.json");
        Captured run = flotilla("device", "create", "oak", "--data", data().toString(), "-o", file.toString());
        assertEquals(0, run.exit, run.toString());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        DeviceFile device = DeviceFile.read(file);
        assertEquals("farm", device.fleet().value());
        assertEquals(app.broker(), device.broker());
        assertFalse((run.out + run.err).contains(device.password()), "no secret is printed");
    }

    @Test
    void aWrongPasswordIsNotAuthorised() throws IOException {
        Path other = folder.resolve("other");
        new Contexts(other).write("farm", new Context(app.fleet(), app.broker(), "admin", "guess"));
        Captured run = Captured.run(other, "job", "list");
        assertEquals(4, run.exit, run.toString());
        assertFalse(run.err.contains("guess"), "no secret is printed");
    }
}
