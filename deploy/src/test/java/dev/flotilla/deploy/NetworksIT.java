package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.model.FleetName;
import dev.flotilla.security.OwnerOnly;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A fleet whose controller, broker and agents are each on a host of their own, over lines that fail: the answer is right, each shard is in it
 * once, and the bytes stay within bounds. Bytes are those of the packets on the agents' lines, both ways, acknowledgements of TCP and its
 * repetitions included.
 */
class NetworksIT {
    private static final String[] AGENTS = {"oak", "elm"};
    private static Network network;
    private static Mosquitto mosquitto;
    private static TestFleet fleet;
    private static int jobs;

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException {
        network = new Network("controller", "oak", "elm");
        List<String> users = List.of("controller", "oak", "elm");
        mosquitto =
                new Mosquitto(folder, new FleetName("it"), users, network.hub(TestFleet.freePort()), Network.onHub());
        for (String user : users)
            OwnerOnly.write(folder.resolve(user + ".pw"), ("pw-" + user).getBytes(StandardCharsets.UTF_8));
        fleet = new TestFleet(folder).placed(Network::on);
        fleet.controller(
                "--broker",
                mosquitto.address().toString(),
                "--broker-user",
                "controller",
                "--broker-password-file",
                folder.resolve("controller.pw").toString());
        for (String id : AGENTS)
            fleet.agent(id, "--broker-password-file", folder.resolve(id + ".pw").toString());
        fleet.ready(AGENTS);
        fleet.end(
                range(20, "20ms", "10m")); // the first meetings and the first job are not what bytes are compared with
    }

    @AfterAll
    static void stop() {
        if (fleet != null) fleet.close();
        if (mosquitto != null) mosquitto.close();
        if (network != null) network.close();
    }

    @AfterEach
    void mend() {
        for (String agent : AGENTS) network.mend(agent);
    }

    @Test
    void aLineThatIsCutOneWayOrBothCostsNothing() {
        try (Rounds rounds = Rounds.of("partition, one way up / down / both", 3, 40)) {
            rounds.each(seed -> {
                Random random = new Random(seed);
                String job = range(200, "60ms", random.nextBoolean() ? "4s" : "10m");
                Command.await("a tenth of " + job + " is counted", () -> fleet.counted(job) >= 20);
                if (seed % 3 != 1) network.cutUp("oak");
                if (seed % 3 != 0) network.cutDown("oak");
                assertTrue(fleet.counted(job) < 200, "it was over before the cut");
                pass(Duration.ofMillis(500 + random.nextInt(longest())));
                network.mend("oak");
                whole(job, "499999500000", rounds);
                Command.await("oak holds nothing", () -> held("oak") == 0);
            });
        }
    }

    @Test
    void aFlappingLineNeedsHardlyMoreBytes() {
        try (Rounds rounds = Rounds.of("flapping link", 1, 20)) {
            double[] worst = {0};
            rounds.each(seed -> {
                Random random = new Random(seed);
                Work usual = () -> whole(range(80, "150ms", "10m"), "499999500000", rounds);
                Work flapping = () -> {
                    String job = range(80, "150ms", "10m");
                    while (!isOver(job)) {
                        String agent = AGENTS[random.nextInt(2)];
                        if (random.nextBoolean()) network.cutUp(agent);
                        if (random.nextBoolean()) network.cutDown(agent);
                        pass(Duration.ofMillis(200 + random.nextInt(800)));
                        network.mend(agent);
                        pass(Duration.ofMillis(200 + random.nextInt(800)));
                    }
                    whole(job, "499999500000", rounds);
                };
                worst[0] = Math.max(worst[0], compared("flapping", usual, flapping));
            });
            rounds.note(times(worst[0]));
        }
    }

    @Test
    void aLineOfTwoKilobytesASecondNeedsHardlyMoreBytes() {
        try (Rounds rounds = Rounds.of("2 kB/s link", 1, 20)) {
            double[] worst = {0};
            rounds.each(seed -> {
                Work usual = () -> tables(rounds);
                Work slow = () -> {
                    for (String agent : AGENTS) network.slow(agent, 2000);
                    tables(rounds);
                    for (String agent : AGENTS) network.mend(agent);
                };
                worst[0] = Math.max(worst[0], compared("2 kB/s", usual, slow));
            });
            rounds.note(times(worst[0]));
        }
    }

    @Test
    void aLossyLineLosesNoResult() {
        try (Rounds rounds = Rounds.of("lossy link, 10 % of packets each way", 1, 20)) {
            double[] worst = {0};
            rounds.each(seed -> {
                Work usual = () -> whole(range(200, "20ms", "10m"), "499999500000", rounds);
                Work lossy = () -> {
                    for (String agent : AGENTS) network.loses(agent, 0.1);
                    usual.run();
                    for (String agent : AGENTS) network.mend(agent);
                };
                worst[0] = Math.max(worst[0], compared("lossy", usual, lossy));
            });
            rounds.note(times(worst[0]));
        }
    }

    /** A table of which both devices get shards within orders, and one whose only shard is fetched in chunks by one of them. */
    private static void tables(Rounds rounds) {
        String small = table(14_000, 8);
        String large = table(34_000, 1);
        whole(small, "98000", rounds);
        whole(large, "238000", rounds);
    }

    /** Sums a table of that size: seventy on each line of ten bytes. */
    private static String table(int bytes, int shards) {
        StringBuilder lines = new StringBuilder();
        while (lines.length() < bytes) lines.append("000000070\n");
        byte[] text = lines.toString().getBytes(StandardCharsets.US_ASCII);
        String digest = HexFormat.of().formatHex(sha256(text));
        String data = Base64.getEncoder().encodeToString(text);
        fleet.ask(
                "artifact.put",
                "{\"digest\": \"" + digest + "\", \"offset\": 0, \"total\": " + text.length + ", \"data\": \"" + data
                        + "\"}");
        return submit(
                "{\"records\": {\"digest\": \"" + digest + "\", \"name\": \"t.txt\", \"format\": \"lines\"}}",
                "\"count\": " + shards,
                "{\"builtin\": \"sum\"}",
                "10m");
    }

    private static byte[] sha256(byte[] text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static String range(int shards, String delay, String lostAfter) {
        return submit(
                "{\"range\": \"0..1000000\"}",
                "\"count\": " + shards,
                "{\"builtin\": \"sum\", \"delay\": \"" + delay + "\"}",
                lostAfter);
    }

    private static String submit(String input, String shard, String program, String lostAfter) {
        String job = "net-" + ++jobs;
        ObjectNode reply = fleet.ask(
                "job.submit",
                "{\"id\": \"" + job + "\", \"input\": " + input + ", \"shard\": {" + shard + "}, \"program\": "
                        + program + ", \"lost_after\": \"" + lostAfter + "\"}");
        assertTrue(reply.path("ok").asBoolean(), reply::toString);
        return job;
    }

    /** Of a cut, in ms; a long one makes TCP and MQTT give up. */
    private static int longest() {
        return Boolean.getBoolean("flotilla.full") ? 20_000 : 3000;
    }

    private static boolean isOver(String job) {
        return fleet.ofJob("job.result", job).path("final").asBoolean();
    }

    private static long held(String device) {
        return fleet.ask("device.show", "{\"device\": \"" + device + "\"}")
                .at("/summary/held")
                .asLong();
    }

    private interface Work {
        void run() throws Exception;
    }

    private static long bytesOf(Work work) throws Exception {
        Network.Traffic before = network.traffic(AGENTS);
        work.run();
        return network.traffic(AGENTS).since(before).both();
    }

    /** @return its bytes by those of a good line, the larger of before and after: how many ends one report carries depends on the machine */
    private static double compared(String line, Work usual, Work bad) throws Exception {
        long before = bytesOf(usual);
        long bytes = bytesOf(bad);
        long good = Math.max(before, bytesOf(usual));
        System.out.println(line + ": " + bytes + " bytes, on a good line " + good);
        double ratio = (double) bytes / good;
        assertTrue(ratio < 1.3, () -> line + ": " + bytes + " bytes, on a good line " + good);
        return ratio;
    }

    private static String times(double ratio) {
        return String.format(Locale.ROOT, "bytes %.2f times those of a good line, at most", ratio);
    }

    /** Lets the world be as it is for so long. */
    private static void pass(Duration span) {
        try {
            Thread.sleep(span.toMillis());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits for the job's end: the answer, each shard counted once, and the recovery log gives the same again. */
    private static void whole(String job, String answer, Rounds rounds) {
        ObjectNode result = fleet.end(job);
        assertEquals("done", result.path("state").asText(), result::toString);
        assertEquals(answer, result.path("value").asText(), result::toString);
        long total = result.at("/coverage/shards_total").asLong();
        long counted = 0;
        for (JsonNode device : result.at("/coverage/devices/by_device"))
            counted += device.path("shards").asLong();
        if (counted < total) rounds.lost(result.toString());
        if (counted > total) rounds.doubled(result.toString());
        JsonNode proof = fleet.ofJob("job.verify", job);
        assertTrue(proof.path("verified").asBoolean(), proof::toString);
    }
}
