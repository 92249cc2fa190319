package dev.flotilla.controller.app;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/** A broker of the user's own. */
public record ExternalBroker(URI broker, Optional<String> user, Optional<Path> passwordFile) {}
