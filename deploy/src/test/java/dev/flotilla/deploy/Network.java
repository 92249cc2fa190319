package dev.flotilla.deploy;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A network of namespaces on this machine: a hub, where the broker is, and hosts, each on a line of its own that can be cut one way or both,
 * slowed and made lossy. The test itself sits on a line too. All of it is removed by {@link #close}. Needs root.
 */
final class Network implements AutoCloseable {
    /** Debian has some of it where only root's PATH looks. */
    private static final Map<String, String> PATH =
            Map.of("PATH", System.getenv("PATH") + ":/usr/sbin:/sbin:/usr/local/sbin");

    private static final long PID = ProcessHandle.current().pid();
    /** Addresses that are kept for tests of networks; each JVM has its own, so that two may run at a time. */
    private static final String NET = "198.18." + PID % 250 + ".";

    private static final Pattern SPACE = Pattern.compile("^flotilla-(\\d+)-\\w+");
    private static final String HUB = "flotilla-" + PID + "-hub";
    private static final String OWN_LINE = "fl" + PID + "t";

    private final TreeMap<String, Integer> hosts = new TreeMap<>();

    /** Bytes of the packets on a host's line, without those that were lost on it; {@code down} is towards the host. */
    record Traffic(long up, long down) {
        long both() {
            return up + down;
        }

        Traffic since(Traffic before) {
            return new Traffic(up - before.up, down - before.down);
        }
    }

    Network(String... names) {
        Ci.needs(isRoot(), "network namespaces need root");
        for (String tool : List.of("ip", "iptables", "tc"))
            Ci.needs(has(tool), tool + " is not installed (Debian: iproute2, iptables)");
        removeLeftovers();
        try {
            build(names);
        } catch (RuntimeException | AssertionError e) {
            close();
            throw e;
        }
    }

    private void build(String... names) {
        Ci.needs(
                sh("ip netns add " + HUB + " && ip -n " + HUB + " link set lo up")
                                .exit()
                        == 0,
                "this kernel has no network namespaces");
        hub("ip link add br0 type bridge", "ip link set br0 up", "ip address add " + NET + "1/24 dev br0");
        line("line-test", "ip link add " + OWN_LINE + " type veth peer name line-test netns " + HUB);
        run("ip address add " + NET + "254/24 dev " + OWN_LINE, "ip link set " + OWN_LINE + " up");
        for (String name : names) {
            hosts.put(name, 10 + hosts.size());
            run("ip netns add " + space(name));
            line(
                    "line-" + name,
                    "ip -n " + space(name) + " link add eth0 type veth peer name line-" + name + " netns " + HUB);
            in(name, "ip link set lo up", "ip address add " + address(name) + "/24 dev eth0", "ip link set eth0 up");
        }
    }

    /** Of JVMs that were killed. */
    private static void removeLeftovers() {
        for (String line : sh("ip netns list").out().split("\n")) {
            Matcher ours = SPACE.matcher(line);
            if (!ours.find() || ProcessHandle.of(Long.parseLong(ours.group(1))).isPresent()) continue;
            sh("ip netns delete " + ours.group());
            sh("ip link delete fl" + ours.group(1) + "t");
        }
    }

    private static boolean isRoot() {
        return Command.run(PATH, List.of("id", "-u")).out().strip().equals("0");
    }

    private static boolean has(String tool) {
        return sh("command -v " + tool).exit() == 0;
    }

    private void line(String hubEnd, String made) {
        run(made);
        hub("ip link set " + hubEnd + " master br0", "ip link set " + hubEnd + " up");
    }

    private static Command sh(String words) {
        return Command.run(PATH, List.of("sh", "-c", words));
    }

    private static void run(String... commands) {
        sh(String.join(" && ", commands)).succeeded();
    }

    private static String space(String host) {
        return "flotilla-" + PID + "-" + host;
    }

    private String address(String host) {
        return NET + hosts.get(host);
    }

    /** Where every host finds what listens on that port of the hub. */
    URI hub(int port) {
        return URI.create("mqtt://" + NET + "1:" + port);
    }

    private void hub(String... commands) {
        run("ip netns exec " + HUB + " sh -c '" + String.join(" && ", commands) + "'");
    }

    private void in(String host, String... commands) {
        run("ip netns exec " + space(host) + " sh -c '" + String.join(" && ", commands) + "'");
    }

    /** The same command, run on that host. */
    static List<String> on(String host, List<String> command) {
        List<String> words = new ArrayList<>(onHub());
        words.set(words.size() - 1, space(host));
        words.addAll(command);
        return words;
    }

    /** What stands before a command that is to run on the hub. */
    static List<String> onHub() {
        return List.of(sh("command -v ip").answer(), "netns", "exec", HUB);
    }

    /** What the host sends is lost from now on. */
    void cutUp(String host) {
        hub("iptables -w -A INPUT -s " + address(host) + " -j DROP");
    }

    /** What is sent to the host is lost from now on. */
    void cutDown(String host) {
        in(host, "iptables -w -A INPUT -i eth0 -j DROP");
    }

    /** Of the packets of both ways this share is lost, each for itself. */
    void loses(String host, double share) {
        String some = " -m statistic --mode random --probability " + share + " -j DROP";
        hub("iptables -w -A INPUT -s " + address(host) + some);
        in(host, "iptables -w -A INPUT -i eth0" + some);
    }

    /** Both ways carry that many bytes a second, and hold back half a second of them. */
    void slow(String host, int bytesASecond) {
        String rate = " root tbf rate " + bytesASecond * 8 + "bit burst 1600 limit " + Math.max(4000, bytesASecond / 2);
        hub("tc qdisc replace dev line-" + host + rate);
        in(host, "tc qdisc replace dev eth0" + rate);
    }

    /** A good line again. */
    void mend(String host) {
        hub(
                "iptables -w -S INPUT | grep -e \"-s " + address(host)
                        + "/32\" | sed s/^-A/-D/ | while read -r rule; do iptables -w $rule; done",
                "{ tc qdisc delete dev line-" + host + " root 2> /dev/null || true; }");
        in(host, "iptables -w -F INPUT", "{ tc qdisc delete dev eth0 root 2> /dev/null || true; }");
    }

    Traffic traffic(String... some) {
        long up = 0;
        long down = 0;
        for (String host : some) {
            String[] counts = sh("ip netns exec " + space(host)
                            + " sh -c 'cat /sys/class/net/eth0/statistics/tx_bytes /sys/class/net/eth0/statistics/rx_bytes'")
                    .answer()
                    .split("\\s+");
            up += Long.parseLong(counts[0]);
            down += Long.parseLong(counts[1]);
        }
        return new Traffic(up, down);
    }

    @Override
    public void close() {
        for (String host : hosts.keySet()) sh("ip netns delete " + space(host));
        sh("ip netns delete " + HUB);
        sh("ip link delete " + OWN_LINE);
    }
}
