package dev.flotilla.controller.app;

import dev.flotilla.model.FleetName;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How to start a controller.
 *
 * @param data      its directory; made if it is not there
 * @param port      of the embedded broker, on loopback; 0 for a free one
 * @param external  a broker of the user's own instead of the embedded one
 */
public record ControllerSettings(Path data, FleetName fleet, int port, Optional<ExternalBroker> external) {}
