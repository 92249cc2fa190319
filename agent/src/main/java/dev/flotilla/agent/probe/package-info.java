/**
 * What the device is and how it fares: its profile, load, memory, temperature, speed. In: /proc, /sys, the profiles in firmware-profiles. Out:
 * {@link dev.flotilla.model.Capacity}. Threads: one that measures, or the caller's. Start at {@link dev.flotilla.agent.probe.Probe}.
 */
package dev.flotilla.agent.probe;
