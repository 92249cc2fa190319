/**
 * One-line logs on standard error. In: a name that never changes, keys and values. Out: a line that a person and a program can read. Threads:
 * any. Start at {@link dev.flotilla.log.Log}.
 */
package dev.flotilla.log;
