package dev.flotilla.program;

import dev.flotilla.model.Input;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Quoted;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * What programs over single values share: the pause, reading records, missing and malformed values. A program adds what it gathers, and how its
 * partial result is read.
 */
abstract class ValueProgram implements Builtin {
    /** Numbers that take about a millisecond, and as many bytes of records. */
    private static final long INSTANT_NUMBERS = 1_000_000;

    private static final long INSTANT_BYTES = 8 * 1024;
    private static final int ASK_EVERY = 256;

    private final String name;
    private final String help;
    private final boolean needsValue;

    /** @param needsValue  false: it runs over whole records too, where no column is given */
    ValueProgram(String name, String help, boolean needsValue) {
        this.name = name;
        this.help = help;
        this.needsValue = needsValue;
    }

    /** What one shard gives, value by value. */
    interface Gathering {
        /** Takes in the integers from {@code from} up to, and without, {@code to}. */
        void numbers(long from, long to, Stop stop) throws InterruptedException;

        /** Takes in the text of a value that is there, or a record where no column is asked for; false if it is malformed. */
        boolean value(String text);

        Partial partial(long skipped);
    }

    abstract Gathering gathering();

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final String help() {
        return help;
    }

    @Override
    public final void check(Input input, ProgramCall call) {
        if (input instanceof Input.Records r) field(r.name(), r.format(), r.columns(), call);
        else if (call.column().isPresent())
            throw new IllegalArgumentException("a range of numbers has no column "
                    + Quoted.of(call.column().get()));
    }

    @Override
    public final boolean instant(ShardData shard, ProgramCall call) {
        if (!call.delay().isZero()) return false;
        if (shard instanceof ShardData.Numbers n) return n.to() - n.from() <= INSTANT_NUMBERS;
        return ((ShardData.Records) shard).length() <= INSTANT_BYTES;
    }

    @Override
    public final Mapped map(ShardData shard, ProgramCall call, Stop stop)
            throws BadValue, IOException, InterruptedException {
        Pause.of(call.delay(), stop);
        Gathering gathering = gathering();
        if (shard instanceof ShardData.Numbers n) {
            gathering.numbers(n.from(), n.to(), stop);
            return new Mapped(gathering.partial(0), n.to() - n.from());
        }
        ShardData.Records records = (ShardData.Records) shard;
        Optional<Field> field = field(records.name(), records.format(), records.columns(), call);
        long units = 0;
        long skipped = 0;
        try (InputStream bytes = records.source().open()) {
            RecordReader at = new RecordReader(bytes, records.format(), records.firstLine());
            while (at.next()) {
                if (units++ % ASK_EVERY == 0 && stop.asked()) throw new InterruptedException("stopped");
                String problem = problem(at, field, gathering);
                if (problem == null) continue;
                if (call.strict()) throw new BadValue(where(records, at, call) + problem);
                skipped++;
            }
        } catch (BadRecord e) {
            throw new IOException(Quoted.plain(records.name(), 200) + ", line " + e.line() + ": " + e.getMessage(), e);
        }
        return new Mapped(gathering.partial(skipped), units);
    }

    private Optional<Field> field(String file, Input.Format format, java.util.List<String> columns, ProgramCall call) {
        if (call.column().isEmpty() && !needsValue) return Optional.empty();
        return Optional.of(Field.of(file, format, columns, call.column()));
    }

    /** What is wrong with the value, or null. */
    private static String problem(RecordReader at, Optional<Field> field, Gathering gathering) {
        if (field.isEmpty()) return gathering.value("") ? null : "the record is no value";
        try {
            Optional<String> value = field.get().read(at);
            if (value.isEmpty()) return "the value is missing";
            return gathering.value(value.get()) ? null : Quoted.of(value.get()) + " is no number";
        } catch (Field.Unreadable e) {
            return Quoted.of(Field.text(at)) + " cannot be read";
        }
    }

    private static String where(ShardData.Records records, RecordReader at, ProgramCall call) {
        return Quoted.plain(records.name(), 200) + ", line " + at.line()
                + call.column().map(c -> ", column " + Quoted.plain(c, 80)).orElse("") + ": ";
    }
}
