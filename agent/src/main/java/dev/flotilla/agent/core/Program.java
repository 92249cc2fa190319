package dev.flotilla.agent.core;

import dev.flotilla.link.Detail;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ShardInput;
import dev.flotilla.model.Spec;
import dev.flotilla.program.BadValue;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.program.ShardData;
import dev.flotilla.shard.Ranges;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Optional;

/** One spec's program: what can be of it, and what of it takes so little time that it runs within a decision. It is pure. */
final class Program {
    /** How an attempt ended. */
    record Outcome(AttemptState state, Detail detail) {
        static Outcome failed(String error) {
            return new Outcome(AttemptState.FAILED, Detail.error(error));
        }
    }

    private final Spec spec;
    private final Builtin builtin;

    /** @throws IllegalArgumentException if there is no such builtin; its message is for people */
    Program(Spec spec) {
        this.spec = spec;
        this.builtin = Builtins.find(spec.program().builtin());
    }

    /** Why there is no such shard of this spec; empty if there is. */
    Optional<String> impossible(long index, ShardInput shard) {
        if (index >= spec.sharding().count())
            return Optional.of(
                    "impossible-shard: " + index + " of " + spec.sharding().count());
        boolean computed = shard instanceof ShardInput.Computed;
        if (computed != spec.input() instanceof dev.flotilla.model.Input.Range)
            return Optional.of("impossible-shard: its input is of another kind than its job's");
        return Optional.empty();
    }

    /** True if the shard is here and takes microseconds. */
    boolean instant(long index, ShardInput shard) {
        return !(shard instanceof ShardInput.Stored) && builtin.instant(data(index, shard), spec.program());
    }

    /** What running an instant shard takes, in nanoseconds by rule of thumb. */
    long cost(long index, ShardInput shard) {
        if (shard instanceof ShardInput.Inline inline)
            return 1000 + 100L * inline.bytes().size();
        ShardData.Numbers numbers = (ShardData.Numbers) data(index, shard);
        return 1000 + numbers.to() - numbers.from();
    }

    /** Runs an instant shard. Whatever is wrong with its data or its program is the attempt's failure, never the agent's. */
    Outcome run(long index, ShardInput shard) {
        try {
            Builtin.Mapped mapped = builtin.map(data(index, shard), spec.program(), Builtin.Stop.NEVER);
            Detail detail =
                    Detail.instant(mapped.units(), new Bytes(mapped.partial().encode()));
            return bounded(new Outcome(AttemptState.FINISHED, detail));
        } catch (BadValue e) {
            return bounded(Outcome.failed("bad-value: " + e.getMessage()));
        } catch (IOException e) {
            return bounded(Outcome.failed("bad-data: " + e.getMessage()));
        } catch (InterruptedException | RuntimeException e) {
            return bounded(Outcome.failed("program-error: " + e));
        }
    }

    /** An end as it may travel: a result within its limit, or a failure that says so; an error's text cut short. */
    static Outcome bounded(Outcome outcome) {
        Detail d = outcome.detail();
        int size = d.result().map(Bytes::size).orElse(0);
        if (size > Limits.INLINE)
            return Outcome.failed("result-too-large: " + size + " bytes are more than " + Limits.INLINE);
        if (outcome.state() == AttemptState.FINISHED && d.result().isEmpty())
            return Outcome.failed("no-result: the program ended without one");
        if (d.error().length() <= Limits.ERROR_TEXT) return outcome;
        String error = d.error().substring(0, Limits.ERROR_TEXT);
        return new Outcome(outcome.state(), new Detail(d.wall(), d.cpu(), d.units(), d.result(), error));
    }

    private ShardData data(long index, ShardInput shard) {
        if (shard instanceof ShardInput.Inline inline) {
            var records = (dev.flotilla.model.Input.Records) spec.input();
            byte[] bytes = inline.bytes().array();
            return new ShardData.Records(
                    records.name(),
                    records.format(),
                    records.columns(),
                    bytes.length,
                    inline.firstLine(),
                    () -> new ByteArrayInputStream(bytes));
        }
        return Ranges.numbers(
                (dev.flotilla.model.Input.Range) spec.input(), spec.sharding().count(), index);
    }
}
