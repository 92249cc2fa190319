package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * What tasks did to the world: a file to which each start of a task appends a line, its shard's first number.
 *
 * <p>No program that ships has a side effect. So the agents run from a copy of their installation with one jar more, which stands first on the
 * class path and holds another {@code sum}. The product knows nothing of it: no door for foreign jars is opened in it.
 */
final class SideEffects {
    private static final String JAR = "a-sum-with-a-side-effect.jar";
    private static Path installed;
    private final Path file;

    SideEffects(Path folder) {
        file = folder.resolve("side-effects");
    }

    /** Of the agent that leaves lines. */
    static synchronized String launcher() {
        try {
            if (installed == null) installed = install();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return installed.resolve("bin").resolve("flotilla-agent").toString();
    }

    private static Path install() throws IOException {
        Path copy = Installed.AGENT.resolveSibling("agent-with-side-effects");
        Path classes = copy.resolveSibling("side-effect-classes");
        for (Path old : List.of(copy, classes))
            Command.run(Map.of(), List.of("rm", "-rf", old.toString())).succeeded();
        Command.run(Map.of(), List.of("cp", "-r", Installed.AGENT.toString(), copy.toString()))
                .succeeded();
        Path lib = copy.resolve("lib").resolve("agent");
        Path source = Path.of("src", "test", "resources", "side-effect", "Sum.java");
        Files.createDirectories(classes);
        List<String> jars;
        try (Stream<Path> files = Files.list(lib)) {
            jars = files.map(Path::toString).toList();
        }
        int failed = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "--release",
                        "17",
                        "-cp",
                        String.join(":", jars),
                        "-d",
                        classes.toString(),
                        source.toString());
        assertEquals(0, failed, "the program with the side effect does not compile");
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(lib.resolve(JAR)))) {
            String name = "dev/flotilla/program/Sum.class";
            jar.putNextEntry(new JarEntry(name));
            Files.copy(classes.resolve(name), jar);
            jar.closeEntry();
        }
        return copy;
    }

    Map<String, String> environment() {
        return Map.of("FLOTILLA_SIDE_EFFECTS", file.toString());
    }

    /** How often each shard of this job was started: index and count; none where there was none. */
    TreeMap<Integer, Integer> starts(Work work) {
        TreeMap<Integer, Integer> starts = new TreeMap<>();
        for (String[] line : lines())
            work.shard(Long.parseLong(line[0])).ifPresent(i -> starts.merge(i, 1, Integer::sum));
        return starts;
    }

    /** Which processes have started a task. */
    TreeSet<Long> processes() {
        TreeSet<Long> processes = new TreeSet<>();
        for (String[] line : lines()) processes.add(Long.parseLong(line[1]));
        return processes;
    }

    /** First number and process of each line that is whole. */
    private List<String[]> lines() {
        try {
            if (!Files.exists(file)) return List.of();
            String text = Files.readString(file, StandardCharsets.US_ASCII);
            return text.substring(0, text.lastIndexOf('\n') + 1)
                    .lines()
                    .map(line -> line.split(" "))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Forgets what is over, so that the file stays small. Only while nothing runs. */
    void clear() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
