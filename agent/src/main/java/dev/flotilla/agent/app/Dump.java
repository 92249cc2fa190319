package dev.flotilla.agent.app;

import dev.flotilla.agent.core.AgentMachine;
import dev.flotilla.journal.JournalDump;
import dev.flotilla.model.Exit;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla-agent journal dump}. */
@Command(
        name = "dump",
        description = {
            "Prints an agent's redo log as NDJSON: a line for each snapshot, each batch with its events, and each damage.",
            "Of a running agent's it reads a copy. It goes on behind damage; only one that is whole gives exit code 0, else 1."
        },
        footer = {
            "",
            "Examples:",
            "  flotilla-agent journal dump /var/lib/flotilla-agent | tail -n 1",
            "  flotilla-agent journal dump DIR | jq -c '.events[]? | select(.event == \"Ended\")'",
            "  flotilla-agent journal dump DIR | jq -c 'select(.damage)'"
        })
final class Dump implements Callable<Integer> {
    @Parameters(paramLabel = "PATH", description = "A journal.db, or the data directory that holds it.")
    private Path path;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Print this help and exit.")
    private boolean help;

    /** {@code flotilla-agent journal}. */
    @Command(name = "journal", description = "Looks into an agent's redo log.", subcommands = Dump.class)
    static final class Journal {
        @Option(
                names = {"-h", "--help"},
                usageHelp = true,
                description = "Print this help and exit.")
        private boolean help;
    }

    @Override
    public Integer call() {
        boolean whole = JournalDump.write(path, new AgentMachine()::decode, System.out, System.err::println);
        return whole ? Exit.DONE.code() : Exit.FAILED.code();
    }
}
