package dev.flotilla.agent.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.UserError;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProbeTest {
    private static final Path THIS_MACHINE = Path.of("/");
    private static final Path PROFILES = Path.of("..", "firmware-profiles");

    @TempDir
    Path root;

    private void file(String name, String content) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private void machine(String model, long mib) throws IOException {
        if (!model.isEmpty()) file("proc/device-tree/model", model + "\0");
        file("proc/meminfo", "MemTotal:  " + mib * 1024 + " kB\nMemFree:  1 kB\nMemAvailable:  " + mib * 512 + " kB\n");
        file("proc/loadavg", "3.00 2.00 1.00 1/99 1234\n");
        file("proc/sys/kernel/hostname", "oak\n");
        file("proc/self/io", "read_bytes: 1\nwrite_bytes: 5000\ncancelled_write_bytes: 4\n");
        file("etc/os-release", "PRETTY_NAME=\"Raspbian 12\"\nID=raspbian\nVERSION_ID=\"12\"\n");
    }

    private Probe probe(Path at, Profile profile) throws IOException {
        TreeMap<String, String> labels = new TreeMap<>(Map.of("site", "berlin"));
        return new Probe(at, profile, Hardware.at(at), 4, "0.1.0", labels, new Speed(), root);
    }

    @Test
    void thisMachineIsMeasured() throws IOException {
        Profile profile = Profiles.shipped().choose(Hardware.at(THIS_MACHINE));
        Capacity capacity = probe(THIS_MACHINE, profile).measure();
        assertTrue(capacity.memTotal() > 1 << 20 && capacity.memFree() <= capacity.memTotal(), capacity.toString());
        assertEquals(profile.name(), capacity.facts().get("profile"));
        assertEquals(
                List.of("arch", "cores", "host", "java", "os", "profile", "version"),
                List.copyOf(capacity.facts().keySet()));
        assertFalse(Probe.machineBoot(THIS_MACHINE).isEmpty());
    }

    @Test
    void theFiguresAreThoseOfTheKernel() throws IOException {
        machine("Raspberry Pi 4 Model B Rev 1.4", 1800);
        file("sys/class/thermal/thermal_zone0/temp", "61234\n");
        Capacity capacity =
                probe(root, Profiles.shipped().named("raspberry-pi-4b")).measure();
        assertEquals(3.0 / Runtime.getRuntime().availableProcessors(), capacity.load());
        assertEquals(1800L << 20, capacity.memTotal());
        assertEquals(900L << 20, capacity.memFree());
        assertEquals(OptionalDouble.of(61.234), capacity.celsius());
        assertEquals(
                OptionalLong.of(24 * 5000),
                capacity.storage().orElseThrow().writtenADay(),
                "its first hour counts whole");
        assertTrue(capacity.storage().get().free() > 0, capacity.toString());
        assertEquals(OptionalDouble.empty(), capacity.speed());
        assertEquals("raspbian 12", capacity.facts().get("os"));
        assertEquals("berlin", capacity.labels().get("site"));
    }

    @Test
    void aSensorThatIsMissingOrAnswersNonsenseIsNoTemperature() throws IOException {
        machine("", 1800);
        Probe probe = probe(root, Profiles.shipped().named("generic-arm64"));
        assertEquals(OptionalDouble.empty(), probe.measure().celsius());
        file("sys/class/thermal/thermal_zone0/temp", "N/A\n");
        assertEquals(OptionalDouble.empty(), probe.measure().celsius());
    }

    @Test
    void aCountOfBytesThatCannotBeReadLeavesTheRestOfTheDisk() throws IOException {
        machine("", 1800);
        Files.delete(root.resolve("proc/self/io"));
        Files.createDirectory(root.resolve("proc/self/io"));
        Capacity.Storage storage = probe(root, Profiles.shipped().named("generic-arm64"))
                .measure()
                .storage()
                .orElseThrow();
        assertTrue(storage.free() > 0, storage.toString());
        assertEquals(OptionalLong.empty(), storage.writtenADay());
    }

    @Test
    void theProbeMeasuresAgainAndAgainUntilItIsClosedAndAlsoAfterAFailure() throws Exception {
        machine("", 1800);
        LinkedBlockingQueue<Capacity> seen = new LinkedBlockingQueue<>();
        try (Probe probe = probe(root, Profiles.shipped().named("generic-arm64"))) {
            file("proc/loadavg", "nonsense");
            probe.start(Duration.ofMillis(1), seen::add);
            file("proc/loadavg", "1.00 1 1\n");
            assertTrue(seen.poll(5, TimeUnit.SECONDS) != null && seen.poll(5, TimeUnit.SECONDS) != null);
        }
    }

    @Test
    void theMostSpecificProfileThatFitsIsChosen() throws IOException {
        Profiles shipped = Profiles.shipped();
        assertEquals(
                "raspberry-pi-4b",
                shipped.choose(new Hardware("Raspberry Pi 4 Model B Rev 1.4", "arm64", 4L << 30))
                        .name());
        assertEquals(
                "generic-arm64",
                shipped.choose(new Hardware("Raspberry Pi 5 Model B", "arm64", 4L << 30))
                        .name());
        assertEquals(
                "generic-x86_64",
                shipped.choose(new Hardware("", "x86_64", 1L << 30)).name());

        Profiles mine = new Profiles(List.of(
                profile("any", "arch: arm64"),
                profile("small", "memory_max_mib: 1000"),
                profile("board", "model: Acme"),
                profile("board-2", "model: Acme Two")));
        assertEquals("any", mine.choose(new Hardware("", "arm64", 2L << 30)).name());
        assertEquals("small", mine.choose(new Hardware("", "arm64", 1L << 29)).name());
        assertEquals(
                "board",
                mine.choose(new Hardware("Acme One", "arm64", 1L << 29)).name());
        assertEquals(
                "board-2",
                mine.choose(new Hardware("Acme Two b", "arm64", 1L << 29)).name());
    }

    @Test
    void aMachineThatNoProfileFitsIsNamed() throws IOException {
        UserError error = assertThrows(
                UserError.class, () -> Profiles.shipped().choose(new Hardware("VisionFive 2", "riscv64", 2L << 30)));
        assertEquals(
                "error: no profile fits this machine\n"
                        + "why:   it is riscv64, 2048 MiB, VisionFive 2; there are generic-arm64, generic-x86_64, raspberry-pi-4b\n"
                        + "next:  flotilla-agent run --profile generic-arm64 ...          to run as that class of device",
                error.lines());
        UserError typo = assertThrows(UserError.class, () -> Profiles.shipped().named("rasberry-pi-4b"));
        assertTrue(typo.next().contains("raspberry-pi-4b"), typo.next());
    }

    @Test
    void aProfileSaysWhatItsFileSays() throws IOException {
        Profile profile = Profiles.shipped().named("raspberry-pi-4b");
        assertEquals(Duration.ofSeconds(60), profile.keepAlive());
        assertEquals(Duration.ofMillis(5), profile.linger());
        assertEquals(1024, profile.snapshotKib());
        assertTrue(profile.slots().isEmpty());
    }

    @Test
    void theAgentReadsInAProfileWhatAYamlLibraryReads() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(PROFILES, "*.yaml")) {
            for (Path file : files) {
                TreeMap<String, String> expected = new TreeMap<>();
                try (YAMLParser yaml = new YAMLFactory().createParser(Files.readString(file))) {
                    for (JsonToken token = yaml.nextToken(); token != null; token = yaml.nextToken()) {
                        if (token.isScalarValue() && !yaml.getParsingContext().inArray())
                            expected.put(
                                    yaml.getParsingContext()
                                            .pathAsPointer()
                                            .toString()
                                            .substring(1),
                                    yaml.getText());
                    }
                }
                assertEquals(expected, Profiles.fields(Files.readString(file)), file.toString());
            }
        }
    }

    private static Profile profile(String name, String match) throws IOException {
        return Profiles.read(
                new ByteArrayInputStream(yaml(name, match, "-Xmx64m").getBytes(StandardCharsets.UTF_8)));
    }

    private static String yaml(String name, String match, String flags) {
        StringBuilder jvm = new StringBuilder();
        for (String flag : flags.split(" ")) jvm.append("  - ").append(flag).append('\n');
        return "# A comment: with a colon.\nname: " + name + "\nmatch:\n  " + match + "\nslots: 2\njvm:\n" + jvm
                + "keep_alive: 30s\njournal:\n  linger: 0s\n  snapshot_kib: 64\n";
    }

    /** The launcher's choice, made without Java, and the agent's are the same; the profiles' flags here are their names. */
    @ParameterizedTest
    @CsvSource({
        "'', 2000",
        "'', 500",
        "'', 1000",
        "'', 1001",
        "Acme One, 500",
        "Acme One, 2000",
        "Acme Two Rev 3, 2000",
        "Acm, 2000",
        "Bigboard, 9000"
    })
    void theLauncherChoosesTheFlagsOfTheProfileThatTheAgentChooses(String model, long mib) throws Exception {
        machine(model, mib);
        Path folder = Files.createDirectories(root.resolve("profiles"));
        List<Profile> profiles = new ArrayList<>();
        String arch = Hardware.at(THIS_MACHINE).arch();
        for (String[] p : new String[][] {
            {"any", "arch: " + arch},
            {"big", "model: Bigboard\n  memory_min_mib: 4000\n  arch: " + arch},
            {"board", "model: Acme"},
            {"board-2", "model: Acme Two"},
            {"huge", "memory_min_mib: 1000000"},
            {"other", "arch: vax"},
            {"small", "memory_max_mib: 1000"}
        }) {
            profiles.add(profile(p[0], p[1]));
            Files.writeString(folder.resolve(p[0] + ".yaml"), yaml(p[0], p[1], "-D" + p[0] + " -Xmx64m"));
        }
        String chosen = new Profiles(profiles).choose(Hardware.at(root)).name();
        assertEquals("-D" + chosen + " -Xmx64m\n", flags(folder, "", root));
        assertEquals("-Dother -Xmx64m\n", flags(folder, "other", root));
    }

    private static String flags(Path folder, String name, Path root) throws Exception {
        String script = PROFILES.resolve("jvm-flags.sh").toString();
        Process sh = new ProcessBuilder("sh", script, folder.toString(), name, root + File.separator)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = new String(sh.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(sh.waitFor(10, TimeUnit.SECONDS));
        return said;
    }
}
