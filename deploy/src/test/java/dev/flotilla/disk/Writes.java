package dev.flotilla.disk;

import dev.flotilla.sim.Chance;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a process did to the files under one folder, in order, read from a trace of its system calls.
 *
 * <p>The model of a disk is the weakest that POSIX allows. What was written to a file is sure once that file was synced afterwards; until then
 * each write may be there, or not, or in part, sector by sector, and a longer file may be longer with nothing in it. A name that was made,
 * moved or removed is sure once its folder was synced afterwards; until then each of them may have happened or not. Folders themselves are
 * there. Mapped memory (SQLite's -shm) is not traced: it is never synced, and an image has none of it.
 */
final class Writes {
    /** The calls that the trace must hold. */
    static final String TRACED =
            "openat,close,lseek,write,pwrite64,fsync,fdatasync,ftruncate,unlink,rename,renameat,renameat2";

    private sealed interface Op {}

    private record Write(int file, long at, byte[] bytes) implements Op {}

    private record Truncate(int file, long size) implements Op {}

    private record Sync(int file) implements Op {}

    private record Made(String name, int file) implements Op {}

    private record Moved(String from, String to) implements Op {}

    private record Removed(String name) implements Op {}

    private record SyncFolder(String folder) implements Op {}

    private record Mark(String line) implements Op {}

    private static final Pattern CALL = Pattern.compile("(\\d+) +(\\w+)\\((.*)\\) += (-?\\d+).*");
    private static final Pattern BEGUN = Pattern.compile("(\\d+) +(\\w+\\(.*) <unfinished \\.\\.\\.>");
    private static final Pattern RESUMED = Pattern.compile("(\\d+) +<\\.\\.\\. \\w+ resumed>(.*)");

    private final List<Op> ops = new ArrayList<>();

    private Writes() {}

    /**
     * Reads a trace.
     *
     * @param root   what is written elsewhere does not matter
     * @param marks  a file directly in {@code root}; each line of it is no write but a mark, said when it was written
     */
    static Writes parse(Path trace, Path root, String marks) throws IOException {
        Parser parser = new Parser(root.toString() + "/", marks);
        try (Stream<String> lines = Files.lines(trace, StandardCharsets.US_ASCII)) {
            lines.forEach(parser::line);
        }
        return parser.writes;
    }

    private static final class Parser {
        private static final class Open {
            final int file;
            final String name;
            long at;

            Open(int file, String name) {
                this.file = file;
                this.name = name;
            }
        }

        final Writes writes = new Writes();
        private final String root;
        private final String marks;
        private final TreeMap<String, String> unfinished = new TreeMap<>();
        private final TreeMap<Integer, Open> open = new TreeMap<>();
        private final TreeMap<String, Integer> files = new TreeMap<>();
        private int next = 1;
        /** The one thread that writes; a process that it starts has files of its own, by the same numbers. */
        private String writer = "";

        Parser(String root, String marks) {
            this.root = root;
            this.marks = marks;
        }

        void line(String line) {
            Matcher begun = BEGUN.matcher(line);
            if (begun.matches()) {
                unfinished.put(begun.group(1), begun.group(2));
                return;
            }
            Matcher resumed = RESUMED.matcher(line);
            String whole = resumed.matches()
                    ? resumed.group(1) + " " + unfinished.remove(resumed.group(1)) + resumed.group(2)
                    : line;
            Matcher call = CALL.matcher(whole);
            if (!call.matches() || call.group(4).startsWith("-")) return;
            if (writer.isEmpty() && opensHere(call)) writer = call.group(1);
            if (!call.group(1).equals(writer)) return;
            call(call.group(2), call.group(3).split(", "), Long.parseLong(call.group(4)));
        }

        private boolean opensHere(Matcher call) {
            return call.group(2).equals("openat")
                    && text(call.group(3).split(", ")[1]).startsWith(root);
        }

        private void call(String name, String[] words, long result) {
            switch (name) {
                case "openat" -> open(text(words[1]), words[2], (int) result);
                case "close" -> open.remove(Integer.parseInt(words[0]));
                case "unlink" -> removed(text(words[0]));
                case "rename" -> moved(text(words[0]), text(words[1]));
                case "renameat", "renameat2" -> moved(text(words[1]), text(words[3]));
                default -> {
                    Open of = open.get(Integer.parseInt(words[0]));
                    if (of != null) onFile(name, of, words, result);
                }
            }
        }

        private void open(String path, String flags, int fd) {
            open.remove(fd);
            if (!(path + "/").startsWith(root)) return;
            if (flags.contains("O_DIRECTORY") || !files.containsKey(path) && !flags.contains("O_CREAT")) {
                open.put(fd, new Open(0, path));
                return;
            }
            Integer file = files.get(path);
            if (file == null) {
                file = next++;
                files.put(path, file);
                writes.ops.add(new Made(path.substring(root.length()), file));
            } else if (flags.contains("O_TRUNC")) writes.ops.add(new Truncate(file, 0));
            open.put(fd, new Open(file, path));
        }

        private void onFile(String name, Open of, String[] words, long result) {
            switch (name) {
                case "lseek" -> of.at = result;
                case "write" -> {
                    write(of, of.at, bytes(words[1]), result);
                    of.at += result;
                }
                case "pwrite64" -> write(of, Long.parseLong(words[3]), bytes(words[1]), result);
                case "ftruncate" -> writes.ops.add(new Truncate(of.file, Long.parseLong(words[1])));
                case "fsync", "fdatasync" ->
                    writes.ops.add(
                            of.file > 0 ? new Sync(of.file) : new SyncFolder((of.name + "/").substring(root.length())));
                default -> throw new AssertionError(name);
            }
        }

        private void write(Open of, long at, byte[] bytes, long written) {
            byte[] there = Arrays.copyOf(bytes, (int) written);
            if (!of.name.equals(root + marks)) writes.ops.add(new Write(of.file, at, there));
            else
                for (String line :
                        new String(there, StandardCharsets.UTF_8).strip().split("\n")) writes.ops.add(new Mark(line));
        }

        private void removed(String path) {
            if (files.remove(path) != null) writes.ops.add(new Removed(path.substring(root.length())));
        }

        private void moved(String from, String to) {
            Integer file = files.remove(from);
            if (file == null) return;
            files.put(to, file);
            writes.ops.add(new Moved(from.substring(root.length()), to.substring(root.length())));
        }

        private static String text(String word) {
            return new String(bytes(word), StandardCharsets.UTF_8);
        }

        /** All in hexadecimal: {@code "\x2f\x74"}. */
        private static byte[] bytes(String word) {
            byte[] bytes = new byte[(word.length() - 2) / 4];
            for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) Integer.parseInt(word, 4 * i + 3, 4 * i + 5, 16);
            return bytes;
        }
    }

    /** How many calls there are; a cut at {@code n} is before the n-th, from 0. */
    int size() {
        return ops.size();
    }

    /** What was said before that cut. */
    List<String> marks(int cut) {
        List<String> lines = new ArrayList<>();
        for (Op op : ops.subList(0, cut)) if (op instanceof Mark mark) lines.add(mark.line);
        return lines;
    }

    /** How many writes there are to files of such a name; for what a recording must have met. */
    long writesTo(Predicate<String> name) {
        TreeMap<Integer, String> names = new TreeMap<>();
        long count = 0;
        for (Op op : ops) {
            if (op instanceof Made made) names.put(made.file, made.name);
            if (op instanceof Moved moved) names.replaceAll((file, old) -> old.equals(moved.from) ? moved.to : old);
            if (op instanceof Write write && name.test(names.get(write.file))) count++;
        }
        return count;
    }

    /** How many of the calls before the end did that: truncated, moved, removed or synced a folder. */
    long changesOfNames() {
        return ops.stream()
                .filter(op -> op instanceof Truncate
                        || op instanceof Moved
                        || op instanceof Removed
                        || op instanceof SyncFolder)
                .count();
    }

    /** Writes the files of one folder as they were at the cut: a process was killed, the machine went on. */
    void atCut(int cut, String folder, Path into) throws IOException {
        image(cut, folder, into, op -> true, null);
    }

    /** Writes the files of one folder as the disk may hold them when the power went at the cut. */
    void afterPowerLoss(int cut, String folder, Path into, Chance chance) throws IOException {
        double share = chance.of(List.of(0.0, 0.1, 0.5, 0.9, 1.0));
        boolean names = chance.is(0.3);
        image(cut, folder, into, op -> chance.is(op instanceof Write || !names ? share : 0.5), chance);
    }

    private void image(int cut, String folder, Path into, Predicate<Op> there, Chance torn) throws IOException {
        TreeSet<Integer> syncedFiles = new TreeSet<>();
        TreeSet<String> syncedFolders = new TreeSet<>();
        boolean[] sure = new boolean[cut];
        for (int i = cut - 1; i >= 0; i--) {
            Op op = ops.get(i);
            if (op instanceof Sync s) syncedFiles.add(s.file);
            else if (op instanceof SyncFolder s) syncedFolders.add(s.folder);
            else if (op instanceof Write w) sure[i] = syncedFiles.contains(w.file);
            else if (op instanceof Truncate t) sure[i] = syncedFiles.contains(t.file);
            else if (op instanceof Made m) sure[i] = syncedFolders.contains(folderOf(m.name));
            else if (op instanceof Removed r) sure[i] = syncedFolders.contains(folderOf(r.name));
            else if (op instanceof Moved m) sure[i] = syncedFolders.contains(folderOf(m.to));
        }
        TreeMap<String, Integer> names = new TreeMap<>();
        TreeMap<Integer, Contents> contents = new TreeMap<>();
        for (int i = 0; i < cut; i++) {
            Op op = ops.get(i);
            if (op instanceof Sync || op instanceof SyncFolder || op instanceof Mark) continue;
            if (!sure[i] && !there.test(op)) continue;
            if (op instanceof Write w) {
                Contents of = contents.computeIfAbsent(w.file, f -> new Contents());
                if (sure[i] || torn == null || torn.is(0.5)) of.write(w.at, w.bytes);
                else of.tear(w, torn);
            } else if (op instanceof Truncate t)
                contents.computeIfAbsent(t.file, f -> new Contents()).truncate((int) t.size);
            else if (op instanceof Made m) names.put(m.name, m.file);
            else if (op instanceof Removed r) names.remove(r.name);
            else if (op instanceof Moved m && names.containsKey(m.from)) names.put(m.to, names.remove(m.from));
        }
        for (var name : names.entrySet()) {
            if (!name.getKey().startsWith(folder + "/")) continue;
            Path file = into.resolve(name.getKey());
            Files.createDirectories(file.getParent());
            Files.write(
                    file, contents.getOrDefault(name.getValue(), new Contents()).bytes());
        }
        Files.createDirectories(into.resolve(folder));
    }

    private static String folderOf(String name) {
        return name.substring(0, name.lastIndexOf('/') + 1);
    }

    /** One file. */
    private static final class Contents {
        private byte[] all = new byte[4096];
        private int size;

        void truncate(int to) {
            if (to < size) Arrays.fill(all, to, size, (byte) 0);
            grow(to);
            size = to;
        }

        void write(long at, byte[] bytes) {
            write((int) at, bytes, 0, bytes.length);
        }

        private void write(int at, byte[] bytes, int from, int to) {
            grow(at + to);
            System.arraycopy(bytes, from, all, at + from, to - from);
            size = Math.max(size, at + to);
        }

        /** Some of its sectors; perhaps the file has its new length all the same. */
        void tear(Write write, Chance chance) {
            int sector = chance.of(List.of(512, 4096));
            int at = (int) write.at;
            int end = at + write.bytes.length;
            if (chance.is(0.5) && end > size) truncate(end);
            for (int begin = at - at % sector; begin < end; begin += sector) {
                if (chance.is(0.5))
                    write(at, write.bytes, Math.max(begin, at) - at, Math.min(begin + sector, end) - at);
            }
        }

        private void grow(int to) {
            if (to > all.length) all = Arrays.copyOf(all, Math.max(to, 2 * all.length));
        }

        byte[] bytes() {
            return Arrays.copyOf(all, size);
        }
    }
}
