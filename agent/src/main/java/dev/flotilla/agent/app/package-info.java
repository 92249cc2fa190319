/**
 * The agent's process: main, wiring, signals. In: a device file, the broker's messages, the profile of this machine. Out: envelopes, started
 * tasks, an exit code. Threads: the loop's, the carrier's, the executor's, one for files, one that measures. Start at
 * {@link dev.flotilla.agent.app.AgentApp}.
 */
package dev.flotilla.agent.app;
