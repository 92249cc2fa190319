/**
 * Commands about contexts, the controllers that this user knows. In: names. Out: the current one, changed. Threads: one command's. Start at
 * {@link dev.flotilla.controller.cli.context.ContextCommand}.
 */
package dev.flotilla.controller.cli.context;
