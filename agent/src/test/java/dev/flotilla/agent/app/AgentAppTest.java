package dev.flotilla.agent.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.agent.probe.Chosen;
import dev.flotilla.agent.probe.Hardware;
import dev.flotilla.agent.probe.Profiles;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Exit;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.UserError;
import dev.flotilla.security.DeviceFile;
import dev.flotilla.security.RootSecret;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Without a broker, as on a device whose link is down; deploy's tests have one. */
class AgentAppTest {
    @TempDir
    Path dir;

    private DeviceFile oak;
    private Path file;
    private Path data;

    @BeforeEach
    void device() throws IOException {
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        oak = DeviceFile.of(
                RootSecret.at(dir.resolve("root")),
                new FleetName("woods"),
                new DeviceId("oak"),
                URI.create("mqtt://127.0.0.1:" + free));
        file = dir.resolve("oak.json");
        oak.write(file);
        data = dir.resolve("data");
    }

    private AgentApp start() {
        return AgentApp.start(new AgentSettings(oak, data, chosen()));
    }

    private static Chosen chosen() {
        try {
            return Profiles.shipped()
                    .choose(
                            Hardware.at(Path.of("/")),
                            Optional.of("generic-arm64"),
                            Optional.empty(),
                            OptionalInt.of(1),
                            1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private record Ended(int exit, String said) {
        void says(Exit expected, String what) {
            assertEquals(expected.code(), exit, said);
            String[] lines = said.split("\n");
            assertEquals(3, lines.length, said);
            assertTrue(
                    lines[0].startsWith("error: ") && lines[1].startsWith("why:   ") && lines[2].startsWith("next:  "),
                    said);
            assertTrue(said.contains(what), said);
        }
    }

    private static Ended main(String... args) {
        PrintStream before = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            int exit = Main.run(args);
            // what the log says stands before it
            return new Ended(exit, said.toString(StandardCharsets.UTF_8).replaceAll("(?m)^20.*\n", ""));
        } finally {
            System.setErr(before);
        }
    }

    private Ended run(String... more) {
        String[] args = new String[5 + more.length];
        System.arraycopy(
                new String[] {"run", "--device-file", file.toString(), "--data", data.toString()}, 0, args, 0, 5);
        System.arraycopy(more, 0, args, 5, more.length);
        return main(args);
    }

    @Test
    void aCleanStopIsSoonAndLeavesAMarkThatTheNextStartTakes() {
        AgentApp app = start();
        long began = System.nanoTime();
        app.close();
        assertTrue(System.nanoTime() - began < TimeUnit.SECONDS.toNanos(2));
        assertTrue(Files.exists(data.resolve("clean")));
        AgentApp again = start();
        assertFalse(Files.exists(data.resolve("clean")));
        again.close();
    }

    @Test
    void theLogOfARunningAgentIsPrintedFromACopy() {
        AgentApp app = start();
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            Ended dump = main("journal", "dump", data.toString());
            assertEquals(0, dump.exit(), dump.said());
            assertTrue(dump.said().contains("is in use: this is a copy"), dump.said());
        } finally {
            System.setOut(before);
            app.close();
        }
        assertTrue(
                out.toString(StandardCharsets.UTF_8)
                        .matches("(?s)\\{\"seq\":1,\"hash\":\"[0-9a-f]{64}\",\"bytes\":[0-9]+,\"events\":"
                                + "\\[\\{\"event\":\"Born\",\"agent_id\":\"[0-9a-f]{32}\"}.*"),
                out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void twoAgentsNeverShareADirectory() {
        AgentApp app = start();
        UserError error = assertThrows(UserError.class, this::start);
        assertEquals(Exit.FAILED, error.exit());
        assertTrue(error.next().startsWith("another agent runs on "), error.lines());
        app.close();
    }

    @Test
    void aDamagedJournalIsSetAsideAndANewOneBegun() throws IOException {
        start().close();
        Path journal = data.resolve("journal.db");
        byte[] damaged = Files.readAllBytes(journal);
        for (int i = 100; i < damaged.length; i++) damaged[i] ^= 0x55;
        Files.write(journal, damaged);
        start().close();
        try (var files = Files.list(data)) {
            Path aside = files.filter(f -> f.toString().contains("journal.db.damaged-"))
                    .findFirst()
                    .orElseThrow();
            assertEquals(damaged.length, Files.size(aside));
        }
        start().close();
    }

    @Test
    void aJournalOfANewerVersionIsLeftAlone() throws Exception {
        start().close();
        Path journal = data.resolve("journal.db");
        try (Connection sqlite = DriverManager.getConnection("jdbc:sqlite:" + journal);
                Statement statement = sqlite.createStatement()) {
            statement.execute("PRAGMA user_version = 99");
        }
        byte[] before = Files.readAllBytes(journal);
        run().says(Exit.FAILED, "or a newer one");
        assertEquals(-1, java.util.Arrays.mismatch(before, Files.readAllBytes(journal)));
    }

    @Test
    void whatIsWrongWithTheCommandIsSaidInThreeLinesAndNothingIsMade() throws IOException {
        main().says(Exit.USAGE, "no command was given");
        main("run").says(Exit.USAGE, "--device-file");
        run("--colour", "red").says(Exit.USAGE, "--colour");
        run("--label", "site").says(Exit.USAGE, "\"site\" is no label");
        run("--slots", "0").says(Exit.USAGE, "1 to 1024");
        main("run", "--device-file", dir + "/elm.json", "--data", data.toString())
                .says(Exit.USAGE, "elm.json is not there");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        run().says(Exit.USAGE, "chmod 600");
        assertFalse(Files.exists(data));
    }

    @Test
    void aDirectoryThatCannotBeUsedAndAProfileThatIsNotThereAreSaid() throws IOException {
        Files.writeString(data, "a file");
        run().says(Exit.USAGE, "the agent cannot use " + data);
        Files.delete(data);
        run("--profile", "generic-arm").says(Exit.USAGE, "generic-arm64");
    }

    @Test
    void aSiteFileThatIsWrongIsNamedAndTheAgentDoesNotStart() throws IOException {
        Path site = dir.resolve("agent.yaml");
        Files.writeString(site, "slots: 2\nheat:\n  pause: hot\n");
        run("--site", site.toString()).says(Exit.USAGE, "agent.yaml, line 3, field heat/pause: ");
        main("profile", "--site", site.toString()).says(Exit.USAGE, "line 3");
        assertFalse(Files.exists(data));
    }

    @Test
    void theProfileIsPrintedWithTheOriginOfEachValueForPeopleAndAsJson() throws IOException {
        Path site = dir.resolve("agent.yaml");
        Files.writeString(site, "window: 8\n");
        String[] args = {"profile", "--profile", "raspberry-pi-4b", "--site", site.toString(), "--slots", "3"};
        String people = printed(args);
        assertTrue(people.startsWith("profile  raspberry-pi-4b\nmachine  "), people);
        assertTrue(people.matches("(?s).*\nwhy      the flag --profile names it\n\nFIELD +VALUE +FROM\n.*"), people);
        assertTrue(people.matches("(?s).*\nslots +3 +the flag --slots\n.*"), people);
        assertTrue(people.matches("(?s).*\nwindow +8 +" + site + ", line 1\n.*"), people);
        assertTrue(people.matches("(?s).*\njournal/linger +5ms +raspberry-pi-4b.yaml, line [0-9]+\n.*"), people);
        args = java.util.Arrays.copyOf(args, args.length + 1);
        args[args.length - 1] = "--json";
        String json = printed(args);
        assertTrue(json.startsWith("{\"profile\":\"raspberry-pi-4b\",\"machine\":\""), json);
        assertTrue(json.contains("{\"field\":\"window\",\"value\":\"8\",\"from\":\"" + site + ", line 1\"}"), json);
    }

    private static String printed(String... args) {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            Ended ended = main(args);
            assertEquals(0, ended.exit(), ended.said());
        } finally {
            System.setOut(before);
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
