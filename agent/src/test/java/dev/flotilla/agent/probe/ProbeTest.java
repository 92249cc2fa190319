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
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
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

    private static Profile named(String name) throws IOException {
        return chosen(Profiles.shipped(), Optional.of(name), Optional.empty()).profile();
    }

    private static Chosen chosen(Profiles profiles, Hardware hardware) {
        return profiles.choose(hardware, Optional.empty(), Optional.empty(), OptionalInt.empty(), 4);
    }

    private static Chosen chosen(Profiles profiles, Optional<String> name, Optional<Path> site) {
        return profiles.choose(machine("", "arm64", 2L << 30), name, site, OptionalInt.empty(), 4);
    }

    private static Hardware machine(String model, String arch, long memory) {
        return new Hardware(model, arch, memory, false);
    }

    @Test
    void thisMachineIsMeasured() throws IOException {
        Profile profile = chosen(Profiles.shipped(), Hardware.at(THIS_MACHINE)).profile();
        Capacity capacity = probe(THIS_MACHINE, profile).measure();
        assertTrue(capacity.memTotal() > 1 << 20 && capacity.memFree() <= capacity.memTotal(), capacity.toString());
        assertEquals(profile.name(), capacity.facts().get("profile"));
        assertEquals(
                List.of("arch", "cores", "host", "java", "metered", "os", "profile", "version", "window"),
                List.copyOf(capacity.facts().keySet()));
        assertFalse(Probe.machineBoot(THIS_MACHINE).isEmpty());
    }

    @Test
    void theFiguresAreThoseOfTheKernel() throws IOException {
        machine("Raspberry Pi 4 Model B Rev 1.4", 1800);
        file("sys/class/thermal/thermal_zone0/temp", "61234\n");
        Capacity capacity = probe(root, named("raspberry-pi-4b")).measure();
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
        Probe probe = probe(root, named("generic-arm64"));
        assertEquals(OptionalDouble.empty(), probe.measure().celsius());
        file("sys/class/thermal/thermal_zone0/temp", "N/A\n");
        assertEquals(OptionalDouble.empty(), probe.measure().celsius());
    }

    @Test
    void aCountOfBytesThatCannotBeReadLeavesTheRestOfTheDisk() throws IOException {
        machine("", 1800);
        Files.delete(root.resolve("proc/self/io"));
        Files.createDirectory(root.resolve("proc/self/io"));
        Capacity.Storage storage =
                probe(root, named("generic-arm64")).measure().storage().orElseThrow();
        assertTrue(storage.free() > 0, storage.toString());
        assertEquals(OptionalLong.empty(), storage.writtenADay());
    }

    @Test
    void theProbeMeasuresAgainAndAgainUntilItIsClosedAndAlsoAfterAFailure() throws Exception {
        machine("", 1800);
        LinkedBlockingQueue<Capacity> seen = new LinkedBlockingQueue<>();
        try (Probe probe = probe(root, named("generic-arm64"))) {
            file("proc/loadavg", "nonsense");
            probe.start(Duration.ofMillis(1), seen::add);
            file("proc/loadavg", "1.00 1 1\n");
            assertTrue(seen.poll(5, TimeUnit.SECONDS) != null && seen.poll(5, TimeUnit.SECONDS) != null);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "raspberry-pi-zero-2w, Raspberry Pi Zero 2 W Rev 1.0, armv7l, 430, false",
        "raspberry-pi-3b,      Raspberry Pi 3 Model B Rev 1.2, arm64, 900, false",
        "raspberry-pi-3b,      Raspberry Pi 3 Model B Plus Rev 1.3, armv7l, 900, false",
        "raspberry-pi-4b,      Raspberry Pi 4 Model B Rev 1.4, arm64, 3800, false",
        "raspberry-pi-5,       Raspberry Pi 5 Model B Rev 1.0, arm64, 8000, false",
        "generic-arm64,        Raspberry Pi Compute Module 9, arm64, 8000, false",
        "generic-armhf,        '', armv7l, 1000, false",
        "generic-x86_64,       '', x86_64, 1000, false",
        "container,            '', x86_64, 1000, true",
        "container,            Raspberry Pi 5 Model B Rev 1.0, arm64, 8000, true"
    })
    void theShippedProfileOfAMachineIsFound(String profile, String model, String arch, long mib, boolean container)
            throws IOException {
        Hardware hardware = new Hardware(model, arch, mib << 20, container);
        assertEquals(profile, chosen(Profiles.shipped(), hardware).profile().name());
    }

    @Test
    void theMostSpecificProfileThatFitsIsChosenAndSaysWhy() throws IOException {
        Profiles mine = new Profiles(List.of(
                profile("any", "arch: arm64"),
                profile("small", "memory_max_mib: 1000"),
                profile("board", "model: Acme"),
                profile("board-2", "model: Acme Two")));
        for (String[] expected : new String[][] {
            {"any", "", "2048", "its architecture is arm64"},
            {"small", "", "512", "it has at most 1000 MiB (any would fit too, and say less of it)"},
            {"board", "Acme One", "512", "its model begins with Acme (any, small would fit too, and say less of it)"},
            {
                "board-2",
                "Acme Two b",
                "2048",
                "its model begins with Acme Two (any, board would fit too, and say less of it)"
            }
        }) {
            Chosen chosen = chosen(mine, machine(expected[1], "arm64", Long.parseLong(expected[2]) << 20));
            assertEquals(expected[0], chosen.profile().name());
            assertEquals(expected[3], chosen.why());
        }
    }

    @Test
    void aMachineThatNoProfileFitsIsNamed() throws IOException {
        UserError error = assertThrows(
                UserError.class, () -> chosen(Profiles.shipped(), machine("VisionFive 2", "riscv64", 2L << 30)));
        assertEquals(
                "error: no profile fits this machine\n"
                        + "why:   it is riscv64, 2048 MiB, VisionFive 2; there are container, generic-arm64, generic-armhf, generic-x86_64, raspberry-pi-3b, raspberry-pi-4b, raspberry-pi-5, raspberry-pi-zero-2w\n"
                        + "next:  flotilla-agent run --profile container ...          to run as that class of device",
                error.lines());
        UserError typo = assertThrows(UserError.class, () -> named("rasberry-pi-4b"));
        assertTrue(typo.next().contains("raspberry-pi-4b"), typo.next());
    }

    @Test
    void aProfileSaysWhatItsFileSays() throws IOException {
        Profile profile = named("raspberry-pi-4b");
        assertEquals(Duration.ofSeconds(60), profile.keepAlive());
        assertEquals(Duration.ofMillis(5), profile.linger());
        assertEquals(1024, profile.snapshotKib());
        assertTrue(profile.slots().isEmpty());
        assertEquals(Optional.of(78), profile.heat().map(Profile.Heat::pause));
        assertTrue(named("container").heat().isEmpty());
    }

    @Test
    void eachValueSaysWhereItComesFrom() throws IOException {
        file(
                "agent.yaml",
                "# Of this site.\nprofile: raspberry-pi-4b\nmetered: true\nheat:\n  pause: 70 # in a box\n  resume: 60\n"
                        + "beat: 2m\njvm:\n  - -Xmx32m\n  - -Xss256k\n");
        Path site = root.resolve("agent.yaml");
        Chosen chosen = Profiles.shipped()
                .choose(machine("", "arm64", 2L << 30), Optional.empty(), Optional.of(site), OptionalInt.of(3), 4);
        TreeMap<String, String> from = new TreeMap<>();
        chosen.values()
                .forEach(v -> from.put(v.field(), v.text() + " from " + v.from().replace(site.toString(), "site")));
        assertEquals("3 from the flag --slots", from.get("slots"));
        assertEquals("70 from site, line 5", from.get("heat/pause"));
        assertEquals("-Xmx32m -Xss256k from site, line 9", from.get("jvm"));
        assertEquals("2m from site, line 7", from.get("beat"), "what the site file says beats what metered means");
        assertEquals("5m from metered: true, site, line 3", from.get("keep_alive"));
        assertTrue(from.get("journal/linger").startsWith("5ms from raspberry-pi-4b.yaml, line "), from.toString());
        assertEquals(site + ", line 2 names it", chosen.why());
        assertEquals(Duration.ofMinutes(5), chosen.profile().keepAlive());
        assertEquals(3, chosen.slots());
        Chosen usual = chosen(Profiles.shipped(), machine("", "arm64", 2L << 30));
        Chosen.Value slots = usual.values().get(usual.values().size() - 3);
        assertEquals("slots 4", slots.field() + " " + slots.text());
        assertTrue(slots.from().endsWith(": per-core"), slots.from());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "slots: many            | line 1, field slots: it is per-core, or a number from 1 to 1024, not \"many\"",
                "slot: 2                | line 1, field slot: there is no such field here; did you mean slots?",
                "name: mine             | line 1, field name: there is no such field here",
                "jvm: -Xmx64m -agent;rm | line 1, field jvm: it is a list of Java's flags, one a line as - -Xmx64m, not \"-Xmx64m -agent;rm\"",
                "'jvm:/  - reboot'      | line 2, field jvm: it is a list of Java's flags",
                "'beat: 1m//beat: 2m'   | line 3, field beat: it is there twice",
                "beat: 10m              | line 1, field beat: it is a span from 10s to 9m, as 90s or 5m, not \"10m\"",
                "'heat:/  pause: 200'   | line 2, field heat/pause: it is a number from 20 to 120, not \"200\"",
                "'heat:/  resume: 85'   | line 2, field heat/resume: 85 is not below heat/pause, 78",
                "'  beat: 1m'           | line 1, field beat: it is set in, and belongs to nothing above it",
                "nonsense               | line 1: it is not written as name: value",
                "'- -Xmx64m'            | line 1: there is a list only under jvm",
                "journal:               | ''"
            })
    void aSiteFileThatIsWrongIsNamedWithLineAndField(String yaml, String says) throws IOException {
        Path site = root.resolve("agent.yaml");
        Files.writeString(site, yaml.replace('/', '\n') + "\n");
        if (says.isEmpty()) {
            chosen(Profiles.shipped(), Optional.of("raspberry-pi-4b"), Optional.of(site));
            return;
        }
        UserError error = assertThrows(
                UserError.class, () -> chosen(Profiles.shipped(), Optional.of("raspberry-pi-4b"), Optional.of(site)));
        assertTrue(error.why().startsWith(site + ", " + says), error.lines());
        assertTrue(error.next().contains("flotilla-agent profile"), error.lines());
    }

    @Test
    void temperaturesWhereNothingTellsOneAreAnErrorAndSoIsAProfileThatIsNotWhole() throws IOException {
        file("agent.yaml", "heat:\n  pause: 70\n");
        Path site = root.resolve("agent.yaml");
        UserError error = assertThrows(
                UserError.class, () -> chosen(Profiles.shipped(), Optional.of("container"), Optional.of(site)));
        assertEquals(
                site + ", line 2, field heat/pause: the profile names no heat/celsius, so there is no temperature",
                error.why());
        Path folder = Files.createDirectories(root.resolve("profiles"));
        Path mine = folder.resolve("mine.yaml");
        Files.writeString(mine, yaml("mine", "arch: arm64", "-Xmx64m").replace("window: 100\n", ""));
        UserError lacks = assertThrows(UserError.class, () -> Profiles.in(folder));
        assertEquals(mine + ": it lacks the field window", lacks.why());
        Files.writeString(mine, yaml("mine", "arch: arm64", "-Xmx64m"));
        assertEquals(
                "mine",
                chosen(Profiles.in(folder), machine("", "arm64", 1)).profile().name());
    }

    @Test
    void aHotDevicePausesUntilItHasCooledDownAndSaysWhatItsFirmwareSawOfHeat() throws IOException {
        machine("Raspberry Pi 4 Model B Rev 1.4", 1800);
        Probe probe = probe(root, named("raspberry-pi-4b"));
        List<String> paused = new ArrayList<>();
        for (int celsius : new int[] {77, 78, 77, 71, 70, 77, 90}) {
            file("sys/class/thermal/thermal_zone0/temp", celsius + "000\n");
            paused.add(celsius + (probe.measure().paused().isPresent() ? " paused" : ""));
        }
        assertEquals(List.of("77", "78 paused", "77 paused", "71 paused", "70", "77", "90 paused"), paused);
        assertEquals("hot: from 78 C on, until 70 C", probe.measure().paused().orElseThrow());
        Files.delete(root.resolve("sys/class/thermal/thermal_zone0/temp"));
        assertTrue(probe.measure().paused().isEmpty(), "a sensor that is gone stops no device");

        assertFalse(probe.measure().facts().containsKey("throttled"));
        for (String[] said : new String[][] {
            {"0", "no"},
            {"50005", "under-voltage slowed"},
            {"0xf0000\n", "under-voltage frequency-capped slowed soft-limit"}
        }) {
            file("sys/devices/platform/soc/soc:firmware/get_throttled", said[0]);
            assertEquals(said[1], probe.measure().facts().get("throttled"));
        }
        file("sys/devices/platform/soc/soc:firmware/get_throttled", "error\n");
        assertFalse(probe.measure().facts().containsKey("throttled"));
    }

    @Test
    void whatWasWrittenBeyondTheFlashBudgetPausesUntilTheMeanIsATenthBelow() throws IOException {
        Pauses pauses = new Pauses(named("raspberry-pi-4b")); // 2048 MiB a day
        String why = "flash: above 2048 MiB a day";
        for (long[] step : new long[][] {
            // hours up, MiB written, paused
            {1, 2048, 0}, {2, 2049, 1}, {24, 2049, 1}, {26, 2049, 1}, {27, 2049, 0}, {48, 4096, 0}, {48, 4097, 1}
        }) {
            Optional<String> paused =
                    pauses.now(OptionalDouble.empty(), OptionalLong.of(step[1] << 20), Duration.ofHours(step[0]));
            assertEquals(step[2] == 1 ? Optional.of(why) : Optional.empty(), paused, java.util.Arrays.toString(step));
        }
        assertTrue(pauses.now(OptionalDouble.empty(), OptionalLong.empty(), Duration.ofHours(1))
                .isEmpty());
    }

    @Test
    void whatTheDeviceOffersToTasksIsWithinItsBudgetAndItsContainer() throws IOException {
        machine("", 1800);
        file("proc/meminfo", "MemTotal: 1843200 kB\nMemAvailable: 1700000 kB\n");
        Probe probe = probe(root, named("raspberry-pi-zero-2w"));
        assertEquals((1800L << 20) / 100 * 40, probe.measure().memFree());
        assertEquals(64, probe.measure().window());
        file("sys/fs/cgroup/memory.max", (200L << 20) + "\n");
        file("sys/fs/cgroup/memory.current", (150L << 20) + "\n");
        assertEquals(200L << 20, probe.measure().memTotal());
        assertEquals(50L << 20, probe.measure().memFree());
        file("sys/fs/cgroup/memory.max", "max\n");
        assertEquals(1800L << 20, probe.measure().memTotal());
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
                TreeMap<String, String> read = new TreeMap<>();
                ProfileText.profile(file.toString(), Files.readString(file))
                        .fields()
                        .forEach((name, field) -> read.put(name, field.text()));
                assertFalse(read.remove("jvm").isEmpty());
                assertEquals(expected, read, file.toString());
            }
        }
    }

    private static ProfileText profile(String name, String match) {
        return ProfileText.profile(name + ".yaml", yaml(name, match, "-Xmx64m"));
    }

    private static String yaml(String name, String match, String flags) {
        StringBuilder jvm = new StringBuilder();
        for (String flag : flags.split(" ")) jvm.append("  - ").append(flag).append('\n');
        return "# A comment: with a colon.\nname: " + name + "\nmatch:\n  " + match
                + "\nslots: 2 # cores\nwindow: 100\ntask_memory_percent: 50\njvm:\n" + jvm
                + "beat: 5m\nkeep_alive: 30s\nmetered: false\n"
                + "journal:\n  linger: 0s\n  snapshot_kib: 64\n  flash_mib_a_day: 0\n";
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
        "Bigboard, 9000",
        "Bigboard in a box, 9000"
    })
    void theLauncherChoosesTheFlagsOfTheProfileThatTheAgentChooses(String model, long mib) throws Exception {
        machine(model, mib);
        if (model.endsWith("in a box")) file("run/.containerenv", "");
        Path folder = Files.createDirectories(root.resolve("profiles"));
        List<ProfileText> profiles = new ArrayList<>();
        String arch = Hardware.at(THIS_MACHINE).arch();
        for (String[] p : new String[][] {
            {"any", "arch: " + arch},
            {"big", "model: Bigboard\n  memory_min_mib: 4000\n  arch: " + arch},
            {"board", "model: Acme"},
            {"board-2", "model: Acme Two"},
            {"box", "container: true"},
            {"huge", "memory_min_mib: 1000000"},
            {"other", "arch: " + (arch.equals("arm64") ? "x86_64" : "arm64")},
            {"small", "memory_max_mib: 1000"}
        }) {
            String yaml = yaml(p[0], p[1], "-D" + p[0] + " -Xmx64m");
            profiles.add(ProfileText.profile(p[0] + ".yaml", yaml));
            Files.writeString(folder.resolve(p[0] + ".yaml"), yaml);
        }
        String chosen =
                chosen(new Profiles(profiles), Hardware.at(root)).profile().name();
        assertEquals("-D" + chosen + " -Xmx64m\n", flags(folder, "", ""));
        assertEquals("-Dother -Xmx64m\n", flags(folder, "other", ""));
        for (String[] site : new String[][] {
            {"# nothing\n", "-D" + chosen + " -Xmx64m\n"},
            {"profile: \"other\" # named\n", "-Dother -Xmx64m\n"},
            {"profile: other\njvm:\n  - -Dmine # more\n  - -Xmx9m\n", "-Dmine -Xmx9m\n"}
        }) {
            file("agent.yaml", site[0]);
            Chosen withSite = new Profiles(profiles)
                    .choose(
                            Hardware.at(root),
                            Optional.empty(),
                            Optional.of(root.resolve("agent.yaml")),
                            OptionalInt.empty(),
                            1);
            String jvm = withSite.values().stream()
                    .filter(v -> v.field().equals("jvm"))
                    .findFirst()
                    .orElseThrow()
                    .text();
            assertEquals(site[1], flags(folder, "", root.resolve("agent.yaml").toString()));
            assertEquals(site[1], jvm + "\n");
        }
    }

    private String flags(Path folder, String name, String site) throws Exception {
        String script = PROFILES.resolve("jvm-flags.sh").toString();
        Process sh = new ProcessBuilder("sh", script, folder.toString(), name, site, root + File.separator)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = new String(sh.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(sh.waitFor(10, TimeUnit.SECONDS));
        return said;
    }
}
