/**
 * A world for histories of a fleet: virtual time, a hostile network, a disk that forgets what was not committed. Everything comes from one
 * seed, so the same seed gives the same history. In: what should happen, and how bad the world is. Out: it happens, in order, in no time.
 * Threads: one. The histories themselves stand in deploy's tests. Start at {@link dev.flotilla.sim.Timeline}.
 */
package dev.flotilla.sim;
