package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.flotilla.security.DeviceFile;
import dev.flotilla.security.Token;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Devices join a controller by tokens, through the commands that users give. */
class JoinIT {
    @TempDir
    static Path folder;

    private static TestFleet fleet;
    private static int tokens;

    @BeforeAll
    static void start() throws IOException {
        fleet = new TestFleet(folder)
                .controller(
                        "--port",
                        String.valueOf(TestFleet.freePort()),
                        "--listen",
                        "127.0.0.1:" + TestFleet.freePort());
    }

    @AfterAll
    static void stop() {
        if (fleet != null) fleet.close();
    }

    private static Path token(String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of("token", "create"));
        command.addAll(List.of(words));
        Command made = fleet.flotilla(command.toArray(String[]::new)).succeeded();
        Path file = folder.resolve("token-" + ++tokens);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, made.out());
        return file;
    }

    private static Command join(Path token, String host) {
        return Command.run(
                fleet.environment(),
                List.of(
                        Installed.flotillaAgent(),
                        "join",
                        "--token-file",
                        token.toString(),
                        "--device-file",
                        folder.resolve(host + ".device").toString(),
                        "--host",
                        host));
    }

    private static void run(String name, String host) {
        fleet.start(
                name,
                List.of(
                        Installed.flotillaAgent(),
                        "run",
                        "--device-file",
                        folder.resolve(host + ".device").toString(),
                        "--data",
                        folder.resolve(host + ".data").toString()));
    }

    @Test
    void aDeviceJoinsWithATokenIsReadyWithItsLabelsAndWorksUntilItIsRemoved() throws IOException {
        Path token = token("-l", "site=berlin");
        Command joined = join(token, "oak").succeeded();
        assertEquals("oak", joined.out().strip());
        Path file = folder.resolve("oak.device");
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        DeviceFile device = DeviceFile.read(file);
        assertEquals("berlin", device.labels().get("site"));
        assertFalse(Files.exists(folder.resolve("oak.device.key")), "the key is in the file now");
        run("oak", "oak");
        fleet.ready("oak");
        fleet.ask(
                "job.submit",
                "{\"id\": \"sum\", \"input\": {\"range\": \"0..1000000\"}, \"shard\": {\"count\": 4},"
                        + " \"program\": {\"builtin\": \"sum\"}, \"place\": {\"labels\": {\"site\": \"berlin\"}}}");
        assertEquals("499999500000", fleet.end("sum").path("value").asText());

        String secret = Token.parse(Files.readString(token)).password();
        assertFalse((joined.out() + joined.err() + fleet.said("controller") + fleet.said("oak")).contains(secret));
        assertFalse((joined.out() + joined.err()).contains(device.linkKey().text()));

        Command again = join(token, "elm");
        assertEquals(4, again.exit(), again.toString());
        assertTrue(again.err().contains("used already"), again.err());

        fleet.flotilla("device", "remove", "oak").succeeded();
        Command.await("its session is over", () -> fleet.said("oak").contains("mqtt.down"));
        Command.await("it is refused", () -> fleet.said("oak").contains("mqtt.refused"));
        assertFalse(names().contains("oak"));

        assertEquals(
                "oak",
                join(token("--replaces", "oak"), "new-card").succeeded().out().strip());
        run("new-oak", "new-card");
        fleet.ready("oak");
        fleet.kill("oak");
        fleet.kill("controller");
        fleet.again("controller");
        fleet.awaitController();
        fleet.hangUp();
        fleet.again("oak"); // the card that was removed, at a controller that has just started
        Command.await("the old card is refused", () -> fleet.said("oak").contains("mqtt.refused"));
        fleet.ready("oak");
        assertFalse(fleet.ended("new-oak"), "the old card must not take the session over");
    }

    @Test
    void whoMustBeApprovedWaitsAndWhoseJoinIsKilledIsTheSameDeviceNextTime() throws Exception {
        Path token = token("--approve");
        Process waits = new ProcessBuilder(
                        Installed.flotillaAgent(),
                        "join",
                        "--token-file",
                        token.toString(),
                        "--device-file",
                        folder.resolve("ash.device").toString(),
                        "--host",
                        "ash")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("ash.out").toFile())
                .start();
        Command.await("ash is pending", () -> names().contains("ash: pending"));
        waits.destroyForcibly().waitFor();
        assertFalse(Files.exists(folder.resolve("ash.device")));
        assertEquals(4, join(token, "thief").exit(), "the token has one use");
        fleet.flotilla("device", "approve", "ash").succeeded();
        assertEquals("ash", join(token, "ash").succeeded().out().strip());
        run("ash", "ash");
        fleet.ready("ash");
        Command again = join(token, "ash");
        assertEquals(2, again.exit());
        assertTrue(again.err().contains("has joined already"), again.err());
    }

    @Test
    void badTokensAreNamedInThreeLinesWithTheRemedy() throws IOException {
        Path token = token();
        String text = Files.readString(token);
        Files.writeString(token, text.substring(0, 30) + (text.charAt(30) == 'A' ? 'B' : 'A') + text.substring(31));
        Command mistyped = join(token, "yew");
        assertEquals(2, mistyped.exit());
        assertTrue(
                mistyped.err().contains("checksum") && mistyped.err().contains("flotilla token create"),
                mistyped.err());
        Files.writeString(token, text);
        Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-r--r--"));
        Command open = join(token, "yew");
        assertEquals(2, open.exit());
        assertTrue(open.err().contains("chmod 600"), open.err());
        Command missing = join(folder.resolve("none"), "yew");
        assertEquals(2, missing.exit());
        assertEquals(3, missing.err().strip().lines().count(), missing.err());
        JsonNode list = fleet.json("token", "list", "--json");
        String id = Token.parse(text).id();
        assertFalse(list.toString().contains(Token.parse(text).password()));
        fleet.flotilla("token", "revoke", id).succeeded();
        Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
        Command revoked = join(token, "yew");
        assertEquals(4, revoked.exit());
        assertTrue(revoked.err().contains("revoked"), revoked.err());
    }

    private static String names() {
        StringBuilder all = new StringBuilder();
        for (JsonNode d : fleet.ask("device.list", "{}").path("devices"))
            all.append(d.path("device").asText())
                    .append(": ")
                    .append(d.path("state").asText())
                    .append('\n');
        return all.toString();
    }
}
