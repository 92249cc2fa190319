package dev.flotilla.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Class data archives of what is installed. A JVM that maps one starts with 60 % of the work. They are made once a test JVM, by a fleet that does
 * one job and stops; that takes 20 s of processor time, so only the full sizes have them.
 */
final class SharedClasses {
    private static TreeMap<String, Path> archives;

    private SharedClasses() {}

    /** What the environment of a process of that launcher needs to use its archive. */
    static synchronized Map<String, String> environment(String launcher) {
        if (!Boolean.getBoolean("flotilla.full")) return Map.of();
        if (archives == null) archives = made();
        Path archive = archives.get(launcher);
        return archive == null ? Map.of() : Map.of("JDK_JAVA_OPTIONS", "-XX:SharedArchiveFile=" + archive);
    }

    private static TreeMap<String, Path> made() {
        TreeMap<String, Path> made = new TreeMap<>();
        try {
            Path folder = Installed.AGENT.resolveSibling("shared-classes");
            Command.run(Map.of(), List.of("rm", "-rf", folder.toString())).succeeded();
            Files.createDirectories(folder);
            SideEffects effects = new SideEffects(folder);
            try (TestFleet fleet = new TestFleet(folder).sharing(launcher -> {
                Path archive = folder.resolve(made.size() + ".jsa");
                made.put(launcher, archive);
                return Map.of("JDK_JAVA_OPTIONS", "-XX:ArchiveClassesAtExit=" + archive);
            })) {
                fleet.controller("--port", "0").agent("oak");
                fleet.leavingLinesIn(effects).agent("elm");
                fleet.ready("oak", "elm");
                Work work = new Work("work", 0, 20, 100, "1ms", true);
                fleet.ask("job.submit", work.request());
                fleet.end(work.id());
                fleet.hangUp();
                for (String name : new String[] {"oak", "elm", "controller"}) {
                    fleet.signal(name, "TERM");
                    fleet.exit(name);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return made;
    }
}
