package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.agent.app.AgentApp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What users depend on in the packages. That they install, upgrade and go without a trace is {@link DebsInRootIT}. */
class DebsIT {
    private static final String VERSION = AgentApp.VERSION;

    @TempDir
    Path dir;

    @BeforeAll
    static void tools() {
        Ci.needs(Files.isExecutable(Path.of("/usr/bin/dpkg-deb")), "there is no dpkg-deb");
    }

    static Path deb(String product) {
        return Path.of("target", product + "_" + VERSION + "_all.deb").toAbsolutePath();
    }

    private static String said(String... command) {
        return Command.run(Map.of(), List.of(command)).answer();
    }

    private static String field(String product, String name) {
        return said("dpkg-deb", "-f", deb(product).toString(), name).strip();
    }

    /** Mode, owner and target by path, as tar lists them. */
    private static Map<String, String> files(String product) {
        TreeMap<String, String> files = new TreeMap<>();
        for (String line : said("dpkg-deb", "-c", deb(product).toString()).split("\n")) {
            String[] words = line.split(" +", 6);
            String[] name = words[5].split(" -> ");
            String target = name.length > 1 ? " -> " + name[1] : "";
            files.put(name[0].substring(1), words[0] + " " + words[1] + target);
        }
        return files;
    }

    @ParameterizedTest
    @ValueSource(strings = {"flotilla-agent", "flotilla-controller"})
    void filesBelongToRootAndNobodyElseMayWriteThem(String product) {
        Map<String, String> files = files(product);
        String program = product.equals("flotilla-agent") ? "flotilla-agent" : "flotilla";
        assertEquals("-rwxr-xr-x root/root", files.get("/usr/share/" + product + "/bin/" + program));
        assertTrue(files.get("/usr/bin/" + program).endsWith(" -> ../share/" + product + "/bin/" + program));
        assertEquals("-rw-r--r-- root/root", files.get("/usr/lib/systemd/system/" + product + ".service"));
        assertTrue(files.containsKey("/usr/share/" + product + "/profiles/raspberry-pi-5.yaml"), files.toString());
        assertTrue(files.containsKey("/usr/share/doc/" + product + "/copyright"));
        files.forEach((file, what) -> {
            assertTrue(what.contains(" root/root"), file + " is " + what);
            boolean others = what.charAt(0) != 'l' && (what.charAt(5) == 'w' || what.charAt(8) == 'w');
            assertFalse(others || what.contains("s root") || what.contains("t root"), file + " is " + what);
            boolean expected = file.matches("/|/usr/(bin|lib/systemd|share/(" + product
                    + "|doc|lintian)).*|/(usr|usr/lib|usr/share|etc)/|/etc/flotilla/.*");
            assertTrue(expected, file + " is no place for a package");
        });
    }

    @Test
    void theControlFieldsSayWhatAptMustKnow() {
        for (String product : new String[] {"flotilla-agent", "flotilla-controller"}) {
            assertEquals(product, field(product, "Package"));
            assertEquals(VERSION, field(product, "Version"));
            assertEquals("all", field(product, "Architecture"));
            String depends = field(product, "Depends");
            assertTrue(
                    depends.startsWith("openjdk-25-jre-headless | openjdk-21-jre-headless | openjdk-17-jre-headless | "
                            + "java17-runtime-headless,"),
                    depends);
        }
    }

    @Test
    void theAgentIsSmallInThePackageAndInstalled() throws IOException {
        assertTrue(Files.size(deb("flotilla-agent")) < 6_000_000, "the package: " + Files.size(deb("flotilla-agent")));
        long kib = Long.parseLong(field("flotilla-agent", "Installed-Size"));
        assertTrue(kib > 1000 && kib < 12_000, "installed: " + kib + " KiB");
    }

    @Test
    void whatPeopleEditIsAConffile() throws IOException {
        for (String[] each : new String[][] {
            {"flotilla-agent", "/etc/flotilla/agent.yaml"}, {"flotilla-controller", "/etc/flotilla/controller.env"}
        }) {
            Path control = unpacked(each[0]).resolve("DEBIAN");
            assertEquals(List.of(each[1]), Files.readAllLines(control.resolve("conffiles")));
            assertEquals(
                    1,
                    files(each[0]).keySet().stream()
                            .filter(f -> f.startsWith("/etc/flotilla/") && !f.endsWith("/"))
                            .count());
        }
        assertEquals(
                "interest-noawait /usr/lib/jvm\n",
                Files.readString(unpacked("flotilla-agent").resolve("DEBIAN/triggers")));
    }

    private Path unpacked(String product) {
        Path into = dir.resolve(product);
        if (!Files.exists(into)) {
            Command.run(Map.of(), List.of("dpkg-deb", "-R", deb(product).toString(), into.toString()))
                    .succeeded();
        }
        return into;
    }

    @ParameterizedTest
    @ValueSource(strings = {"flotilla-agent", "flotilla-controller"})
    void theMaintainerScriptsAreShellAndMakeTheUserThatTheUnitNames(String product) throws IOException {
        Path control = unpacked(product).resolve("DEBIAN");
        for (String script : new String[] {"postinst", "prerm", "postrm"}) {
            for (String shell : new String[] {"sh", "dash"})
                Command.run(
                                Map.of(),
                                List.of(shell, "-n", control.resolve(script).toString()))
                        .succeeded();
            assertTrue(Files.isExecutable(control.resolve(script)), script);
            assertTrue(Files.readString(control.resolve(script)).contains("\nset -e\n"), script);
        }
        String unit = Files.readString(unpacked(product).resolve("usr/lib/systemd/system/" + product + ".service"));
        assertTrue(unit.contains("\nUser=" + product + "\n"), unit);
        assertTrue(Files.readString(control.resolve("postinst")).contains("\nuser=" + product + "\n"));
    }

    @Test
    void theUnitsStartWhatIsInstalledWithoutSpinningAndWithoutGivingUp() throws IOException {
        for (String product : new String[] {"flotilla-agent", "flotilla-controller"}) {
            Path file = unpacked(product).resolve("usr/lib/systemd/system/" + product + ".service");
            String unit = Files.readString(file);
            String program = unit.replaceFirst("(?s).*\nExecStart=([^ ]+) .*", "$1");
            assertTrue(Files.isSymbolicLink(unpacked(product).resolve(program.substring(1))), program);
            for (String line : new String[] {
                "StartLimitIntervalSec=0",
                "Restart=always",
                "RestartMaxDelaySec=5min",
                "WatchdogSec=5min",
                "NotifyAccess=all"
            }) assertTrue(unit.contains("\n" + line + "\n"), line);
        }
        String agent =
                Files.readString(unpacked("flotilla-agent").resolve("usr/lib/systemd/system/flotilla-agent.service"));
        assertTrue(
                agent.contains("\nConditionPathExists=/etc/flotilla/device.json\n"), "without it the agent would spin");
        assertTrue(agent.contains(" --device-file /etc/flotilla/device.json "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"flotilla-agent", "flotilla-controller"})
    void whatSystemdThinksOfTheUnitsExposureIsLow(String product) throws IOException {
        Ci.needs(Files.isExecutable(Path.of("/usr/bin/systemd-analyze")), "there is no systemd-analyze");
        Path unit = unpacked(product).resolve("usr/lib/systemd/system/" + product + ".service");
        Command.run(
                        Map.of(),
                        List.of("systemd-analyze", "security", "--offline=true", "--threshold=15", unit.toString()))
                .succeeded();
    }

    @ParameterizedTest
    @ValueSource(strings = {"flotilla-agent", "flotilla-controller"})
    void theProgramRunsFromWhereItIsInstalled(String product) {
        String program = product.equals("flotilla-agent") ? "flotilla-agent" : "flotilla";
        String version =
                said(unpacked(product).resolve("usr/bin").resolve(program).toString(), "--version");
        assertTrue(version.startsWith(program + " " + VERSION), version);
    }

    @Test
    void theAgentBringsTheNativesOfTheMachinesThatThePackageIsForAlone() throws IOException {
        Path lib = unpacked("flotilla-agent").resolve("usr/share/flotilla-agent/lib/agent");
        try (Stream<Path> jars = Files.list(lib)) {
            Path sqlite = jars.filter(j -> j.getFileName().toString().startsWith("sqlite-jdbc-"))
                    .findFirst()
                    .orElseThrow();
            try (ZipFile zip = new ZipFile(sqlite.toFile())) {
                List<String> natives = zip.stream()
                        .map(ZipEntry::getName)
                        .filter(n -> n.endsWith(".so"))
                        .map(n -> n.replaceFirst(".*/native/(.*)/.*", "$1"))
                        .sorted()
                        .toList();
                assertEquals(List.of("Linux/aarch64", "Linux/armv6", "Linux/armv7", "Linux/x86_64"), natives);
            }
        }
    }
}
