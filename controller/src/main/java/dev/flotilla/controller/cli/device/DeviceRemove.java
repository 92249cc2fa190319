package dev.flotilla.controller.cli.device;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla device remove}. */
@Command(
        name = "remove",
        description = {
            "Take a device out of the fleet, at once: its session ends, and nothing that it says or shows counts any more.",
            "What it worked on is placed again; one-time work that it had a permit for needs your decision."
        },
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla device remove shop-17",
            "  flotilla token create --replaces shop-17          for a new card in its place"
        })
public final class DeviceRemove implements Callable<Integer> {
    private final Shell shell;

    @Parameters(paramLabel = "DEVICE", description = "Its whole id.")
    String device;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    DeviceRemove(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        ObjectNode reply = shell.ask("device.remove", Replies.object().put("device", device));
        if (json) shell.json(reply);
        else if (reply.path("was_known").asBoolean())
            shell.terminal()
                    .say("removed " + reply.path("removed").asText()
                            + "; if it still has a token that is open, it can join as another: flotilla token list");
        else
            shell.terminal()
                    .say(reply.path("removed").asText()
                            + " was never met; a file that was made for it counts for nothing from now on."
                            + " flotilla device list shows who was");
        return 0;
    }
}
