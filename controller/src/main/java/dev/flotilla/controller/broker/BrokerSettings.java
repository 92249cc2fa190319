package dev.flotilla.controller.broker;

import dev.flotilla.model.FleetName;
import dev.flotilla.security.Identity;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What an embedded broker is started with.
 *
 * @param port  on loopback, without TLS; 0 for a free one
 * @param tls   where others than this machine's processes reach it; empty for nowhere
 * @param data  a directory of its own; nothing in it is worth keeping
 */
public record BrokerSettings(FleetName fleet, int port, Optional<Tls> tls, Path data, Authority authority) {
    /**
     * @param address   to listen on, {@code 0.0.0.0} for all of IPv4
     * @param port      0 for a free one
     * @param identity  the broker's; the last of its chain is the authority that clients' certificates come from
     */
    public record Tls(String address, int port, Identity identity) {}
}
