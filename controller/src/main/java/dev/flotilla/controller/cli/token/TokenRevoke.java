package dev.flotilla.controller.cli.token;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla token revoke}. */
@Command(
        name = "revoke",
        description = "Let nobody more join with a token. Who has joined stays; flotilla device remove takes one out.",
        footerHeading = "%nExample%n",
        footer = "  flotilla token revoke 5b83f1d0c2a94e67")
public final class TokenRevoke implements Callable<Integer> {
    private final Shell shell;

    @Parameters(paramLabel = "TOKEN", description = "The token's id, as token list shows it.")
    String token;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    TokenRevoke(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        ObjectNode reply = shell.ask("token.revoke", Replies.object().put("token", token));
        if (json) shell.json(reply);
        else shell.terminal().say("revoked " + reply.path("revoked").asText());
        return 0;
    }
}
