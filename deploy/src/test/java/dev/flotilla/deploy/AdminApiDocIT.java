package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of docs/admin-api.md are taken from the page itself and run, against the embedded broker. */
class AdminApiDocIT {
    private static final Pattern BLOCK = Pattern.compile("```sh\\n(.*?)```", Pattern.DOTALL);

    @Test
    void mosquittosToolsAloneSubmitAJobReadItsStateAndResultAndFollowItsEvents(@TempDir Path folder)
            throws IOException {
        Ci.needs(Mosquitto.installed("mosquitto_rr"), "mosquitto_rr is not installed (Debian: mosquitto-clients)");
        String page = Files.readString(Installed.CHECKOUT.resolve("docs").resolve("admin-api.md"));
        StringBuilder script = new StringBuilder("set -eu\ncd \"$HOME\"\n");
        Matcher blocks = BLOCK.matcher(page);
        while (blocks.find()) script.append(blocks.group(1));

        Command ran;
        try (TestFleet fleet = new TestFleet(folder)) {
            fleet.controller("--port", "0").agent("oak");
            fleet.ready("oak");
            Map<String, String> environment = new TreeMap<>(fleet.environment());
            environment.put("HOME", folder.toString());
            environment.put("XDG_CONFIG_HOME", folder.resolve(".config").toString());
            environment.put("CONTEXT", "it");
            ran = Command.run(environment, List.of("sh", "-c", script.toString()))
                    .succeeded();
            Command.await(
                    "the job that was only published is there",
                    () -> fleet.ask("job.list", "{}")
                            .path("jobs")
                            .findValuesAsText("job")
                            .contains("by-hand-2"));
            assertEquals("done", fleet.end("by-hand-2").path("state").asText());
        }

        List<JsonNode> lines = ran.out().lines().map(AdminApiDocIT::json).toList();
        JsonNode devices = lines.get(0);
        JsonNode submitted = lines.get(1);
        JsonNode shown = lines.get(2);
        assertEquals("oak", devices.at("/devices/0/device").asText(), ran::toString);
        assertEquals("by-hand", submitted.path("job").asText(), ran::toString);
        assertTrue(submitted.path("new").asBoolean(), ran::toString);
        assertEquals("running", shown.at("/summary/state").asText(), ran::toString);
        assertTrue(
                lines.stream()
                        .anyMatch(line -> line.path("value").asText().equals("499999500000") && line.has("coverage")),
                ran::toString);
        assertTrue(
                lines.stream()
                        .anyMatch(line -> line.has("running")
                                && line.has("held")
                                && !line.path("final").asBoolean()),
                () -> "no event was heard: " + ran);
        assertEquals(
                PosixFilePermissions.fromString("rw-------"),
                Files.getPosixFilePermissions(folder.resolve(".config").resolve("mosquitto_rr")));
    }

    private static JsonNode json(String line) {
        try {
            return new ObjectMapper().readTree(line);
        } catch (IOException e) {
            throw new AssertionError("not one JSON object a line: " + line, e);
        }
    }
}
