package dev.flotilla.controller.cli.token;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.model.Exit;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.Spans;
import dev.flotilla.model.UserError;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla token create}: the token alone goes to standard output. */
@Command(
        name = "create",
        description = {
            "Make a token by which devices join, and print it: once, to standard output.",
            "It is a secret until it is used. Bring it to the device as a file of mode 0600, or by a pipe; never as an argument."
        },
        footerHeading = "%nExamples%n",
        footer = {
            "  (umask 077 ; flotilla token create > flotilla.token)",
            "  flotilla token create -l site=berlin --uses 60 --approve --expires 7d > flotilla.token",
            "  flotilla token create --replaces shop-17          a new card for the same device",
            "  flotilla-agent join --token-file flotilla.token --device-file device.json          on the device"
        })
public final class TokenCreate implements Callable<Integer> {
    private final Shell shell;

    @Option(
            names = {"-l", "--label"},
            paramLabel = "K=V",
            description = "A label for whoever joins with it; may be repeated.")
    List<String> labels = List.of();

    @Option(names = "--uses", paramLabel = "N", description = "How many devices may join with it [1].")
    Long uses;

    @Option(names = "--expires", paramLabel = "SPAN", description = "How long it is good for [24h].")
    String expires;

    @Option(
            names = "--replaces",
            paramLabel = "DEVICE",
            description = "Who joins gets the name and place of that device.")
    String replaces;

    @Option(names = "--approve", description = "Who joins waits for flotilla device approve.")
    boolean approve;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    TokenCreate(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        ObjectNode request = Replies.object();
        if (uses != null) request.put("uses", uses);
        if (expires != null) request.put("expires_s", span().toSeconds());
        if (replaces != null) request.put("replaces", replaces);
        if (approve) request.put("approve", true);
        ObjectNode given = request.putObject("labels");
        for (String label : labels) {
            int at = label.indexOf('=');
            if (at < 1)
                throw new UserError(
                        Exit.USAGE,
                        Quoted.of(label) + " is no label",
                        "a label is written name=value",
                        "flotilla token create -l site=berlin");
            given.put(label.substring(0, at), label.substring(at + 1));
        }
        ObjectNode reply = shell.ask("token.create", request);
        if (json) shell.json(reply);
        else {
            shell.terminal().out().println(reply.path("token").asText());
            shell.terminal()
                    .say(
                            "token " + reply.path("id").asText() + ", good until "
                                    + reply.path("expires").asText()
                                    + "; next, on the device:  flotilla-agent join --token-file FILE --device-file device.json");
        }
        return 0;
    }

    private Duration span() {
        try {
            return Spans.parse(expires);
        } catch (IllegalArgumentException e) {
            throw new UserError(
                    Exit.USAGE, "--expires cannot be used", e.getMessage(), "flotilla token create --expires 24h");
        }
    }
}
