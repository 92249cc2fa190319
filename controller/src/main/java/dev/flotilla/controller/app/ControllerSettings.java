package dev.flotilla.controller.app;

import dev.flotilla.model.FleetName;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How to start a controller.
 *
 * @param data      its directory; made if it is not there
 * @param port      of the embedded broker, on loopback; 0 for a free one
 * @param listen    where the embedded broker takes devices from elsewhere, with TLS
 * @param external  a broker of the user's own instead of the embedded one
 */
public record ControllerSettings(
        Path data, FleetName fleet, int port, Optional<Listen> listen, Optional<ExternalBroker> external) {
    /**
     * @param address  of this machine, {@code 0.0.0.0} for all of IPv4
     * @param port     0 for a free one
     * @param host     the name or address by which devices reach this machine
     */
    public record Listen(String address, int port, String host) {}
}
