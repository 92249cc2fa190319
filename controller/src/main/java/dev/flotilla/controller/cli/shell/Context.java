package dev.flotilla.controller.cli.shell;

import dev.flotilla.model.FleetName;
import java.net.URI;

/**
 * How to reach one controller.
 *
 * @param user      at the broker; empty for none
 * @param password  a secret; empty for none
 */
public record Context(FleetName fleet, URI broker, String user, String password) {
    /** Without its secret. */
    @Override
    public String toString() {
        return fleet + " at " + broker;
    }
}
