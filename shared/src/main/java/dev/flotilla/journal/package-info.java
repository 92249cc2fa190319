/**
 * The journal of both sides: batches of events in one SQLite file, chained by SHA-256, with snapshots. In: bytes. Out: the same bytes, or a
 * refusal. Threads: the loop's alone, but for read-only walks on a connection of their own. Start at {@link dev.flotilla.journal.Journal}.
 */
package dev.flotilla.journal;
