/**
 * How commands look: tables, bars, words for numbers and spans, errors in three lines. In: values. Out: text for a terminal or a pipe.
 * Threads: one command's. Start at {@link dev.flotilla.controller.cli.ui.Terminal}.
 */
package dev.flotilla.controller.cli.ui;
