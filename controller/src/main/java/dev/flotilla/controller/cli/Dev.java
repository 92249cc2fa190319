package dev.flotilla.controller.cli;

import dev.flotilla.controller.cli.local.Child;
import dev.flotilla.controller.cli.local.Fleet;
import dev.flotilla.controller.cli.local.Stop;
import dev.flotilla.controller.cli.shell.AdminClient;
import dev.flotilla.controller.cli.shell.Context;
import dev.flotilla.controller.cli.shell.Contexts;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.cli.ui.Progress;
import dev.flotilla.model.Exit;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.UserError;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla dev}. */
@Command(
        name = "dev",
        description = {
            "Run a fleet on this machine until Ctrl-C: a controller with its broker and some agents, each a process of its own.",
            "The broker listens on 127.0.0.1 alone. The n-th agent has the label n=..."
        },
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla dev --agents 4",
            "  flotilla dev --data fleet          keeps jobs and devices in that folder for the next time"
        })
public final class Dev implements Callable<Integer> {
    private static final int MOST_AGENTS = 64;
    private final Shell shell;

    @Option(names = "--agents", paramLabel = "N", description = "How many agents, at most 64 [4].")
    int agents = 4;

    @Option(names = "--port", paramLabel = "N", description = "Of the broker [a free one].")
    int port;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Keep everything in this folder [a fresh one that is removed at the end].")
    Path data;

    Dev(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws Exception {
        if (agents < 0 || agents > MOST_AGENTS)
            throw new UserError(
                    Exit.USAGE,
                    "--agents cannot be used",
                    "a fleet on one machine has 0 to " + MOST_AGENTS + " agents, not " + agents,
                    "flotilla dev --agents 4");
        Contexts contexts = shell.contexts();
        Optional<String> before = contexts.current();
        String name = freeName(contexts);
        Fleet fleet = new Fleet(new FleetName("dev"), Optional.ofNullable(data));
        Runnable end = () -> {
            fleet.close();
            try {
                contexts.written();
                if (contexts.names().contains(name)) contexts.remove(name, before);
            } catch (IOException e) {
                shell.terminal().say("warning: the context " + name + " was not removed: " + e.getMessage());
            }
        };
        Stop.onSignal(Exit.DONE, () -> {
            end.run();
            shell.terminal()
                    .say("stopped"
                            + (data == null
                                    ? ", nothing is left behind"
                                    : "; " + fleet.folder() + " keeps its jobs and devices"));
        });
        try {
            start(fleet);
            contexts.write(name, fleet.context());
            contexts.written();
            hello(fleet, name);
            return watch(fleet);
        } finally {
            Stop.itself(end);
        }
    }

    /** The context's name: dev, unless another dev runs under it. */
    private static String freeName(Contexts contexts) {
        String name = "dev";
        for (int n = 2; contexts.names().contains(name) && answers(contexts.read(name)); n++) name = "dev-" + n;
        return name;
    }

    private static boolean answers(Context context) {
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(
                            context.broker().getHost(), context.broker().getPort()),
                    500);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void start(Fleet fleet) throws IOException {
        try (Progress progress = new Progress(shell.terminal())) {
            progress.note("starting a controller and " + agents + " agents");
            progress.at(0, agents + 1, "controller");
            fleet.startController(port);
            progress.at(1, agents + 1, "agents");
            fleet.startAgents(agents);
            try (AdminClient client = AdminClient.open(fleet.context(), Optional.empty())) {
                fleet.awaitAgents(client, met -> progress.at(1 + met, agents + 1, "agents " + met + "/" + agents));
            }
        }
    }

    private void hello(Fleet fleet, String name) {
        var out = shell.terminal().out();
        out.println("fleet dev is ready: broker " + fleet.context().broker() + " (loopback only), context " + name
                + ", now the current one");
        out.println("controller  pid " + fleet.controller().pid() + "  log "
                + fleet.controller().log());
        for (Child agent : fleet.agents())
            out.println(String.format("%-10s  pid %d  log %s", agent.name(), agent.pid(), agent.log()));
        out.println();
        out.println("from another terminal:");
        out.println("  flotilla run sum --range 0..1000000 --shards 4");
        out.println("  flotilla device list");
        out.println("Ctrl-C stops everything.");
    }

    /** Until the controller ends, which only a failure makes it do; an agent that ends is told. */
    private int watch(Fleet fleet) throws IOException, InterruptedException {
        BlockingQueue<Child> ended = new LinkedBlockingQueue<>();
        fleet.agents().forEach(agent -> agent.ended().thenRun(() -> ended.add(agent)));
        fleet.controller().ended().thenRun(() -> ended.add(fleet.controller()));
        while (true) {
            Child child = ended.take();
            int code = child.ended().join();
            // Ctrl-C reaches every process of a terminal at once: then the children end first, as they should.
            if (Stop.soon()) return Exit.DONE.code();
            if (child == fleet.controller()) throw child.failed("the controller ended with exit code " + code);
            shell.terminal()
                    .say("agent " + child.name() + " ended with exit code " + code + (code == 137 ? " (killed)" : "")
                            + "; what it held waits for it. Start it again:");
            shell.terminal()
                    .say("  flotilla agent --device-file " + fleet.deviceFile(child.name()) + " --data "
                            + fleet.agentData(child.name()));
        }
    }
}
