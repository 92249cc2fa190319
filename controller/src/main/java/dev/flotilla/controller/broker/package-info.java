/**
 * The embedded broker, HiveMQ CE in memory mode, on loopback: a pipe that knows each client and what it may touch (PROTOCOL sections 2 and 9).
 * In: connections; the word of an Authority on each. Out: nothing but MQTT. Threads: the broker's own, some twenty. Start at
 * {@link dev.flotilla.controller.broker.EmbeddedBroker}.
 */
package dev.flotilla.controller.broker;
