/**
 * The face of the product: {@code flotilla}. One class a command, {@code cli.noun.NounVerb}. In: words and files. Out: data on stdout, progress and
 * hints on stderr, an exit code of {@link dev.flotilla.model.Exit}. It speaks docs/admin-api.md to the controller and nothing else. Threads: one
 * command's. Start at {@link dev.flotilla.controller.cli.Main}.
 */
package dev.flotilla.controller.cli;
