package dev.flotilla.controller.cli.ui;

import dev.flotilla.model.Exit;
import dev.flotilla.model.Nearest;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;

/** What goes wrong, in three lines: what, why, next. */
public final class Errors {
    private Errors() {}

    /** A mistake in the command's words. */
    public static UserError usage(CommandLine.ParameterException e) {
        CommandLine command = e.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        String next = name + " --help";
        if (e instanceof CommandLine.UnmatchedArgumentException unmatched) {
            String word = unmatched.getUnmatched().get(0);
            boolean option = word.startsWith("-") && word.length() > 1;
            String typed = option ? word.replaceFirst("=.*", "") : word;
            List<String> known = option
                    ? options(command)
                    : List.copyOf(command.getSubcommands().keySet());
            String kind = option ? "option" : known.isEmpty() ? "argument" : "command";
            Optional<String> meant = Nearest.of(typed, known);
            String why = meant.map(m -> "did you mean " + m + "?")
                    .orElse(
                            known.isEmpty()
                                    ? name + " takes no more arguments"
                                    : name + " has " + String.join(", ", known));
            return new UserError(Exit.USAGE, "unknown " + kind + " " + Quoted.plain(typed, 80), why, next);
        }
        if (e instanceof CommandLine.MissingParameterException missing
                && !missing.getMissing().isEmpty()) {
            CommandLine.Model.ArgSpec arg = missing.getMissing().get(0);
            boolean alternatives = plain(missing.getMessage()).contains("specify one of these");
            return alternatives
                    ? new UserError(
                            Exit.USAGE,
                            "a decision is missing",
                            plain(missing.getMessage())
                                    .replaceFirst("^.*specify one of these\\): \\((.*)\\)$", "say one of $1"),
                            next)
                    : new UserError(Exit.USAGE, word(arg) + " is missing", about(arg), next);
        }
        if (e instanceof CommandLine.OverwrittenOptionException twice) {
            return new UserError(
                    Exit.USAGE, word(twice.getOverwritten()) + " is given twice", "it takes one value", next);
        }
        if (plain(e.getMessage()).startsWith("Missing required subcommand")) {
            return new UserError(
                    Exit.USAGE,
                    name + " needs a command",
                    "it has " + String.join(", ", command.getSubcommands().keySet()),
                    next);
        }
        if (e.getArgSpec() != null) {
            return new UserError(
                    Exit.USAGE,
                    word(e.getArgSpec()) + " cannot be used"
                            + (e.getValue() == null ? "" : ": " + Quoted.of(e.getValue())),
                    reason(e),
                    next);
        }
        return new UserError(Exit.USAGE, "the command cannot be carried out", plain(e.getMessage()), next);
    }

    private static String word(CommandLine.Model.ArgSpec arg) {
        return arg instanceof CommandLine.Model.OptionSpec option ? option.longestName() : arg.paramLabel();
    }

    private static String about(CommandLine.Model.ArgSpec arg) {
        return arg.description().length == 0 ? "the command needs it" : arg.paramLabel() + ": " + arg.description()[0];
    }

    private static List<String> options(CommandLine command) {
        List<String> names = new ArrayList<>();
        for (CommandLine.Model.OptionSpec option : command.getCommandSpec().options()) {
            if (!option.hidden()) names.addAll(List.of(option.names()));
        }
        return names;
    }

    /** The sentence of whoever refused the value, without picocli's own words around it. */
    private static String reason(CommandLine.ParameterException e) {
        String message = plain(e.getMessage());
        int colon = message.indexOf("): ");
        return message.startsWith("Invalid value for") && message.contains(": ")
                ? message.substring(colon >= 0 ? colon + 3 : message.indexOf(": ") + 2)
                : message;
    }

    private static String plain(String message) {
        return Quoted.plain(String.valueOf(message), 300);
    }

    /** Anything that is no {@link UserError}: our bug, said so. */
    public static UserError bug(Throwable e) {
        return new UserError(
                Exit.FAILED,
                "Flotilla failed on this command: a bug",
                Quoted.plain(e.toString(), 300),
                "FLOTILLA_TRACE=1 shows where; please report it with that");
    }

    /** Prints it. @return the exit code */
    public static int print(Terminal terminal, UserError error) {
        terminal.say(error.lines().replaceFirst("^error:", terminal.paint(Terminal.Colour.BAD, "error:")));
        return error.exit().code();
    }
}
