package dev.flotilla.controller.cli;

import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.cli.ui.Errors;
import dev.flotilla.controller.cli.ui.Terminal;
import dev.flotilla.model.Exit;
import dev.flotilla.model.UserError;
import java.io.PrintWriter;
import java.lang.reflect.Constructor;
import java.util.function.Function;
import picocli.CommandLine;

/** Where {@code flotilla} begins. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(run(Terminal.ofProcess(), args));
    }

    /** Carries one command out. @return its exit code */
    static int run(Terminal terminal, String... args) {
        Shell shell = new Shell(terminal);
        CommandLine command = new CommandLine(new Flotilla(shell), new CommandLine.IFactory() {
            @Override
            public <K> K create(Class<K> type) throws Exception {
                for (Constructor<?> c : type.getDeclaredConstructors()) {
                    if (c.getParameterCount() != 1 || c.getParameterTypes()[0] != Shell.class) continue;
                    c.setAccessible(true);
                    return type.cast(c.newInstance(shell));
                }
                return CommandLine.defaultFactory().create(type);
            }
        });
        command.registerConverter(int.class, text -> whole(text, Integer::valueOf));
        command.registerConverter(Integer.class, text -> whole(text, Integer::valueOf));
        command.registerConverter(Long.class, text -> whole(text, Long::valueOf));
        command.setOut(new PrintWriter(terminal.out(), true));
        command.setErr(new PrintWriter(terminal.err(), true));
        command.setColorScheme(CommandLine.Help.defaultColorScheme(
                terminal.colour(terminal.outIsTty()) ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF));
        command.setUsageHelpAutoWidth(false);
        command.setUsageHelpWidth(Math.max(80, Math.min(120, terminal.columns())));
        command.setParameterExceptionHandler((e, ignored) -> Errors.print(terminal, Errors.usage(e)));
        command.setExecutionExceptionHandler((e, ignored, parsed) -> {
            if (e instanceof UserError known) return Errors.print(terminal, known);
            if (terminal.env("FLOTILLA_TRACE").isPresent()) e.printStackTrace(terminal.err());
            return Errors.print(terminal, e instanceof java.io.IOException io ? disk(io) : Errors.bug(e));
        });
        return command.execute(args);
    }

    private static <N> N whole(String text, Function<String, N> parse) {
        try {
            return parse.apply(text);
        } catch (NumberFormatException e) {
            throw new CommandLine.TypeConversionException("a whole number is wanted, and not too large a one");
        }
    }

    private static UserError disk(java.io.IOException e) {
        return new UserError(
                Exit.FAILED,
                "a file could not be read or written",
                e.toString(),
                "look at the path, its permissions and the free space");
    }
}
