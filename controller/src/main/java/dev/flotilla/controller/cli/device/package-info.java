/**
 * Commands about devices: {@code DeviceList} is {@code flotilla device list}. In: ids. Out: what the controller knows of them; device files.
 * Threads: one command's. Start at {@link dev.flotilla.controller.cli.device.DeviceCommand}.
 */
package dev.flotilla.controller.cli.device;
