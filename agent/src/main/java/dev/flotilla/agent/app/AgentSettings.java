package dev.flotilla.agent.app;

import dev.flotilla.agent.probe.Chosen;
import dev.flotilla.security.DeviceFile;
import java.nio.file.Path;

/**
 * How to start an agent.
 *
 * @param device  who it is, where its broker is, its labels
 * @param data    its directory; made if it is not there
 * @param chosen  how it behaves on this machine
 */
public record AgentSettings(DeviceFile device, Path data, Chosen chosen) {}
