/**
 * Measurements of what users run: real processes, real files, a real broker. In: the launcher. Out: figures on stdout, each also as a ratio to a
 * floor measured in the same run. Start at {@link dev.flotilla.bench.SpineBench}.
 */
package dev.flotilla.bench;
