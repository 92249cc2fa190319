package dev.flotilla.agent.app;

import dev.flotilla.agent.probe.Chosen;
import dev.flotilla.agent.probe.Hardware;
import dev.flotilla.agent.probe.Profiles;
import dev.flotilla.model.Exit;
import dev.flotilla.model.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** The options that say how the agent behaves on this machine. */
final class Choice {
    /** Where the package puts it, so that {@code run} and {@code profile} mean the same file. */
    private static final Path USUAL_SITE = Path.of("/etc/flotilla/agent.yaml");

    @Option(
            names = "--slots",
            paramLabel = "N",
            description = "Tasks at a time, 1 to 1024. Default: what the profile says.")
    private Integer slots;

    @Option(
            names = "--profile",
            paramLabel = "NAME",
            description = "The class of device, a file of firmware-profiles. Default: the one that fits this machine.")
    private String profile;

    @Option(
            names = "--site",
            paramLabel = "FILE",
            description =
                    "What holds here instead of what the profile says. Default: /etc/flotilla/agent.yaml, if it is there.")
    private Path site;

    /** @throws UserError if that cannot be done, or a file is wrong, with its line and field */
    Chosen chosen() {
        if (slots != null && (slots < 1 || slots > 1024)) {
            throw new UserError(
                    Exit.USAGE,
                    "--slots " + slots + " is no number of slots",
                    "a device has 1 to 1024 slots",
                    "flotilla-agent run --slots 2 ...");
        }
        try {
            String folder = System.getProperty("flotilla.profiles");
            Profiles profiles = folder == null ? Profiles.shipped() : Profiles.in(Path.of(folder));
            return profiles.choose(
                    Hardware.at(Path.of("/")),
                    Optional.ofNullable(profile),
                    site != null || Files.exists(USUAL_SITE)
                            ? Optional.of(site == null ? USUAL_SITE : site)
                            : Optional.empty(),
                    slots == null ? OptionalInt.empty() : OptionalInt.of(slots),
                    Runtime.getRuntime().availableProcessors());
        } catch (IOException e) {
            throw new UserError(
                    Exit.FAILED,
                    "the agent cannot find out which profile fits",
                    e.toString(),
                    "install the agent again, or mount /proc");
        }
    }
}
