package dev.flotilla.controller.cli.journal;

import picocli.CommandLine.Command;

/** {@code flotilla journal}. */
@Command(
        name = "journal",
        description = "Look into a controller's recovery log.",
        subcommands = JournalDumpCommand.class)
public final class JournalCommand {}
