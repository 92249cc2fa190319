package dev.flotilla.program;

import dev.flotilla.model.Input;
import dev.flotilla.model.ProgramCall;
import java.io.IOException;

/** A program that ships with Flotilla: a map over one shard, and a fold of what the shards gave. Stateless, so any thread may call it. */
public interface Builtin {
    /** What users call it. */
    String name();

    /** One line for people: what it answers, and its rule for missing and malformed values. */
    String help();

    /**
     * Says what is wrong with this call over this input, say a column that is missing from it.
     *
     * @throws IllegalArgumentException with a sentence for people
     */
    void check(Input input, ProgramCall call);

    /** True if this shard takes microseconds, so that it can run where it is accepted. */
    boolean instant(ShardData shard, ProgramCall call);

    /**
     * Runs over one shard.
     *
     * @param stop  asked at least every few milliseconds of work
     * @throws BadValue if a value is missing or malformed and the call is strict
     * @throws InterruptedException soon after {@code stop} says true
     * @throws IOException if the shard cannot be read
     */
    Mapped map(ShardData shard, ProgramCall call, Stop stop) throws BadValue, IOException, InterruptedException;

    /**
     * A partial result from its bytes.
     *
     * @throws BadResult if they are not one of this program: they come from a device and are not trusted
     */
    Partial decode(byte[] bytes) throws BadResult;

    /** What a shard gave, and the numbers or records that it went through. */
    record Mapped(Partial partial, long units) {}

    /** Whether to stop early. */
    interface Stop {
        Stop NEVER = () -> false;

        boolean asked();
    }
}
