package dev.flotilla.controller.cli.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

/** Lets the fuzzing in. */
public final class JobFileDoor {
    private JobFileDoor() {}

    /** @throws dev.flotilla.model.UserError if it is no job file */
    public static ObjectNode read(Path file) {
        return new JobFile(file).job();
    }
}
