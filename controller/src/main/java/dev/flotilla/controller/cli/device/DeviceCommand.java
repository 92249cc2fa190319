package dev.flotilla.controller.cli.device;

import picocli.CommandLine.Command;

/** {@code flotilla device}. */
@Command(
        name = "device",
        description = "See the devices of the fleet; let them in, take them out; make device files.",
        subcommands = {DeviceList.class, DeviceShow.class, DeviceCreate.class, DeviceApprove.class, DeviceRemove.class})
public final class DeviceCommand {}
