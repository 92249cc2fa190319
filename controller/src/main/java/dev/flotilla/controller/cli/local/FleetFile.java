package dev.flotilla.controller.cli.local;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.model.Exit;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.UserError;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a controller leaves in its data for who comes by: whose data it is and where its broker was last.
 *
 * @param devices  where devices on other machines find it, if it takes any
 */
public record FleetFile(FleetName fleet, URI broker, Optional<URI> devices) {
    public static Path in(Path data) {
        return data.resolve("fleet.json");
    }

    /** @throws UserError if it cannot be read */
    public static FleetFile read(Path data) {
        try {
            ObjectNode json = Replies.parse(Files.readAllBytes(in(data)));
            return new FleetFile(
                    new FleetName(json.path("fleet").asText()),
                    URI.create(json.path("broker").asText()),
                    Optional.of(json.path("devices").asText())
                            .filter(uri -> !uri.isEmpty())
                            .map(URI::create));
        } catch (IOException | IllegalArgumentException e) {
            throw new UserError(
                    Exit.FAILED,
                    in(data) + " cannot be read",
                    String.valueOf(e.getMessage()),
                    "start the controller on it: it writes the file again");
        }
    }
}
