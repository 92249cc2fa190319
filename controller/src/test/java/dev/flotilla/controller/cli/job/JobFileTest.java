package dev.flotilla.controller.cli.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.controller.admin.AdminService;
import dev.flotilla.model.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobFileTest {
    @TempDir
    Path folder;

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private void refused(String text, int line, String what, String why) throws IOException {
        Path file = file("job.yaml", text);
        UserError error = assertThrows(UserError.class, () -> {
            JobFile job = new JobFile(file);
            AdminService.check(job.job()).ifPresent(problem -> {
                throw job.wrong(problem);
            });
        });
        assertEquals(file + " line " + line + ": " + what, error.what());
        assertEquals(why, error.why());
        assertEquals(2, error.exit().code());
    }

    @Test
    void anExponentThatNoNumberHasIsRefusedWithItsLine() throws IOException {
        Path file = file("job.json", "{\"program\": {\"builtin\": \"sum\"},\n\"attempts\": 1e9999999993}\n");
        UserError error = assertThrows(UserError.class, () -> new JobFile(file));
        assertEquals(file + " line 2: attempts is no number", error.what());
        assertEquals(2, error.exit().code());
    }

    @Test
    void aWholeJobIsTheJobOfTheApi() throws IOException {
        file("rain.csv", "a,b\n1,2\n");
        Path yaml = file("rain.yaml", """
                name: seattle-rain            # a comment
                input:
                  records: rain.csv
                shard: { by: range, count: 4 }
                program: { builtin: sum, column: b, strict: true }
                place:
                  policy: round-robin
                  labels: { site: berlin, n: 1 }
                  where: ["arch == arm64"]
                once: false
                attempts: 3
                task_timeout: 10m
                deadline: 2h
                lost_after: 10m
                min_coverage: 95%
                """);
        JobFile job = new JobFile(yaml);
        Upload upload = job.upload().orElseThrow();
        ((com.fasterxml.jackson.databind.node.ObjectNode) job.job().get("input"))
                .set("records", upload.records(Upload.NO_DIGEST));
        assertTrue(AdminService.check(job.job()).isEmpty(), () -> job.job().toPrettyString());
        assertEquals("csv", job.job().at("/input/records/format").asText());
        assertEquals("rain.csv", job.job().at("/input/records/name").asText());
    }

    @Test
    void jsonIsReadToo() throws IOException {
        JobFile job = new JobFile(
                file("job.json", "{\"input\": {\"range\": \"0..10\"},\n \"program\": {\"builtin\": \"sum\"}}"));
        assertTrue(AdminService.check(job.job()).isEmpty());
    }

    @Test
    void anUnknownFieldSuggestsTheNearest() throws IOException {
        refused(
                "name: x\ninput: { range: 0..10 }\nshard:\n  cuont: 4\nprogram: { builtin: sum }\n",
                4,
                "unknown field shard.cuont",
                "did you mean count?");
        refused(
                "input: { range: 0..10 }\nprogramm: { builtin: sum }\n",
                2,
                "unknown field programm",
                "did you mean program?");
    }

    @Test
    void fieldsOfALaterVersionAreRefusedRatherThanIgnored() throws IOException {
        for (String field : new String[] {
            "speculate: true", "reduce: collect", "rollout: { canary: 2 }", "resources: { memory: 1MiB }"
        }) {
            refused(
                    "input: { range: 0..10 }\nprogram: { builtin: sum }\n" + field + "\n",
                    3,
                    field.replaceFirst(":.*", "") + " is not in this version",
                    "it is planned; a job that ignored it would do something else than it says");
        }
        refused(
                "input:\n  args: [a, b]\n",
                2,
                "input.args is not in this version",
                "it is planned; a job that ignored it would do something else than it says");
    }

    @Test
    void wrongValuesNameTheirLine() throws IOException {
        refused(
                "input:\n  range: 10..0\nprogram: { builtin: sum }\n",
                2,
                "input.range cannot be used",
                "the range 10..0 ends before it begins");
        refused(
                "input: { range: 0..10 }\nprogram:\n  builtin: sum\nattempts: many\n",
                4,
                "attempts must be a whole number",
                "it is \"many\"");
        refused(
                "input: { range: 0..10 }\nprogram: { builtin: sum }\nshard:\n  by: range\n  count: 0\n",
                5,
                "a job has at least one shard",
                "shard.count is 0");
        refused("name: x\nprogram: { builtin: sum }\n", 1, "input is missing", "a job needs it");
    }

    @Test
    void invalidYamlNamesItsLine() throws IOException {
        refused(
                "name: x\ninput:\n   range: 0..10\n  shard: 4\n",
                4,
                "it is not valid YAML",
                "while parsing a block mapping: expected <block end>, but found '<block mapping start>'");
        refused("name: x\nname: y\n", 2, "it is not valid YAML", "Duplicate field 'name'");
        refused("", 1, "it is empty", "a job has at least input and program");
        refused("- a\n- b\n", 1, "it is no job", "a job file is a mapping of fields");
    }
}
