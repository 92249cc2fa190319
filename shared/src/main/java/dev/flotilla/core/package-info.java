/**
 * The grammar that both cores are written in. Pure. In: an input, stamped with the time and a seed. Out: a decision, that is events (what it
 * changes) and effects (deeds for after the commit). Threads: one, the loop's. Start at {@link dev.flotilla.core.Core}.
 */
package dev.flotilla.core;
