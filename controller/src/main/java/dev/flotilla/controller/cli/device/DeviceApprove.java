package dev.flotilla.controller.cli.device;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla device approve}. */
@Command(
        name = "approve",
        description = "Let in a device that has joined with a token that asks for approval.",
        footerHeading = "%nExamples%n",
        footer = {"  flotilla device list          shows which are pending", "  flotilla device approve shop-17"})
public final class DeviceApprove implements Callable<Integer> {
    private final Shell shell;

    @Parameters(paramLabel = "DEVICE", description = "Its whole id.")
    String device;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    DeviceApprove(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        ObjectNode reply = shell.ask("device.approve", Replies.object().put("device", device));
        if (json) shell.json(reply);
        else shell.terminal().say("approved " + reply.path("approved").asText() + "; it comes within ten seconds");
        return 0;
    }
}
