package dev.flotilla.controller.cli.job;

import dev.flotilla.model.Exit;
import dev.flotilla.model.Spans;
import dev.flotilla.model.UserError;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Stack;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Whether a command waits for its job.
 *
 * @param waits  false: it returns after the submit
 * @param limit  then the answer so far is printed; empty: to the end
 */
public record Wait(boolean waits, Optional<Duration> limit) {
    /** What {@code --wait} without a span stands for. */
    static final String TO_THE_END = "end";

    /** What the option {@code --wait} says; null where it was not given. @throws UserError if that is no span */
    static Wait of(String option, boolean otherwise) {
        if (option == null) return new Wait(otherwise, Optional.empty());
        if (option.equals(TO_THE_END)) return new Wait(true, Optional.empty());
        try {
            return new Wait(true, Optional.of(Spans.parse(option)));
        } catch (IllegalArgumentException e) {
            throw new UserError(
                    Exit.USAGE,
                    "--wait cannot be used",
                    e.getMessage(),
                    "--wait=2m, or --wait alone to wait for the end");
        }
    }

    /** The span is attached with {@code =}; what follows after a blank is the command's next word. */
    static final class Attached implements IParameterPreprocessor {
        @Override
        public boolean preprocess(Stack<String> args, CommandSpec command, ArgSpec arg, Map<String, Object> info) {
            if (" ".equals(info.get("separator"))) args.push(TO_THE_END);
            return false;
        }
    }
}
