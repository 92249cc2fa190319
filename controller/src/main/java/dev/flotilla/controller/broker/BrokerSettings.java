package dev.flotilla.controller.broker;

import dev.flotilla.model.FleetName;
import java.nio.file.Path;

/**
 * What an embedded broker is started with.
 *
 * @param port  on loopback; 0 for a free one
 * @param data  a directory of its own; nothing in it is worth keeping
 */
public record BrokerSettings(FleetName fleet, int port, Path data, Authority authority) {}
