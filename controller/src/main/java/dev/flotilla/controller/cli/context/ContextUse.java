package dev.flotilla.controller.cli.context;

import dev.flotilla.controller.cli.shell.Contexts;
import dev.flotilla.controller.cli.shell.Shell;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code flotilla context use}. */
@Command(
        name = "use",
        description = "Make a context the current one: it is meant where --context and FLOTILLA_CONTEXT name none.",
        footerHeading = "%nExample%n",
        footer = "  flotilla context use farm")
public final class ContextUse implements Callable<Integer> {
    private final Shell shell;

    @Parameters(paramLabel = "NAME", description = "One of flotilla context list.")
    String name;

    ContextUse(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws IOException {
        Contexts contexts = shell.contexts();
        contexts.read(name);
        contexts.use(name);
        shell.terminal().say("commands now speak to " + name);
        return 0;
    }
}
