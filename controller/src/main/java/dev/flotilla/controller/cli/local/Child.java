package dev.flotilla.controller.cli.local;

import dev.flotilla.model.Exit;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.UserError;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One process of a fleet on this machine, started by the same launcher. It ends when its standard input closes, so that none outlives the process that
 * started it, even if that one is killed. What it says goes to a file of its own.
 */
public final class Child {
    private static final int TAIL = 12;
    private static final long STOP_SECONDS = 10;
    private static final long START_SECONDS = 60;

    private final String name;
    private final List<String> command;
    private final Path folder;
    private final Path config;
    private final Path log;
    private final Process process;

    /**
     * Starts it.
     *
     * @param command  the launcher's arguments
     * @param folder   of the fleet: logs and temporary files go there
     * @param config   where it keeps contexts, apart from the user's own
     */
    Child(String name, List<String> command, Path folder, Path config) throws IOException {
        this.name = name;
        this.command = command;
        this.folder = folder;
        this.config = config;
        log = folder.resolve("log").resolve(name + ".log");
        String launcher = System.getProperty("flotilla.launcher");
        if (launcher == null)
            throw new UserError(
                    Exit.FAILED,
                    "the processes of the fleet cannot be started",
                    "this program was not started by the launcher",
                    "./flotilla");
        List<String> words = new java.util.ArrayList<>(List.of(launcher));
        words.addAll(command);
        ProcessBuilder builder =
                new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("FLOTILLA_CONFIG", config.toString());
        builder.environment().put("FLOTILLA_TMP", folder.resolve("tmp").toString());
        process = builder.start();
    }

    /** The same again. */
    Child again() throws IOException {
        return new Child(name, command, folder, config);
    }

    public String name() {
        return name;
    }

    public long pid() {
        return process.pid();
    }

    public boolean alive() {
        return process.isAlive();
    }

    public Path log() {
        return log;
    }

    /** Completes with its exit code when it has ended. */
    public CompletableFuture<Integer> ended() {
        return process.onExit().thenApply(Process::exitValue);
    }

    /** Ends it as a power cut would. */
    public void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    void stop(boolean atOnce) {
        if (atOnce) process.destroyForcibly();
        else process.destroy();
    }

    void awaitEnd() {
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS))
                process.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for its first line on stdout: that it is ready. @throws UserError if it ends before, or takes too long */
    void awaitFirstLine() {
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        CompletableFuture<Boolean> line = CompletableFuture.supplyAsync(() -> {
            try {
                return out.readLine() != null;
            } catch (IOException e) {
                return false;
            }
        });
        try {
            if (line.get(START_SECONDS, TimeUnit.SECONDS)) return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            throw failed("the " + name + " did not get ready within " + START_SECONDS + " s");
        }
        throw failed("the " + name + " did not start");
    }

    /** That error; if the process said one itself in three lines, that one. */
    public UserError failed(String what) {
        List<String> lines;
        try {
            lines = Files.readAllLines(log);
        } catch (IOException e) {
            lines = List.of("its log cannot be read: " + e.getMessage());
        }
        int at = lines.size() - 3;
        if (at >= 0
                && lines.get(at).startsWith("error: ")
                && lines.get(at + 1).startsWith("why:   ")
                && lines.get(at + 2).startsWith("next:  ")) {
            int code = alive() ? 1 : process.exitValue();
            Exit exit = Exit.FAILED;
            for (Exit known : Exit.values()) if (known.code() == code) exit = known;
            return new UserError(
                    exit,
                    lines.get(at).substring(7),
                    lines.get(at + 1).substring(7),
                    lines.get(at + 2).substring(7));
        }
        List<String> tail = lines.subList(Math.max(0, lines.size() - TAIL), lines.size());
        StringBuilder why = new StringBuilder("its log ends with");
        for (String line : tail) why.append("\n       ").append(Quoted.plain(line, 300));
        return new UserError(
                Exit.FAILED, what, why.toString(), "run it again; if it fails again, report it with these lines");
    }
}
