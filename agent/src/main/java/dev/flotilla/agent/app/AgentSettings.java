package dev.flotilla.agent.app;

import dev.flotilla.security.DeviceFile;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How to start an agent.
 *
 * @param device   who it is, where its broker is, its labels
 * @param data     its directory; made if it is not there
 * @param slots    tasks at a time, 1 to 1024; empty: as its profile says
 * @param profile  name of a profile; empty: the one that fits this machine
 */
public record AgentSettings(DeviceFile device, Path data, OptionalInt slots, Optional<String> profile) {}
