package dev.flotilla.controller.cli.token;

import picocli.CommandLine.Command;

/** {@code flotilla token}. */
@Command(
        name = "token",
        description = "Make tokens by which devices join; see who has; revoke them.",
        subcommands = {TokenCreate.class, TokenList.class, TokenRevoke.class})
public final class TokenCommand {}
