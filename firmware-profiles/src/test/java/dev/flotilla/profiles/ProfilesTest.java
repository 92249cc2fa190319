package dev.flotilla.profiles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProfilesTest {
    private static final YAMLMapper YAML = new YAMLMapper();

    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(""))) {
            return files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
        }
    }

    private static Set<ValidationMessage> faults(JsonNode profile) throws IOException {
        JsonSchema schema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(Files.readString(Path.of("schema.json")));
        return schema.validate(profile);
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyProfileKeepsTheSchemaAndIsCalledAsItsFile(Path file) throws IOException {
        JsonNode profile = YAML.readTree(file.toFile());
        assertEquals(Set.of(), faults(profile));
        assertEquals(file.toString(), profile.get("name").asText() + ".yaml");
    }

    @ParameterizedTest
    @MethodSource("files")
    void javaStartsWithTheFlagsOfEveryProfile(Path file) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java"));
        YAML.readTree(file.toFile()).get("jvm").forEach(flag -> command.add(flag.asText()));
        command.add("-version");
        Process java = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(java.waitFor(20, TimeUnit.SECONDS));
        assertEquals(0, java.exitValue(), said);
        assertFalse(said.contains("warning"), said);
    }

    @Test
    void theIndexThatTheAgentReadsNamesEveryProfile() throws IOException {
        List<String> names =
                files().stream().map(f -> f.toString().replace(".yaml", "")).toList();
        assertEquals(names, Files.readAllLines(Path.of("index")), "the file index has one profile a line, sorted");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/slots: 0",
                "/keep_alive: 1h",
                "/jvm: ['-Xmx1g; reboot']",
                "/colour: red",
                "/window: 0",
                "/beat: 10m",
                "/metered: often",
                "/heat/pause: 200",
                "/journal/linger: 2s",
                "/match/arch: vax"
            })
    void theSchemaRefusesAProfileThatIsWrong(String change) throws IOException {
        ObjectNode profile =
                (ObjectNode) YAML.readTree(Path.of("generic-arm64.yaml").toFile());
        int colon = change.indexOf(": ");
        int slash = change.lastIndexOf('/', colon);
        ObjectNode parent = (ObjectNode) profile.at(change.substring(0, slash));
        parent.set(change.substring(slash + 1, colon), YAML.readTree(change.substring(colon + 2)));
        assertFalse(faults(profile).isEmpty(), change + " passed");
    }
}
