package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.broker.TcpProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One fleet of real processes with the embedded broker; they are killed, stopped and cut off in the middle of jobs. */
class FleetProcessesIT {
    private static final String SUM = "499999500000";
    private static TestFleet fleet;

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException {
        fleet = new TestFleet(folder)
                .controller("--port", String.valueOf(TestFleet.freePort()))
                .agent("oak")
                .agent("elm");
    }

    @AfterAll
    static void stop() {
        fleet.close();
    }

    @BeforeEach
    void bothAreThere() {
        fleet.ready("oak", "elm");
    }

    @Test
    void aRangeAndTheTablesGiveTheirExactSums() {
        String flights = Installed.DATA.resolve("flights.csv").toString();
        String weather = Installed.DATA.resolve("seattle-weather.csv").toString();

        assertEquals(
                SUM,
                fleet.flotilla("run", "sum", "--range", "0..1000000", "--shards", "4")
                        .answer());
        assertEquals(
                "14476934",
                fleet.flotilla("run", "sum", "--input", flights, "--column", "distance", "--shards", "16")
                        .answer());
        assertEquals(
                "4426.0",
                fleet.flotilla("run", "sum", "--input", weather, "--column", "precipitation")
                        .answer());
        JsonNode byHash = fleet.json(
                "run", "count", "--input", flights, "--by", "hash", "--key", "origin", "--shards", "16", "--json");
        assertEquals("20000", byHash.path("value").asText());
        assertEquals(16, byHash.at("/coverage/shards_counted").asInt());
        assertEquals(
                fleet.flotilla("run", "mean", "--input", flights, "--column", "delay", "--shards", "1")
                        .answer(),
                fleet.flotilla(
                                "run",
                                "mean",
                                "--input",
                                flights,
                                "--column",
                                "delay",
                                "--shards",
                                "50",
                                "--by",
                                "random")
                        .answer(),
                "the answer is the same however the table is cut");
    }

    @Test
    void agentsThatAreKilledInTheMiddleGoOnFromTheirRedoLogs() {
        paced("killed-agents", "10m");

        fleet.kill("oak");
        fleet.kill("elm");
        fleet.ready("oak", "elm");

        whole("killed-agents");
        assertTrue(fleet.said("oak").contains("redo.resumed"), () -> fleet.said("oak"));
    }

    @Test
    void aControllerThatIsKilledInTheMiddleRebuildsTheJob() {
        paced("killed-controller", "10m");

        fleet.kill("controller");
        fleet.again("controller");

        whole("killed-controller");
    }

    @Test
    void theTasksOfAnAgentThatIsStoppedArePlacedAgain() {
        submit("stopped", "\"shard\": {\"count\": 8}", "500ms", "4s", false);
        awaitRunningOn("oak", "stopped");

        fleet.signal("oak", "STOP");
        try {
            whole("stopped");
        } finally {
            fleet.signal("oak", "CONT");
        }

        fleet.ready("oak");
        Command.await("oak holds nothing", () -> held("oak") == 0);
        assertTrue(fleet.flotilla("job", "verify", "stopped").succeeded().out().contains(SUM));
    }

    @Test
    void whatAnAgentFinishedWhileItWasCutOffForTooLongIsWasteAndNotCountedAgain() throws IOException {
        try (TcpProxy line = new TcpProxy(fleet.broker())) {
            fleet.agent("fir", "--broker", line.address().toString());
            fleet.ready("fir");
            submit(
                    "cut-off",
                    "\"shard\": {\"count\": 6}, \"place\": {\"policy\": \"round-robin\"}",
                    "1500ms",
                    "4s",
                    false);
            awaitRunningOn("fir", "cut-off");

            line.cut();
            whole("cut-off");
            line.mend();

            Command.await(
                    "its results come too late",
                    () -> fleet.ofJob("job.result", "cut-off").path("wasted").asInt() > 0);
            whole("cut-off");
        } finally {
            fleet.kill("fir");
        }
    }

    @Test
    void aOneTimeTaskWhoseAgentIsKilledIsHeldUntilTheOperatorReleasesIt() {
        submit("once", "\"shard\": {\"count\": 1}", "2s", "10m", true);
        String device = awaitRunning("once");

        fleet.kill(device);
        fleet.ready("oak", "elm");
        Command.await(
                "it is held", () -> fleet.ofJob("job.show", "once").path("held").size() == 1);

        assertEquals(0, fleet.counted("once"));
        assertTrue(fleet.flotilla("job", "show", "once").succeeded().out().contains("needs your decision"));
        fleet.flotilla("job", "release", "once", "--again").succeeded();
        whole("once");
    }

    @Test
    void aJobWhoseFileIsGoneFromTheControllersStoreEndsAndNamesTheFile() throws IOException {
        Path job = Files.writeString(
                fleet.folder().resolve("gone.yaml"), """
                input: { records: %s }
                program: { builtin: sum, column: distance, delay: 100ms }
                shard: { count: 4000 }
                """.formatted(Installed.DATA.resolve("flights.csv")));
        fleet.flotilla("job", "submit", job.toString(), "--id", "gone").succeeded();
        Command.await("a shard is counted", () -> fleet.counted("gone") > 0);
        String digest =
                fleet.ofJob("job.show", "gone").at("/spec/input/records/digest").asText();
        Files.delete(fleet.data().resolve("artifacts").resolve(digest));

        String why =
                "flights.csv: 20,000 records (csv): its bytes are not in the controller's store any more, artifact "
                        + digest;
        ObjectNode result = fleet.end("gone");
        assertEquals("failed", result.path("state").asText(), result::toString);
        assertEquals(why, result.path("why").asText());
        assertTrue(result.at("/coverage/shards_counted").asInt() > 0, result::toString);
        for (String[] words : new String[][] {{"job", "show"}, {"job", "result"}, {"explain"}}) {
            List<String> command = new ArrayList<>(List.of(words));
            command.add("gone");
            Command said = fleet.flotilla(command.toArray(String[]::new));
            assertTrue((said.out() + said.err()).contains(why), said::toString);
        }
        fleet.flotilla("job", "remove", "gone").succeeded();
    }

    private static String awaitRunning(String job) {
        Command.await("a task of " + job + " runs", () -> !running(job).isEmpty());
        return running(job).get(0);
    }

    private static void awaitRunningOn(String device, String job) {
        Command.await(
                "a task of " + job + " runs on " + device, () -> running(job).contains(device));
    }

    private static List<String> running(String job) {
        return fleet.ofJob("job.show", job).path("live").findParents("state").stream()
                .filter(live -> live.path("state").asText().equals("running"))
                .map(live -> live.path("device").asText())
                .toList();
    }

    private static long held(String device) {
        return fleet.ask("device.show", "{\"device\": \"" + device + "\"}")
                .at("/summary/held")
                .asLong();
    }

    /** A job of two seconds that has just begun. */
    private static void paced(String job, String lostAfter) {
        submit(job, "\"shard\": {\"count\": 400}", "20ms", lostAfter, false);
        Command.await("a tenth of " + job + " is counted", () -> fleet.counted(job) >= 40);
        assertNotEquals(400, fleet.counted(job), "it must not be over before the test began");
    }

    private static void submit(String job, String more, String delay, String lostAfter, boolean once) {
        fleet.ask(
                "job.submit",
                "{\"id\": \"" + job + "\", \"input\": {\"range\": \"0..1000000\"}, " + more
                        + ", \"program\": {\"builtin\": \"sum\", \"delay\": \"" + delay + "\"}, \"lost_after\": \""
                        + lostAfter
                        + "\", \"once\": " + once + "}");
    }

    /** Waits for the job's end: the sum, each shard counted once, and the recovery log gives the same again. */
    private static void whole(String job) {
        ObjectNode result = fleet.end(job);
        assertEquals("done", result.path("state").asText(), result::toString);
        assertEquals(SUM, result.path("value").asText(), result::toString);
        assertEquals(result.at("/coverage/shards_total"), result.at("/coverage/shards_counted"), result::toString);
        long byDevice = 0;
        for (JsonNode device : result.at("/coverage/devices/by_device"))
            byDevice += device.path("shards").asLong();
        assertEquals(result.at("/coverage/shards_total").asLong(), byDevice, result::toString);
        assertTrue(fleet.ofJob("job.verify", job).path("verified").asBoolean());
    }
}
