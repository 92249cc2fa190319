package dev.flotilla.controller.cli.local;

import com.fasterxml.jackson.databind.JsonNode;
import dev.flotilla.controller.cli.shell.AdminClient;
import dev.flotilla.controller.cli.shell.Context;
import dev.flotilla.controller.cli.shell.Contexts;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Exit;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.UserError;
import dev.flotilla.security.DeviceFile;
import dev.flotilla.security.RootSecret;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * A controller with its broker and some agents, each a process. {@link #close} ends them and leaves nothing behind but a folder that the user gave;
 * it may be called by a shutdown hook while {@link #start} is still under way.
 */
public final class Fleet implements AutoCloseable {
    private static final List<String> NAMES =
            List.of("oak", "elm", "ash", "fir", "yew", "bay", "fig", "box", "asp", "gum");
    private static final Duration READY = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(30);

    private final FleetName name;
    private final Path folder;
    private final boolean kept;
    private final List<Child> agents = new ArrayList<>();
    private Child controller;
    private Context context;
    private boolean closed;

    /**
     * A fleet that is not started yet.
     *
     * @param data  keeps what it knows; empty: in a fresh folder that goes with it
     */
    public Fleet(FleetName name, Optional<Path> data) throws IOException {
        this.name = name;
        kept = data.isPresent();
        folder = kept ? Files.createDirectories(data.get().toAbsolutePath()) : Files.createTempDirectory("flotilla-");
        for (String part : List.of("log", "tmp", "agents")) Files.createDirectories(folder.resolve(part));
    }

    /** Starts the controller. @param port  of its broker, 0 for a free one. @throws UserError with the end of its log, if it does not start */
    public void startController(int port) throws IOException {
        Path config = folder.resolve("config");
        delete(config);
        List<String> command = List.of(
                "controller",
                "--data",
                folder.resolve("controller").toString(),
                "--fleet",
                name.value(),
                "--port",
                String.valueOf(port),
                "--until-stdin-closes");
        synchronized (this) {
            if (closed) return;
            controller = new Child("controller", command, folder, config);
        }
        controller.awaitFirstLine();
        context = new Contexts(config).read(name.value());
    }

    /** Starts so many agents, the n-th labelled {@code n=...}. */
    public void startAgents(int count) throws IOException {
        RootSecret root = RootSecret.at(folder.resolve("controller").resolve("root.secret"));
        for (int n = 1; n <= count; n++) {
            String id = n <= NAMES.size() ? NAMES.get(n - 1) : "agent-" + n;
            DeviceFile.of(root, name, new DeviceId(id), context.broker()).write(deviceFile(id));
            List<String> command = List.of(
                    "agent",
                    "--device-file",
                    deviceFile(id).toString(),
                    "--data",
                    agentData(id).toString(),
                    "--label",
                    "n=" + n,
                    "--until-stdin-closes");
            synchronized (this) {
                if (closed) return;
                agents.add(new Child(id, command, folder, folder.resolve("config")));
            }
        }
    }

    public Path deviceFile(String id) {
        return folder.resolve("agents").resolve(id + ".device.json");
    }

    public Path agentData(String id) {
        return folder.resolve("agents").resolve(id);
    }

    /** Waits until the controller has met every agent. @throws UserError if one has ended, or it takes too long */
    public void awaitAgents(AdminClient client, Consumer<Integer> met) {
        long end = System.nanoTime() + READY.toNanos();
        while (true) {
            TreeSet<String> ready = new TreeSet<>();
            for (JsonNode d : client.ask("device.list", Replies.object()).path("devices")) {
                if (d.path("state").asText().equals("ready"))
                    ready.add(d.path("device").asText());
            }
            List<Child> absent =
                    agents.stream().filter(a -> !ready.contains(a.name())).toList();
            met.accept(agents.size() - absent.size());
            if (absent.isEmpty()) return;
            for (Child agent : absent) if (!agent.alive()) throw agent.failed("the agent " + agent.name() + " ended");
            if (System.nanoTime() > end)
                throw absent.get(0)
                        .failed("the agent " + absent.get(0).name() + " was not met within " + READY.toSeconds()
                                + " s");
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(POLL.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserError(Exit.INTERRUPTED, "interrupted", "the command was ended from outside", "run it again");
        }
    }

    /** How to reach its controller. */
    public Context context() {
        return context;
    }

    public Path folder() {
        return folder;
    }

    public Child controller() {
        return controller;
    }

    public List<Child> agents() {
        return List.copyOf(agents);
    }

    /** Starts an agent again that has ended: the same device on the same data. */
    public Child again(Child ended) throws IOException {
        synchronized (this) {
            if (closed) return ended;
            Child started = ended.again();
            agents.set(agents.indexOf(ended), started);
            return started;
        }
    }

    /** Ends every process: at once where their data goes with them, as by SIGTERM where it is kept. */
    @Override
    public void close() {
        List<Child> all;
        synchronized (this) {
            if (closed) return;
            closed = true;
            all = new ArrayList<>(agents);
            if (controller != null) all.add(controller);
        }
        for (Child child : all) child.stop(!kept);
        for (Child child : all) child.awaitEnd();
        try {
            delete(kept ? folder.resolve("tmp") : folder);
            if (kept) delete(folder.resolve("config"));
        } catch (IOException e) {
            throw new UserError(Exit.FAILED, "not everything was cleared away", e.toString(), "remove " + folder);
        }
    }

    private static void delete(Path path) throws IOException {
        if (!Files.exists(path)) return;
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) return FileVisitResult.CONTINUE;
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, IOException e) throws IOException {
                Files.deleteIfExists(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
