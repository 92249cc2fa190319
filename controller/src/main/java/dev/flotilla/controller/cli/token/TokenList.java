package dev.flotilla.controller.cli.token;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.cli.ui.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla token list}. */
@Command(
        name = "list",
        description =
                "List the tokens that were made, without their secrets: which are open, and who has joined with each.",
        footerHeading = "%nExample%n",
        footer = "  flotilla token list")
public final class TokenList implements Callable<Integer> {
    private final Shell shell;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    TokenList(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        ObjectNode reply = shell.ask("token.list", Replies.object());
        if (json) shell.json(reply);
        else if (reply.path("tokens").isEmpty())
            shell.terminal().say("no token was made; flotilla token create makes one");
        else shell.print(table(reply, shell.terminal().width()));
        return 0;
    }

    private static List<String> table(ObjectNode reply, int width) {
        Table table = new Table()
                .column("TOKEN")
                .column("STATE")
                .number("USED")
                .column("EXPIRES")
                .column("APPROVE")
                .flexible("REPLACES")
                .flexible("LABELS")
                .flexible("DEVICES");
        for (JsonNode t : reply.path("tokens")) {
            List<String> labels = new ArrayList<>();
            t.path("labels")
                    .properties()
                    .forEach(e -> labels.add(e.getKey() + "=" + e.getValue().asText()));
            List<String> devices = new ArrayList<>();
            t.path("devices").forEach(d -> devices.add(d.asText()));
            table.row(
                    t.path("token").asText(),
                    t.path("state").asText(),
                    t.path("used").asText() + "/" + t.path("uses").asText(),
                    t.path("expires").asText(),
                    t.path("approve").asBoolean() ? "yes" : "-",
                    t.path("replaces").isTextual() ? t.path("replaces").asText() : "-",
                    labels.isEmpty() ? "-" : String.join(",", labels),
                    devices.isEmpty() ? "-" : String.join(",", devices));
        }
        return table.lines(width);
    }
}
