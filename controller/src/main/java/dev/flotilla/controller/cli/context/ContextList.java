package dev.flotilla.controller.cli.context;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Context;
import dev.flotilla.controller.cli.shell.Contexts;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.cli.ui.Table;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla context list}. */
@Command(
        name = "list",
        description = "List the controllers that this user knows; a star marks the current one.",
        footerHeading = "%nExample%n",
        footer = "  flotilla context list")
public final class ContextList implements Callable<Integer> {
    private final Shell shell;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    ContextList(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        Contexts contexts = shell.contexts();
        Optional<String> current = contexts.current();
        Table table = new Table()
                .column("")
                .column("CONTEXT")
                .column("FLEET")
                .column("BROKER")
                .column("USER");
        ObjectNode reply = Replies.object();
        ArrayNode list = reply.putArray("contexts");
        for (String name : contexts.names()) {
            Context context = contexts.read(name);
            boolean is = current.equals(Optional.of(name));
            String broker = context.broker().toString();
            table.row(is ? "*" : "", name, context.fleet().value(), broker, context.user());
            list.addObject()
                    .put("context", name)
                    .put("current", is)
                    .put("fleet", context.fleet().value())
                    .put("broker", broker)
                    .put("user", context.user());
        }
        if (json) shell.json(reply);
        else if (list.isEmpty()) shell.terminal().say("no context yet; flotilla dev or flotilla controller writes one");
        else shell.print(table.lines(shell.terminal().width()));
        return 0;
    }
}
