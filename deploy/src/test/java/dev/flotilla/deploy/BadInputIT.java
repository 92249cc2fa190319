package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What users get wrong: three lines that say what, why and what next, the right exit code, and nothing is created. */
class BadInputIT {
    private static final String FLIGHTS = Installed.DATA.resolve("flights.csv").toString();

    private static TestFleet fleet;
    private static Path folder;

    @BeforeAll
    static void start(@TempDir Path temp) throws IOException {
        folder = temp;
        Files.writeString(folder.resolve("empty.csv"), "");
        Files.writeString(folder.resolve("prose.csv"), "It was a dark\nand \"stormy\" night,\nsaid \"he\n");
        byte[] binary = new byte[4096];
        for (int i = 0; i < binary.length; i++) binary[i] = (byte) (i * 37);
        Files.write(folder.resolve("binary.csv"), binary);
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve("packed.csv.gz")))) {
            out.write("a\n1\n".getBytes(StandardCharsets.UTF_8));
        }
        Files.writeString(folder.resolve("invalid.yaml"), "input:\n  range: 0..10\nprogram: [\n");
        Files.writeString(folder.resolve("unknown.yaml"), "input:\n  range: 0..10\nprogram:\n  bultin: sum\n");
        fleet = new TestFleet(folder).controller("--port", "0").agent("oak");
        fleet.ready("oak");
    }

    @AfterAll
    static void stop() {
        fleet.close();
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                mistake(2, "--shards", "run", "sum", "--range", "0..10", "--shrads", "4"),
                mistake(2, "nowhere.csv", "run", "sum", "--input", "nowhere.csv", "--column", "a"),
                mistake(2, "empty", "run", "sum", "--input", "empty.csv", "--column", "a"),
                mistake(2, "no number", "run", "sum", "--range", "5..5"),
                mistake(2, "7..5", "run", "sum", "--range", "7..5"),
                mistake(2, "--shards", "run", "sum", "--range", "0..10", "--shards", "0"),
                mistake(2, "delay, distance, origin", "run", "sum", "--input", FLIGHTS, "--column", "distanc"),
                mistake(2, "Its columns are", "run", "sum", "--input", "prose.csv", "--column", "a"),
                mistake(2, "binary", "run", "sum", "--input", "binary.csv", "--column", "a"),
                mistake(2, "gzip", "run", "sum", "--input", "packed.csv.gz", "--column", "a"),
                mistake(2, "line 3", "job", "submit", "invalid.yaml"),
                mistake(2, "builtin", "job", "submit", "unknown.yaml"),
                mistake(2, "sum", "run", "summ", "--range", "0..10"),
                mistake(6, "site", "run", "sum", "--range", "0..10", "-l", "site=berlin"),
                mistake(6, "mem_total", "run", "sum", "--range", "0..10", "--where", "mem_total >= 900GiB"),
                mistake(3, "nobody", "job", "show", "nobody"));
    }

    private static Arguments mistake(int exit, String says, String... words) {
        return Arguments.of(exit, says, List.of(words));
    }

    @ParameterizedTest(name = "{2}")
    @MethodSource("mistakes")
    void aMistakeIsToldInThreeLinesAndCreatesNothing(int exit, String says, List<String> words) {
        int jobs = jobs(fleet);
        Command told = fleet.flotilla(words.stream()
                .map(word -> word.contains(".") && Files.exists(folder.resolve(word))
                        ? folder.resolve(word).toString()
                        : word)
                .toArray(String[]::new));

        assertThreeLines(exit, says, told);
        assertEquals("", told.out());
        assertEquals(jobs, jobs(fleet), told::toString);
    }

    @Test
    void moreShardsThanRecordsAreFewerShardsAndThatIsSaid() {
        Command ran = fleet.flotilla("run", "sum", "--range", "0..3", "--shards", "10");
        assertEquals("3", ran.answer());
        assertTrue(ran.err().contains("3 shards"), ran::toString);
    }

    @Test
    void withoutAControllerTheCliSaysHowToStartOne() {
        Command none = Command.run(
                Map.of("FLOTILLA_CONFIG", folder.resolve("nothing").toString()),
                List.of(Installed.flotilla(), "job", "list"));
        assertThreeLines(5, "flotilla", none);
    }

    @Test
    void aControllerThatCannotStartSaysWhy() {
        String port = String.valueOf(fleet.broker().getPort());
        assertThreeLines(2, port, controller(folder.resolve("second"), "--port", port));
        assertThreeLines(2, "empty.csv", controller(folder.resolve("empty.csv").resolve("data"), "--port", "0"));
        assertThreeLines(1, "another", controller(fleet.data(), "--port", "0"));
    }

    @Test
    void withoutADeviceAJobWaitsAndSaysSoAndAJournalThatIsNewerOrDamagedIsNotTouched()
            throws IOException, SQLException {
        Path data;
        try (TestFleet empty = new TestFleet(folder.resolve("no-device"))) {
            empty.controller("--port", "0");
            Command ran = empty.flotilla("run", "sum", "--range", "0..10", "--wait=1s");
            assertEquals(7, ran.exit(), ran::toString);
            assertTrue(ran.err().contains("device"), ran::toString);
            assertEquals(1, jobs(empty), "the job stays open");
            empty.signal("controller", "TERM");
            assertEquals(0, empty.exit("controller"));
            data = empty.data();
        }
        Path journal = data.resolve("journal.db");

        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + journal);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA user_version = 1000");
        }
        assertThreeLines(1, "of version 1000", controller(data, "--port", "0"));

        byte[] bytes = Files.readAllBytes(journal);
        for (int i = 1024; i < bytes.length; i++) bytes[i] ^= 0x55;
        Files.write(journal, bytes);
        assertThreeLines(1, "journal", controller(data, "--port", "0"));
        assertArrayEquals(bytes, Files.readAllBytes(journal));
    }

    private static int jobs(TestFleet fleet) {
        return fleet.ask("job.list", "{}").path("jobs").size();
    }

    private static Command controller(Path data, String... words) {
        List<String> command =
                new java.util.ArrayList<>(List.of(Installed.flotilla(), "controller", "--data", data.toString()));
        command.addAll(List.of(words));
        TreeMap<String, String> environment = new TreeMap<>(fleet.environment());
        environment.put("FLOTILLA_CONFIG", folder.resolve("unused").toString());
        return Command.run(environment, command);
    }

    private static void assertThreeLines(int exit, String says, Command told) {
        assertEquals(exit, told.exit(), told::toString);
        List<String> lines =
                told.err().lines().filter(line -> !line.contains(" INFO ")).toList();
        assertEquals(3, lines.size(), told::toString);
        assertTrue(lines.get(0).startsWith("error: "), told::toString);
        assertTrue(lines.get(1).startsWith("why:   "), told::toString);
        assertTrue(lines.get(2).startsWith("next:  "), told::toString);
        assertTrue(told.err().contains(says), () -> "'" + says + "' is missing: " + told);
    }
}
