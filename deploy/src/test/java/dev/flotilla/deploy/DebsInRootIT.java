package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.agent.app.AgentApp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Both packages on one Debian 12 with its own systemd, from installation to purge, in that order: a container without a network but loopback.
 * {@code mvn verify -Pinstalled}, as root, and with the network where the container's root is not in target/ yet.
 */
@Tag("installed")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DebsInRootIT {
    private static final Path BASE = Path.of("target", "debian-12.tar").toAbsolutePath();
    private static final Path ROOT = Path.of("target", "debian-root").toAbsolutePath();
    private static final String CACHE = "/var/cache/flotilla-agent/agent.jsa";
    private static TreeSet<String> before;
    private static Process container;
    /** Its systemd, as this machine numbers it. */
    private static String init;

    @BeforeAll
    static void aRoot() throws Exception {
        Ci.needs("root".equals(System.getProperty("user.name")), "only root can make a Debian root");
        Ci.needs(Files.isExecutable(Path.of("/usr/bin/mmdebstrap")), "there is no mmdebstrap");
        Ci.needs(Files.isExecutable(Path.of("/usr/bin/systemd-nspawn")), "there is no systemd-nspawn");
        if (!Files.exists(BASE)) {
            Path unready = BASE.resolveSibling("debian-12.unready.tar");
            run(
                    15,
                    "mmdebstrap",
                    "--variant=apt",
                    "--include=openjdk-17-jre-headless,adduser,init-system-helpers,systemd,systemd-sysv",
                    "bookworm",
                    unready.toString());
            Files.move(unready, BASE, StandardCopyOption.ATOMIC_MOVE);
        }
        run(1, "rm", "-rf", ROOT.toString());
        Files.createDirectories(ROOT);
        run(5, "tar", "xf", BASE.toString(), "-C", ROOT.toString());
        for (String product : new String[] {"flotilla-agent", "flotilla-controller"})
            Files.copy(DebsIT.deb(product), ROOT.resolve("srv").resolve(product + ".deb"));
        Files.copy(Path.of("src/test/resources/installed/job.sh"), ROOT.resolve("srv/job.sh"));
        boot();
        before = everything();
    }

    private static void boot() throws Exception {
        container = new ProcessBuilder(
                        "systemd-nspawn",
                        "--register=no",
                        "--keep-unit",
                        "--private-network",
                        "-q",
                        "-b",
                        "-D",
                        ROOT.toString())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(Path.of("target", "debian-root.log").toFile())
                .start();
        Command.await(
                "the container has begun", () -> container.children().findAny().isPresent());
        init = Long.toString(container.children().findAny().orElseThrow().pid());
        Command.await("systemd is up", () -> {
            Command state =
                    Command.run(Map.of(), List.of("nsenter", "-t", init, "-a", "systemctl", "is-system-running"));
            return state.out().matches("(running|degraded)\\s*");
        });
    }

    @AfterAll
    static void noRoot() throws Exception {
        if (container == null) return;
        run(1, "nsenter", "-t", init, "-a", "systemctl", "poweroff");
        if (!container.waitFor(60, TimeUnit.SECONDS))
            container.destroyForcibly().waitFor();
        run(2, "rm", "-rf", ROOT.toString());
    }

    @Test
    @Order(1)
    void theyInstallWithUsersOfTheirOwnAndAnArchiveOfClasses() throws Exception {
        within("dpkg -i /srv/flotilla-agent.deb /srv/flotilla-controller.deb");
        assertEquals("flotilla-agent 700", within("stat -c '%U %a' /var/lib/flotilla-agent"));
        assertEquals("flotilla-controller 700", within("stat -c '%U %a' /var/lib/flotilla"));
        assertEquals("/usr/sbin/nologin", within("getent passwd flotilla-agent | cut -d: -f7"));
        assertEquals("root 644", within("stat -c '%U %a' " + CACHE));
        assertTrue(within("flotilla-agent profile").startsWith("profile  "));
        assertTrue(
                Files.isSymbolicLink(ROOT.resolve("etc/systemd/system/multi-user.target.wants/flotilla-agent.service")),
                "it starts with the machine");
    }

    @Test
    @Order(2)
    void withoutADeviceFileTheAgentWaitsAndWithOneAJobRuns() throws Exception {
        assertEquals("inactive", within("systemctl is-active flotilla-agent || :"));
        assertTrue(within("sh /srv/job.sh").contains("499999500000"));
        assertEquals("active", within("systemctl is-active flotilla-agent"));
        assertEquals("0", restarts("flotilla-agent"));
        assertEquals("0", restarts("flotilla-controller"));
    }

    @Test
    @Order(3)
    void whatIsKilledIsStartedAgainAndGoesOn() throws Exception {
        within("systemctl kill -s KILL flotilla-agent flotilla-controller");
        assertTrue(within("sh /srv/job.sh").contains("499999500000"));
        assertEquals("1", restarts("flotilla-agent"));
        assertEquals("1", restarts("flotilla-controller"));
    }

    /** With a shorter watchdog than the unit's, which takes minutes. */
    @Test
    @Order(4)
    void aProcessThatHangsIsEndedByTheWatchdogAndStartedAgainAndOneThatWorksIsNot() throws Exception {
        within(
                "mkdir -p /run/systemd/system/flotilla-agent.service.d && cd /run/systemd/system/flotilla-agent.service.d "
                        + "&& printf '[Service]\\nWatchdogSec=8\\n' > short.conf && systemctl daemon-reload "
                        + "&& systemctl restart flotilla-agent");
        String began = within("systemctl show -p WatchdogTimestampMonotonic --value flotilla-agent");
        Command.await(
                "the agent speaks to its watchdog through systemd-notify",
                () -> !show("WatchdogTimestampMonotonic").equals(began)
                        && !show("WatchdogTimestampMonotonic").isEmpty());
        String pid = show("MainPID");
        within("kill -STOP " + pid);
        Command.await("another process is there", () -> !List.of("0", pid).contains(show("MainPID")));
        assertTrue(within("journalctl --no-pager -u flotilla-agent").contains("Failed with result 'watchdog'"));
        within("rm -r /run/systemd/system/flotilla-agent.service.d && systemctl daemon-reload "
                + "&& systemctl restart flotilla-agent");
    }

    private static String restarts(String unit) throws Exception {
        return within("systemctl show -p NRestarts --value " + unit);
    }

    private static String show(String property) {
        try {
            return within("systemctl show -p " + property + " --value flotilla-agent");
        } catch (Exception e) {
            throw new AssertionError(property, e);
        }
    }

    @Test
    @Order(5)
    void theArchiveIsMadeAnewWhenAJavaComesOrGoes() throws Exception {
        Files.delete(ROOT.resolve(CACHE.substring(1)));
        within("dpkg-trigger --by-package=openjdk-17-jre-headless /usr/lib/jvm && dpkg --configure --pending");
        assertTrue(Files.exists(ROOT.resolve(CACHE.substring(1))));
    }

    @Test
    @Order(6)
    void anUpgradeKeepsWhatPeopleHaveEditedAndWhatTheyHold() throws Exception {
        Files.writeString(ROOT.resolve("etc/flotilla/agent.yaml"), "slots: 3\n");
        String device = within("sha256sum /etc/flotilla/device.json");
        Path newer = ROOT.resolve("srv/newer");
        run(1, "dpkg-deb", "-R", DebsIT.deb("flotilla-agent").toString(), newer.toString());
        Path control = newer.resolve("DEBIAN/control");
        Files.writeString(
                control,
                Files.readString(control)
                        .replace("Version: " + AgentApp.VERSION, "Version: " + AgentApp.VERSION + ".1"));
        run(1, "dpkg-deb", "-b", newer.toString(), ROOT.resolve("srv/newer.deb").toString());
        within("dpkg -i /srv/newer.deb");
        assertTrue(within("dpkg -s flotilla-agent").contains("\nVersion: " + AgentApp.VERSION + ".1\n"));
        assertEquals("slots: 3", within("cat /etc/flotilla/agent.yaml"));
        assertTrue(within("flotilla-agent profile").contains("/etc/flotilla/agent.yaml, line 1"));
        assertEquals(device, within("sha256sum /etc/flotilla/device.json"));
        assertTrue(within("sh /srv/job.sh").contains("499999500000"), "the same device goes on");
    }

    @Test
    @Order(7)
    void removalLeavesStateAndConfigurationAlone() throws Exception {
        within("dpkg -r flotilla-agent flotilla-controller");
        for (String file : new String[] {
            "etc/flotilla/agent.yaml",
            "etc/flotilla/device.json",
            "etc/flotilla/controller.env",
            "var/lib/flotilla/journal.db",
            "var/lib/flotilla-agent/journal.db"
        }) assertTrue(Files.exists(ROOT.resolve(file)), file);
        assertFalse(Files.exists(ROOT.resolve(CACHE.substring(1))));
        assertFalse(Files.exists(ROOT.resolve("usr/share/flotilla-agent")));
    }

    @Test
    @Order(8)
    void afterThePurgeNothingIsLeft() throws Exception {
        within("dpkg -P flotilla-agent flotilla-controller");
        TreeSet<String> left = everything();
        left.removeAll(before);
        assertEquals(List.of(), List.copyOf(left));
    }

    /** What lintian finds is mended, or overridden with its reason. */
    @Test
    @Order(9)
    void lintianFindsNothing() throws Exception {
        Ci.needs(Files.isExecutable(Path.of("/usr/bin/lintian")), "there is no lintian");
        for (String product : new String[] {"flotilla-agent", "flotilla-controller"}) {
            String said = run(
                    5,
                    "lintian",
                    "--allow-root",
                    "--fail-on",
                    "error,warning",
                    DebsIT.deb(product).toString());
            assertEquals("", said, product);
        }
    }

    /** Every path but those of dpkg's own books, and every user and group. */
    private static TreeSet<String> everything() throws Exception {
        TreeSet<String> all = new TreeSet<>();
        String find = "cd " + ROOT
                + " && find . ! -path './var/lib/dpkg/*' ! -path './var/log/*' ! -path './root*' ! -path './srv/*' "
                + "! -path './var/cache/debconf/*' ! -path './var/cache/ldconfig/*' ! -path './var/tmp/*' "
                + "! -path './var/lib/systemd/*'";
        all.addAll(List.of(run(2, "sh", "-c", find).split("\n")));
        for (String book : new String[] {"passwd", "group", "shadow", "gshadow", "subuid", "subgid"}) {
            Path file = ROOT.resolve("etc").resolve(book);
            if (Files.exists(file)) for (String line : Files.readAllLines(file)) all.add(book + ": " + line);
        }
        assertNotEquals(0, all.size());
        return all;
    }

    /** Runs that in the container. */
    private static String within(String script) throws Exception {
        return run(5, "nsenter", "-t", init, "-a", "sh", "-c", script);
    }

    /** @return what it said on both its outputs; it must end well within so many minutes */
    private static String run(int minutes, String... words) throws IOException, InterruptedException {
        Path out = Files.createTempFile("out", ".txt");
        try {
            List<String> command = new ArrayList<>(
                    List.of("env", "LC_ALL=C", "PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"));
            command.addAll(List.of(words));
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(out.toFile())
                    .start();
            boolean ended = process.waitFor(minutes, TimeUnit.MINUTES);
            if (!ended) process.destroyForcibly().waitFor();
            String said = Files.readString(out).strip();
            assertTrue(ended, "not within " + minutes + " min: " + String.join(" ", words) + "\n" + said);
            assertEquals(0, process.exitValue(), () -> String.join(" ", words) + "\n" + said);
            return said;
        } finally {
            Files.delete(out);
        }
    }
}
