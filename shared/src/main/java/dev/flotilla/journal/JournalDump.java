package dev.flotilla.journal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Exit;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Spec;
import dev.flotilla.model.UserError;
import dev.flotilla.program.BadResult;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A journal as NDJSON for people: a line for each snapshot, then one for each batch with its events, by the names that they have in the code.
 * What is wrong is a line of its own, before the batch that it is about. Memory holds one batch.
 */
public final class JournalDump implements JournalReader.Inspector {
    private static final int COPIES = 10;
    private final Function<byte[], ? extends List<?>> decode;
    private final JsonGenerator json;
    private final TreeMap<JobId, Builtin> programs = new TreeMap<>();
    private Optional<Builtin> program = Optional.empty();
    private boolean damaged;

    private JournalDump(Function<byte[], ? extends List<?>> decode, PrintStream out) throws IOException {
        this.decode = decode;
        this.json = new JsonFactory()
                .createGenerator(new BufferedOutputStream(out, 1 << 16))
                .setPrettyPrinter(new MinimalPrettyPrinter("\n"))
                .enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN);
    }

    /**
     * Writes what is there, damaged or not. A file that its process keeps to itself is copied first.
     *
     * @param path    a journal, or a data directory
     * @param decode  a batch's events, which are records; throws what it likes if there are none in it
     * @param say     is told what a person should know
     * @return false if anything is damaged or missing
     * @throws UserError if there is no journal that can be read
     */
    public static boolean write(
            Path path, Function<byte[], ? extends List<?>> decode, PrintStream out, Consumer<String> say) {
        Path file = Files.isDirectory(path) ? path.resolve("journal.db") : path;
        try {
            try {
                return write(file, decode, out);
            } catch (JournalFailed e) {
                if (e.kind() != JournalFailed.Kind.LOCKED) throw e;
            }
            Path folder = Files.createTempDirectory("flotilla-journal");
            try {
                Path copy = folder.resolve("journal.db");
                copy(file, copy);
                say.accept(file + " is in use: this is a copy of it as it was just now");
                return write(copy, decode, out);
            } finally {
                try (var left = Files.list(folder)) {
                    for (Path each : left.toList()) Files.delete(each);
                }
                Files.delete(folder);
            }
        } catch (JournalFailed e) {
            throw new UserError(
                    Exit.FAILED,
                    "the journal cannot be read",
                    e.getMessage(),
                    switch (e.kind()) {
                        case NEWER -> "use the version that wrote it, or a newer one";
                        case LOCKED -> "stop the process that has it open, and try again";
                        case STORAGE, CORRUPT -> "name a journal.db, or the directory that holds it";
                    });
        } catch (IOException | UncheckedIOException e) {
            throw new UserError(
                    Exit.FAILED,
                    "the journal could not be copied or written out",
                    e.toString(),
                    "look at the path, its permissions and the free space");
        }
    }

    private static boolean write(Path file, Function<byte[], ? extends List<?>> decode, PrintStream out)
            throws JournalFailed, IOException {
        JournalDump dump = new JournalDump(decode, out);
        try (JournalReader reader = SqliteJournal.readOnly(file)) {
            reader.inspect(dump);
        }
        dump.json.flush();
        if (dump.json.getOutputContext().getEntryCount() > 0) out.println();
        return !dump.damaged;
    }

    /** Whole, if neither the file nor the beginning of its write-ahead log changed meanwhile: a log only grows until it begins anew. */
    private static void copy(Path file, Path to) throws IOException, JournalFailed {
        Path log = file.resolveSibling(file.getFileName() + "-wal");
        for (int i = 0; i < COPIES; i++) {
            Object before = stamp(file, log);
            Files.copy(file, to, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            Path copied = to.resolveSibling(to.getFileName() + "-wal");
            if (Files.exists(log)) Files.copy(log, copied, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            if (before.equals(stamp(file, log))) return;
        }
        throw new JournalFailed(JournalFailed.Kind.LOCKED, file + " changed while it was copied", null);
    }

    private static Object stamp(Path file, Path log) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(32);
        if (Files.exists(log)) {
            try (FileChannel channel = FileChannel.open(log, StandardOpenOption.READ)) {
                while (head.hasRemaining() && channel.read(head) > 0) {}
            }
        }
        return List.of(Files.getLastModifiedTime(file), Files.size(file), head.flip());
    }

    @Override
    public void snapshot(long seq, byte[] chain, int bytes) {
        line(() -> {
            json.writeNumberField("seq", seq);
            json.writeObjectFieldStart("snapshot");
            json.writeStringField("chain", HexFormat.of().formatHex(chain));
            json.writeNumberField("bytes", bytes);
            json.writeEndObject();
        });
    }

    @Override
    public void damage(long seq, String what) {
        damaged = true;
        line(() -> {
            json.writeNumberField("seq", seq);
            json.writeStringField("damage", what);
        });
    }

    @Override
    public void batch(long seq, byte[] body, byte[] hash) {
        List<?> events;
        try {
            events = decode.apply(body);
        } catch (RuntimeException e) {
            damage(seq, "batch " + seq + " cannot be understood: " + e.getMessage());
            events = List.of();
        }
        List<?> read = events;
        line(() -> {
            json.writeNumberField("seq", seq);
            json.writeStringField("hash", HexFormat.of().formatHex(hash));
            json.writeNumberField("bytes", body.length);
            json.writeArrayFieldStart("events");
            for (Object event : read) {
                program = Optional.empty();
                learn(Optional.empty(), event);
                record("event", (Record) event);
            }
            json.writeEndArray();
        });
    }

    private interface Line {
        void write() throws IOException;
    }

    private void line(Line line) {
        try {
            json.writeStartObject();
            line.write();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Which job an event is about, and what that job runs, if it says so. */
    private Optional<JobId> learn(Optional<JobId> job, Object in) {
        Optional<JobId> of = job;
        if (in instanceof JobId id) of = Optional.of(id);
        else if (in instanceof Optional<?> maybe && maybe.isPresent()) of = learn(of, maybe.get());
        else if (in instanceof Spec spec)
            of.ifPresent(id -> programs.put(id, Builtins.find(spec.program().builtin())));
        else if (in instanceof Record)
            for (RecordComponent part : in.getClass().getRecordComponents()) of = learn(of, get(part, in));
        program = of.map(programs::get);
        return of;
    }

    private void record(String kind, Record record) throws IOException {
        json.writeStartObject();
        if (kind != null) json.writeStringField(kind, record.getClass().getSimpleName());
        for (RecordComponent part : record.getClass().getRecordComponents()) {
            String name = part.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
            Object value = get(part, record);
            json.writeFieldName(name);
            if (name.equals("result")) value(result(value));
            else value(value);
        }
        json.writeEndObject();
    }

    private static Object get(RecordComponent part, Object of) {
        try {
            Method read = part.getAccessor();
            read.setAccessible(true); // some are of a package alone
            return read.invoke(of);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("a record's own component", e);
        }
    }

    /** As people read it, where its program is known. */
    private Object result(Object value) {
        if (value instanceof Optional<?> maybe) return maybe.map(this::result);
        if (program.isEmpty() || !(value instanceof Bytes bytes)) return value;
        try {
            return program.get().decode(bytes.array()).answer();
        } catch (BadResult e) {
            return value;
        }
    }

    private void value(Object value) throws IOException {
        if (value instanceof Optional<?> maybe) value(maybe.orElse(null));
        else if (value instanceof OptionalDouble maybe) value(maybe.isPresent() ? maybe.getAsDouble() : null);
        else if (value == null) json.writeNull();
        else if (value instanceof Boolean flag) json.writeBoolean(flag);
        else if (value instanceof BigDecimal number) json.writeNumber(number);
        else if (value instanceof Number) json.writeNumber(value.toString());
        else if (value instanceof Bytes bytes) {
            json.writeStartObject();
            json.writeNumberField("bytes", bytes.size());
            json.writeEndObject();
        } else if (value instanceof Collection<?> all) {
            json.writeStartArray();
            for (Object each : all) value(each);
            json.writeEndArray();
        } else if (value instanceof Map<?, ?> all) {
            json.writeStartObject();
            for (Map.Entry<?, ?> each : all.entrySet()) {
                json.writeFieldName(each.getKey().toString());
                value(each.getValue());
            }
            json.writeEndObject();
        } else if (value instanceof Enum<?> word) json.writeString(word.name().toLowerCase(Locale.ROOT));
        else if (value instanceof Record record) {
            RecordComponent[] parts = record.getClass().getRecordComponents();
            if (parts.length == 1) value(get(parts[0], record)); // an id, a digest, a share
            else
                record(
                        Arrays.stream(record.getClass().getInterfaces()).anyMatch(Class::isSealed) ? "kind" : null,
                        record);
        } else json.writeString(value.toString()); // spans and times as ISO 8601 has them
    }
}
