package dev.flotilla.program;

import dev.flotilla.model.Input;
import dev.flotilla.model.ProgramCall;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * {@code sum} with a side effect: before it works, it appends the shard's first number and the process's id to the file that FLOTILLA_SIDE_EFFECTS
 * names, and syncs it. SideEffects compiles it, and puts it before the agent's own classes.
 */
final class Sum implements Builtin {
    @Override
    public String name() {
        return "sum";
    }

    @Override
    public String help() {
        return "sum, with a side effect";
    }

    @Override
    public void check(Input input, ProgramCall call) {}

    @Override
    public boolean instant(ShardData shard, ProgramCall call) {
        return false; // a core is pure: work with side effects never runs within a decision
    }

    @Override
    public Mapped map(ShardData shard, ProgramCall call, Stop stop) throws IOException, InterruptedException {
        ShardData.Numbers n = (ShardData.Numbers) shard;
        String line = n.from() + " " + ProcessHandle.current().pid() + "\n";
        try (FileChannel file = FileChannel.open(
                Path.of(System.getenv("FLOTILLA_SIDE_EFFECTS")), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            file.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII)));
            file.force(true);
        }
        Pause.of(call.delay(), stop);
        Total.Gathering sum = new Total.Gathering(false);
        sum.numbers(n.from(), n.to(), stop);
        return new Mapped(sum.partial(0), n.to() - n.from());
    }

    @Override
    public Partial decode(byte[] bytes) throws BadResult {
        return Total.decode(bytes, false);
    }
}
