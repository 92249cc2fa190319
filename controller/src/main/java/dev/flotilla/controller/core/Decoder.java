package dev.flotilla.controller.core;

import dev.flotilla.model.Bytes;
import dev.flotilla.program.BadResult;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Partial;

/** Reads the results of one batch: those of neighbours are often equal, and are read once. */
final class Decoder {
    private final Builtin program;
    private Bytes last;
    private Partial partial;

    Decoder(Builtin program) {
        this.program = program;
    }

    /** @throws BadResult if the bytes are no result of the program */
    Partial decode(Bytes result) throws BadResult {
        if (last != null && (last == result || last.equals(result))) return partial;
        partial = program.decode(result.array());
        last = result;
        return partial;
    }
}
