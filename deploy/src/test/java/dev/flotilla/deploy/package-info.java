/**
 * Tests that run what users install: the tarballs are unpacked, and their launchers, their processes and real brokers do what the
 * documents say. Those named {@code ...IT} need the tarballs and run in Maven's {@code verify}. Where a broker or Docker is not
 * there, its tests are skipped with one loud line, and fail if {@code CI} is {@code true}. Start at {@code FleetProcessesIT}.
 */
package dev.flotilla.deploy;
