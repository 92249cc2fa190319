/**
 * Fuzzing, and load. In: seeds. Out: rows of the table of reliability. {@link dev.flotilla.load.SmallWorld} is a quiet world of the shipped
 * cores, in virtual time; the hostile one is in {@code dev.flotilla.sim}. Start at {@code FuzzTest}, {@code FlippedSessionTest} and
 * {@code ThousandAgentsTest}; the memory of real processes is in {@code dev.flotilla.deploy.FlatMemoryIT}.
 */
package dev.flotilla.load;
