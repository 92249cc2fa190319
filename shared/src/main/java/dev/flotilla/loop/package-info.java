/**
 * The one thread that touches core and journal: inputs, decisions, one commit, then the effects. In: inputs from any thread. Out: effects, to
 * {@link dev.flotilla.loop.Hands}, after the commit. Start at {@link dev.flotilla.loop.Loop}.
 */
package dev.flotilla.loop;
