/**
 * The verbs of {@code flotilla token}: make, list and revoke what devices join with. In: words and the controller's replies. Out: a token, tables.
 * One thread. Start at {@link dev.flotilla.controller.cli.token.TokenCommand}.
 */
package dev.flotilla.controller.cli.token;
