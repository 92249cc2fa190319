/**
 * {@code flotilla journal}: the recovery log for people, read from its file. In: a path. Out: NDJSON. Threads: the command's own. Start at
 * {@link dev.flotilla.controller.cli.journal.JournalDumpCommand}.
 */
package dev.flotilla.controller.cli.journal;
