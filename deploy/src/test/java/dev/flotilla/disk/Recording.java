package dev.flotilla.disk;

import dev.flotilla.deploy.Ci;
import dev.flotilla.journal.JournalFailed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Everything that a {@link Pair} wrote from its first start to its last clean stop, in a process whose system calls strace wrote down. */
final class Recording {
    private static final String MARKS = "marks";

    final Writes writes;
    /** Each batch that was committed: {@code agent 7} to its hash. */
    final TreeMap<String, String> batches = new TreeMap<>();

    private Recording(Writes writes) {
        this.writes = writes;
        for (String mark : writes.marks(writes.size())) {
            String[] words = mark.split(" ");
            if (words.length == 3) batches.put(words[0] + " " + words[1], words[2]);
        }
    }

    /** The last commit of that side that was said to be on disk before the cut. */
    long committed(String side, int cut) {
        long last = 0;
        for (String mark : writes.marks(cut))
            if (mark.startsWith(side + " ")) last = Long.parseLong(mark.split(" ")[1]);
        return last;
    }

    /** Records one history in an empty folder. */
    static Recording make(Path folder, long seed) throws IOException, InterruptedException {
        Ci.needs(Files.isExecutable(Path.of("/usr/bin/strace")), "writes are recorded with strace");
        Path real = folder.toRealPath();
        Path trace = real.resolve("trace");
        Path out = real.resolve("out");
        Process process = new ProcessBuilder(List.of(
                        "strace",
                        "-f",
                        "--seccomp-bpf",
                        "-xx",
                        "-s",
                        "10000000",
                        "-e",
                        "trace=" + Writes.TRACED,
                        "-o",
                        trace.toString(),
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:-UsePerfData",
                        "-Dflotilla.log=off",
                        "-cp",
                        System.getProperty("surefire.real.class.path", System.getProperty("java.class.path")),
                        Recording.class.getName(),
                        real.resolve("pair").toString(),
                        Long.toString(seed)))
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        boolean ended = process.waitFor(60, TimeUnit.SECONDS);
        process.destroyForcibly().waitFor();
        if (!ended || process.exitValue() != 0) throw new AssertionError("nothing recorded: " + Files.readString(out));
        return new Recording(Writes.parse(trace, real.resolve("pair"), MARKS));
    }

    /** The recorded process: folder, seed. Both sides stop and start in the middle, and once more at the end. */
    public static void main(String[] args) throws IOException, JournalFailed {
        Path folder = Path.of(args[0]);
        for (String side : List.of(Pair.AGENT, Pair.CONTROLLER)) Files.createDirectories(folder.resolve(side));
        try (FileChannel marks =
                        FileChannel.open(folder.resolve(MARKS), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                Pair pair = new Pair(folder, Long.parseLong(args[1]), line -> say(marks, line))) {
            pair.controller.start();
            pair.agent.start();
            pair.submitAll();
            pair.run(Duration.ofSeconds(3));
            pair.agent.close();
            pair.agent.start();
            pair.run(Duration.ofSeconds(3));
            pair.controller.close();
            pair.controller.start();
            pair.settle();
        }
    }

    private static void say(FileChannel marks, String line) {
        try {
            marks.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
