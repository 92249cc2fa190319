package dev.flotilla.load;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.flotilla.core.Dice;
import dev.flotilla.deploy.Rounds;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes that are wrong in every way: each decoder refuses them as it says that it does, in little memory. */
class FuzzTest {
    static final Path CORPUS = Path.of("src", "test", "resources", "corpus");
    /** What a decoder may allocate for each byte, and for none: objects around small values, buffers, an exception. */
    private static final long EACH_BYTE = 400;

    private static final long FOR_NONE = 4L << 20;
    /** In a journal, runs and steps may stand for more numbers than they have bytes, up to a bound. */
    private static final long FOR_RUNS = 1L << 30;

    /** File systems are slow: decoders of files get one input of so many. */
    private static final int FILES_SHARE = 50;

    private static final List<String> OF_FILES = List.of("job-yaml", "job-json", "device-file", "chunk");

    @TempDir
    Path folder;

    @Test
    void everyDecoderTakesItsCorpusAndRefusesTheRestAsItSays() throws Exception {
        Decoders decoders = new Decoders(folder);
        TreeMap<String, List<byte[]>> corpus = corpus();
        for (String kind : decoders.all.keySet()) {
            assertTrue(corpus.containsKey(kind), kind + " has no corpus");
            for (byte[] good : corpus.get(kind))
                assertTrue(
                        decoders.all.get(kind).takes(good),
                        () -> kind + " refuses " + HexFormat.of().formatHex(good));
        }
        List<String> fast = new ArrayList<>(decoders.all.keySet());
        fast.removeAll(OF_FILES);
        ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long[] taken = {0, 0};
        String[] slowest = {""};
        try (Rounds rounds = Rounds.of("fuzzed inputs: decoders", 90_000, 9_000_000)) {
            rounds.each(seed -> {
                Dice dice = new Dice(seed);
                List<String> kinds = dice.below(FILES_SHARE) == 0 ? OF_FILES : fast;
                String kind = kinds.get(dice.below(kinds.size()));
                byte[] bytes = Mutations.of(corpus.get(kind), dice);
                long allocated =
                        thread.getThreadAllocatedBytes(Thread.currentThread().getId());
                long began = System.nanoTime();
                try {
                    if (decoders.all.get(kind).takes(bytes)) taken[0]++;
                } catch (Exception | Error e) {
                    throw new AssertionError(kind + " of " + HexFormat.of().formatHex(bytes) + ": " + e, e);
                }
                long nanos = System.nanoTime() - began;
                allocated =
                        thread.getThreadAllocatedBytes(Thread.currentThread().getId()) - allocated;
                boolean runs = kind.endsWith("-events") || kind.endsWith("-snapshot");
                long most = FOR_NONE + (runs ? FOR_RUNS : 0) + EACH_BYTE * bytes.length;
                if (allocated > most)
                    throw new AssertionError(kind + " of " + HexFormat.of().formatHex(bytes) + " allocates " + allocated
                            + " bytes for " + bytes.length);
                if (nanos > taken[1]) {
                    taken[1] = nanos;
                    slowest[0] = kind;
                }
            });
            rounds.note(decoders.all.size() + " decoders; " + taken[0] + " inputs were taken; the slowest took "
                    + taken[1] / 1_000_000 + " ms (" + slowest[0] + ")");
        }
    }

    /** Good bytes of each kind. Those of an older version must be taken for ever. */
    static TreeMap<String, List<byte[]>> corpus() throws IOException {
        TreeMap<String, List<byte[]>> corpus = new TreeMap<>();
        try (Stream<Path> files = Files.walk(CORPUS)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList())
                corpus.computeIfAbsent(file.getParent().getFileName().toString(), k -> new ArrayList<>())
                        .add(Files.readAllBytes(file));
        }
        return corpus;
    }
}
