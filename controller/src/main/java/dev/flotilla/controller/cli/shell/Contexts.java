package dev.flotilla.controller.cli.shell;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.ui.Terminal;
import dev.flotilla.model.Exit;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.Nearest;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.UserError;
import dev.flotilla.security.OwnerOnly;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The controllers that this user knows: one JSON file of mode 0600 each, and one file that names the current one. */
public final class Contexts {
    private static final String SUFFIX = ".json";
    private final Path folder;

    public Contexts(Path folder) {
        this.folder = folder;
    }

    /** {@code FLOTILLA_CONFIG}, else {@code XDG_CONFIG_HOME/flotilla}, else {@code ~/.config/flotilla}. */
    public static Contexts of(Terminal terminal) {
        return new Contexts(terminal.env("FLOTILLA_CONFIG")
                .map(Path::of)
                .orElseGet(() -> terminal.env("XDG_CONFIG_HOME")
                        .map(Path::of)
                        .orElseGet(
                                () -> Path.of(terminal.env("HOME").orElse(System.getProperty("user.home")), ".config"))
                        .resolve("flotilla")));
    }

    private Path file(String name) {
        return folder.resolve("contexts").resolve(name + SUFFIX);
    }

    private Path pointer() {
        return folder.resolve("current");
    }

    private Path starting() {
        return folder.resolve("starting");
    }

    /** The process that is about to write a context, as the launcher noted it: a dev that is not ready yet. */
    public Optional<ProcessHandle> beingWritten() {
        try {
            if (!Files.exists(starting())) return Optional.empty();
            String pid = Files.readString(starting()).strip();
            return pid.matches("[0-9]{1,9}")
                    ? ProcessHandle.of(Long.parseLong(pid)).filter(ProcessHandle::isAlive)
                    : Optional.empty();
        } catch (NoSuchFileException ready) {
            return Optional.empty();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** This process is ready, or ends: nobody waits for it any more. */
    public void written() throws IOException {
        if (beingWritten().equals(Optional.of(ProcessHandle.current()))) Files.deleteIfExists(starting());
    }

    /** The names, sorted. */
    public List<String> names() {
        if (!Files.isDirectory(folder.resolve("contexts"))) return List.of();
        try (Stream<Path> files = Files.list(folder.resolve("contexts"))) {
            return files.map(f -> f.getFileName().toString())
                    .filter(f -> f.endsWith(SUFFIX) && !f.startsWith("."))
                    .map(f -> f.substring(0, f.length() - SUFFIX.length()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** The one that is meant where none is named: the one last used or written, or the only one. */
    public Optional<String> current() {
        List<String> names = names();
        try {
            if (Files.exists(pointer())) {
                String name = Files.readString(pointer()).strip();
                if (names.contains(name)) return Optional.of(name);
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
        return names.size() == 1 ? Optional.of(names.get(0)) : Optional.empty();
    }

    /** @throws UserError if there is none of that name */
    public Context read(String name) {
        List<String> names = names();
        if (!names.contains(name)) {
            String why = names.isEmpty()
                    ? "there are none; a controller writes one when it starts"
                    : Nearest.of(name, names)
                            .map(n -> "did you mean " + n + "?")
                            .orElse("there are " + String.join(", ", names));
            throw new UserError(
                    Exit.NOT_FOUND, "no context is called " + Quoted.plain(name, 80), why, "flotilla context list");
        }
        Path file = file(name);
        try {
            OwnerOnly.check(file);
            ObjectNode json = Replies.parse(Files.readAllBytes(file));
            return new Context(
                    new FleetName(json.path("fleet").asText()),
                    URI.create(json.path("broker").asText()),
                    json.path("user").asText(),
                    json.path("password").asText());
        } catch (IOException | IllegalArgumentException e) {
            throw new UserError(
                    Exit.NO_CONTROLLER,
                    "the context " + name + " cannot be used",
                    String.valueOf(e.getMessage()),
                    "mend or remove " + file);
        }
    }

    /** Writes one and makes it the current one. */
    public void write(String name, Context context) throws IOException {
        ObjectNode json = Replies.object();
        json.put("fleet", context.fleet().value())
                .put("broker", context.broker().toString());
        json.put("user", context.user()).put("password", context.password());
        OwnerOnly.write(file(name), Replies.bytes(json));
        use(name);
    }

    /** Makes one the current one. */
    public void use(String name) throws IOException {
        OwnerOnly.write(pointer(), (name + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Removes one; the current one is then what {@code before} names, if anything. */
    public void remove(String name, Optional<String> before) throws IOException {
        boolean current = current().equals(Optional.of(name));
        Files.deleteIfExists(file(name));
        if (!current) return;
        if (before.isPresent() && names().contains(before.get())) use(before.get());
        else Files.deleteIfExists(pointer());
    }

    private UserError unreadable(IOException e) {
        return new UserError(Exit.NO_CONTROLLER, "the contexts cannot be read", String.valueOf(e), "look at " + folder);
    }
}
