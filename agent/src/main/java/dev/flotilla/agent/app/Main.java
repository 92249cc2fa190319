package dev.flotilla.agent.app;

import dev.flotilla.model.Exit;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.UserError;
import dev.flotilla.security.DeviceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code flotilla-agent}. Exit codes are those of {@link Exit}; news and errors go to standard error. */
@Command(
        name = "flotilla-agent",
        version = "flotilla-agent " + AgentApp.VERSION,
        description = "Runs a fleet's tasks on this device.",
        subcommands = {Main.Run.class, Join.class, ProfileShow.class, Dump.Journal.class, Rehearsal.class},
        footer = {
            "",
            "Examples:",
            "  flotilla-agent join --token-file flotilla.token --device-file oak.json",
            "  flotilla-agent run --device-file oak.json --data /var/lib/flotilla-agent",
            "  flotilla-agent profile",
            "  flotilla-agent journal dump /var/lib/flotilla-agent",
            "  flotilla-agent run --help"
        })
public final class Main implements Callable<Integer> {
    @Option(names = "--version", versionHelp = true, description = "Print the version and exit.")
    private boolean version;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Print this help and exit.")
    private boolean help;

    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** Runs the command. @return its exit code */
    static int run(String... args) {
        CommandLine commands = new CommandLine(new Main());
        commands.setParameterExceptionHandler((e, given) -> said(new UserError(
                Exit.USAGE,
                e.getMessage(),
                "it was called as flotilla-agent " + Quoted.plain(String.join(" ", given), 200),
                e.getCommandLine().getCommandSpec().qualifiedName()
                        + " --help          shows what it takes, with examples")));
        commands.setExecutionExceptionHandler((e, command, parsed) -> {
            if (e instanceof UserError u) return said(u);
            e.printStackTrace();
            return said(new UserError(
                    Exit.FAILED, "the agent failed", e.toString(), "this is a bug: report it with the lines above"));
        });
        return commands.execute(args);
    }

    private static int said(UserError error) {
        System.err.println(error.lines());
        return error.exit().code();
    }

    /** Without a command there is nothing to do but to say so. */
    @Override
    public Integer call() {
        throw new UserError(
                Exit.USAGE,
                "no command was given",
                "there are run, join, profile and journal",
                "flotilla-agent run --help          shows what it takes, with examples");
    }

    /** {@code flotilla-agent run}. */
    @Command(
            name = "run",
            description =
                    "Runs the agent until it is stopped (Ctrl-C or SIGTERM). What it holds is kept in --data and goes on with the next start.",
            footer = {
                "",
                "Examples:",
                "  flotilla-agent run --device-file oak.json --data /var/lib/flotilla-agent",
                "  flotilla-agent run --device-file oak.json --data oak --label site=berlin --label rack=3 --slots 2",
                "",
                "Labels may also stand in the device file, as \"labels\": {\"site\": \"berlin\"}."
            })
    static final class Run implements Callable<Integer> {
        private static final Pattern LABEL = Pattern.compile("([A-Za-z0-9_.-]{1,64})=(.{1,64})");

        @Option(
                names = "--device-file",
                required = true,
                paramLabel = "FILE",
                description = "Who this device is: fleet, broker, keys. Mode 0600.")
        private Path deviceFile;

        @Option(
                names = "--data",
                required = true,
                paramLabel = "DIR",
                description = "Where it keeps its redo log and artifacts; made if it is not there.")
        private Path data;

        @Option(
                names = {"-l", "--label"},
                paramLabel = "K=V",
                description = "A label that jobs can ask for; may be repeated. Beats the device file's.")
        private List<String> labels = List.of();

        @Mixin
        private Choice choice;

        @Option(names = "--until-stdin-closes", hidden = true)
        private boolean untilStdinCloses;

        @Option(
                names = {"-h", "--help"},
                usageHelp = true,
                description = "Print this help and exit.")
        private boolean help;

        @Override
        public Integer call() throws InterruptedException {
            DeviceFile device = device();
            AtomicBoolean stopping = new AtomicBoolean();
            AgentApp app = AgentApp.start(new AgentSettings(device, data, choice.chosen()));
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(
                            () -> {
                                if (!stopping.compareAndSet(false, true))
                                    return; // it ended by itself, and its exit code stands
                                app.close();
                                Runtime.getRuntime()
                                        .halt(Exit.DONE.code()); // stopped as asked: without this the JVM says 143 or
                                // 130
                            },
                            "stop"));
            if (untilStdinCloses) stopWhenStdinCloses();
            int exit = app.awaitEnd();
            if (stopping.compareAndSet(false, true)) app.close();
            return exit;
        }

        /** Whoever started this process has gone when its end of the pipe is closed, even if it was killed. */
        private static void stopWhenStdinCloses() {
            Thread waits = new Thread(
                    () -> {
                        try {
                            while (System.in.read() >= 0) {}
                        } catch (IOException gone) {
                            // No pipe any more is the same as its end.
                        }
                        System.exit(Exit.DONE.code());
                    },
                    "stdin");
            waits.setDaemon(true);
            waits.start();
        }

        private DeviceFile device() {
            try {
                if (!Files.exists(deviceFile)) throw new IOException(deviceFile + " is not there");
                DeviceFile read = DeviceFile.read(deviceFile);
                SortedMap<String, String> all = new TreeMap<>(read.labels());
                for (String label : labels) {
                    Matcher m = LABEL.matcher(label);
                    if (!m.matches()) {
                        throw new UserError(
                                Exit.USAGE,
                                Quoted.of(label) + " is no label",
                                "a label is written name=value: a name of letters, digits, _ . - and a value, each of at most 64 characters",
                                "flotilla-agent run --label site=berlin ...");
                    }
                    all.put(m.group(1), m.group(2));
                }
                return read.labelled(all);
            } catch (IOException e) {
                throw new UserError(
                        Exit.USAGE,
                        "the agent cannot use its device file",
                        e.getMessage(),
                        "flotilla-agent run --device-file FILE ...          with the file that the controller made for this device");
            }
        }
    }
}
