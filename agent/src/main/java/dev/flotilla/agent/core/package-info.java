/**
 * What one device runs, keeps and says: the agent's decisions. Pure. In: orders, ends of tasks, measurements, ticks. Out: events for the redo
 * log, then reports and starts. Threads: the loop's. Start at {@code AgentCore}.
 */
package dev.flotilla.agent.core;
