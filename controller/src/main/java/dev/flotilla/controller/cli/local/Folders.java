package dev.flotilla.controller.cli.local;

import dev.flotilla.controller.cli.ui.Terminal;
import java.nio.file.Path;

/** Where this user's data lies unless a flag says otherwise. */
public final class Folders {
    private Folders() {}

    /** {@code XDG_DATA_HOME/flotilla/controller}, else {@code ~/.local/share/flotilla/controller}. */
    public static Path controllerData(Terminal terminal) {
        return terminal.env("XDG_DATA_HOME")
                .map(Path::of)
                .orElseGet(
                        () -> Path.of(terminal.env("HOME").orElse(System.getProperty("user.home")), ".local", "share"))
                .resolve("flotilla")
                .resolve("controller");
    }
}
