package dev.flotilla.controller.cli.context;

import picocli.CommandLine.Command;

/** {@code flotilla context}. */
@Command(
        name = "context",
        description = "Which controllers this user knows, and which one is meant.",
        subcommands = {ContextList.class, ContextUse.class})
public final class ContextCommand {}
