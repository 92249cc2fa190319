package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.AdminClient;
import dev.flotilla.controller.cli.shell.Contexts;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.model.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * A controller and its agents as processes of what the tarballs hold, all their files in one folder. The tests look at it over the
 * admin service, as any client may, since a JVM for each look would take most of their time.
 */
final class TestFleet implements AutoCloseable {
    private final Path folder;
    private final TreeMap<String, String> environment = new TreeMap<>();
    private final TreeMap<String, Process> running = new TreeMap<>();
    private final TreeMap<String, List<String>> commands = new TreeMap<>();
    private final TreeMap<String, Map<String, String>> archives = new TreeMap<>();
    private String agentLauncher = Installed.flotillaAgent();
    private BiFunction<String, List<String>, List<String>> place = (name, command) -> command;
    private Function<String, Map<String, String>> sharing = SharedClasses::environment;
    private AdminClient admin;

    TestFleet(Path folder) throws IOException {
        this.folder = folder;
        Files.createDirectories(folder.resolve("tmp"));
        environment.put("FLOTILLA_CONFIG", folder.resolve("config").toString());
        environment.put("FLOTILLA_TMP", folder.resolve("tmp").toString());
    }

    /** Agents that leave a line for each start of a task (SideEffects), from the next one on. */
    TestFleet leavingLinesIn(SideEffects effects) {
        agentLauncher = SideEffects.launcher();
        environment.putAll(effects.environment());
        return this;
    }

    /** Processes start with the command that this makes of their name and their usual command. */
    TestFleet placed(BiFunction<String, List<String>, List<String>> place) {
        this.place = place;
        return this;
    }

    /** Processes get what this adds to the environment for their launcher, instead of an archive of their classes. */
    TestFleet sharing(Function<String, Map<String, String>> sharing) {
        this.sharing = sharing;
        return this;
    }

    static int freePort() {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return free.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Map<String, String> environment() {
        return environment;
    }

    Path folder() {
        return folder;
    }

    Path data() {
        return folder.resolve("controller");
    }

    /** Starts the controller, with these words behind {@code --data}, and waits until it answers. */
    TestFleet controller(String... words) {
        List<String> command = new ArrayList<>(
                List.of(Installed.flotilla(), "controller", "--fleet", "it", "--data", data().toString()));
        command.addAll(List.of(words));
        start("controller", command);
        awaitController();
        return this;
    }

    /** Waits until a controller that was started takes clients. */
    void awaitController() {
        String ready = "controller of fleet it";
        Command.await(ready, () -> said("controller").contains(ready) || ended("controller"));
        assertTrue(said("controller").contains(ready), () -> said("controller"));
    }

    /** Makes a device of that name, with these words of {@code device create}, and starts its agent. */
    TestFleet agent(String id, String... words) {
        List<String> create = new ArrayList<>(List.of("device", "create", id, "--data", data().toString(), "-o"));
        create.add(folder.resolve(id + ".json").toString());
        create.addAll(List.of(words));
        flotilla(create.toArray(String[]::new)).succeeded();
        start(
                id,
                List.of(
                        agentLauncher,
                        "run",
                        "--device-file",
                        folder.resolve(id + ".json").toString(),
                        "--data",
                        folder.resolve(id).toString(),
                        "--label",
                        "name=" + id,
                        "--slots",
                        "2"));
        return this;
    }

    /** Starts a process of that name. */
    void start(String name, List<String> command) {
        commands.put(name, place.apply(name, command));
        archives.put(name, sharing.apply(command.get(0)));
        again(name);
    }

    List<String> words(String name) {
        return commands.get(name);
    }

    /** Starts a process that has ended, with the same words; {@code before} them stands a program that becomes it, say strace. */
    void again(String name, String... before) {
        List<String> words = new ArrayList<>(List.of(before));
        words.addAll(commands.get(name));
        ProcessBuilder builder = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.to(log(name).toFile()));
        builder.environment().putAll(environment);
        builder.environment().putAll(archives.get(name));
        try {
            running.put(name, builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts again what of these has ended, and waits until the controller has met them all. */
    void ready(String... agents) {
        for (String agent : agents) if (ended(agent)) again(agent);
        Command.await(List.of(agents) + " are ready", () -> {
            List<String> ready = new ArrayList<>();
            for (JsonNode device : ask("device.list", "{}").path("devices")) {
                if (device.path("state").asText().equals("ready"))
                    ready.add(device.path("device").asText());
            }
            return ready.containsAll(Arrays.asList(agents));
        });
    }

    /** SIGKILL. */
    void kill(String name) {
        try {
            running.get(name).destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    long pid(String name) {
        return running.get(name).pid();
    }

    /** The thread that commits, of a process that may just have been started. */
    String loop(String name) {
        AtomicReference<String> loop = new AtomicReference<>();
        Command.await(name + " has a loop", () -> {
            try (DirectoryStream<Path> tasks =
                    Files.newDirectoryStream(Path.of("/proc", String.valueOf(pid(name)), "task"))) {
                for (Path task : tasks)
                    if (Files.readString(task.resolve("comm")).strip().equals("loop"))
                        loop.set(task.getFileName().toString());
            } catch (IOException | DirectoryIteratorException aThreadHasEnded) {
                return false;
            }
            return loop.get() != null;
        });
        return loop.get();
    }

    /** Sends a signal, say {@code STOP}. */
    void signal(String name, String signal) {
        Command.run(
                        Map.of(),
                        List.of(
                                "kill",
                                "-" + signal,
                                String.valueOf(running.get(name).pid())))
                .succeeded();
    }

    /** The exit code, once it has ended. */
    int exit(String name) {
        Command.await(name + " ends", () -> ended(name));
        return running.get(name).exitValue();
    }

    boolean ended(String name) {
        return !running.get(name).isAlive();
    }

    private Path log(String name) {
        return folder.resolve(name + ".log");
    }

    /** What it has said since its last start. */
    String said(String name) {
        try {
            return Files.readString(log(name), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs the CLI to its end. */
    Command flotilla(String... words) {
        List<String> command = new ArrayList<>(List.of(Installed.flotilla()));
        command.addAll(List.of(words));
        return Command.run(environment, command);
    }

    /** What the CLI prints with {@code --json}, whatever its exit code. */
    JsonNode json(String... words) {
        Command command = flotilla(words);
        try {
            return Replies.parse(command.out().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new AssertionError(command.toString(), e);
        }
    }

    ObjectNode ask(String verb, String request) {
        return ask(verb, request, Duration.ofMinutes(1))
                .orElseThrow(() -> new AssertionError(verb + " was not answered within a minute"));
    }

    /** Empty if it was not answered in time. */
    Optional<ObjectNode> ask(String verb, String request, Duration patience) {
        try {
            if (admin == null)
                admin = AdminClient.open(new Contexts(folder.resolve("config")).read("it"), Optional.empty());
            return admin.ask(verb, Replies.parse(request.getBytes(StandardCharsets.UTF_8)), patience);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Asked in a short turn; nothing if it is refused, or not answered in time. */
    ObjectNode tried(String verb, String request) {
        try {
            return ask(verb, request, Duration.ofMillis(300)).orElseGet(JsonNodeFactory.instance::objectNode);
        } catch (UserError refused) {
            return JsonNodeFactory.instance.objectNode();
        }
    }

    /** The next question is asked over a new connection: after a broker's death the present one would first wait a while. */
    void hangUp() {
        if (admin != null) admin.close();
        admin = null;
    }

    ObjectNode ofJob(String verb, String job) {
        return ask(verb, "{\"job\": \"" + job + "\"}");
    }

    URI broker() {
        return new Contexts(folder.resolve("config")).read("it").broker();
    }

    long counted(String job) {
        return ofJob("job.result", job).at("/coverage/shards_counted").asLong();
    }

    /** Waits for a job's end. @return its result */
    ObjectNode end(String job) {
        Command.await(
                job + " ends", () -> ofJob("job.result", job).path("final").asBoolean());
        return ofJob("job.result", job);
    }

    @Override
    public void close() {
        hangUp();
        running.values().forEach(Process::destroyForcibly);
        running.values().forEach(process -> process.onExit().join());
    }
}
