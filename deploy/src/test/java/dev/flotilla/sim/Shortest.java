package dev.flotilla.sim;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Cuts a history in which a law breaks down to one in which the same law breaks: leaves out faults, jobs, devices, conditions, time. */
final class Shortest {
    private final long until;
    private Scenario scenario;
    private Broken broken;

    private Shortest(Scenario scenario, Broken broken, Duration most) {
        this.scenario = scenario;
        this.broken = broken;
        this.until = System.nanoTime() + most.toNanos();
    }

    /** What is left when nothing more can be left out, or the time is up; and how it breaks. */
    static String words(Scenario scenario, Broken broken, String test, Duration most) {
        Shortest shortest = new Shortest(scenario, broken, most);
        shortest.cut();
        return shortest.words(test);
    }

    private void cut() {
        boolean shorter = true;
        while (shorter && !timeIsUp()) shorter = leaveOut() | endSooner();
    }

    /** Halves, quarters, ... one by one, from behind. */
    private boolean leaveOut() {
        boolean some = false;
        for (int size = Math.max(1, scenario.kept().size() / 2); size >= 1; size /= 2) {
            List<Integer> items = new ArrayList<>(scenario.kept().descendingSet());
            for (int from = 0; from < items.size() && !timeIsUp(); from += size) {
                TreeSet<Integer> fewer = new TreeSet<>(scenario.kept());
                fewer.removeAll(items.subList(from, Math.min(items.size(), from + size)));
                fewer.add(0); // the device that is honest and stays
                if (fewer.size() < scenario.kept().size()) some |= breaks(scenario.only(fewer, scenario.harm()));
            }
        }
        return some;
    }

    private boolean endSooner() {
        Duration half = scenario.harm().dividedBy(2);
        return half.compareTo(Duration.ofSeconds(1)) > 0 && breaks(scenario.only(scenario.kept(), half));
    }

    private boolean breaks(Scenario shorter) {
        try {
            World.live(shorter, false, line -> {});
            return false;
        } catch (Broken b) {
            if (!b.law.equals(broken.law)) return false;
            scenario = shorter;
            broken = b;
            return true;
        }
    }

    private boolean timeIsUp() {
        return System.nanoTime() > until;
    }

    private String words(String test) {
        return "the shortest history found in which " + broken.law + " breaks: " + broken.what + "\n    "
                + String.join("\n    ", scenario.words()) + "\n  replay: mvn -q -pl deploy -am test -Dtest=" + test
                + " -Dflotilla.seed=" + scenario.seed() + " -Dflotilla.keep="
                + scenario.kept().stream().map(String::valueOf).collect(Collectors.joining(",")) + " -Dflotilla.harm="
                + scenario.harm().toNanos();
    }
}
