package dev.flotilla.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A controller with its broker and some agents, each a process that the launcher started, in a folder of their own. */
final class BenchFleet implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private final Path launcher;
    private final Path folder;
    private final List<Process> agents = new ArrayList<>();
    private Process controller;

    BenchFleet(Path launcher, Path folder) {
        this.launcher = launcher;
        this.folder = folder;
    }

    /** Starts them and returns once every agent has been met. */
    Admin start(int agentCount) throws IOException, InterruptedException {
        controller = launch(
                "controller", "controller", "--data", controllerData().toString(), "--fleet", "bench", "--port", "0");
        waitFor("the controller's context", () -> Files.exists(context()));
        for (int i = 1; i <= agentCount; i++) {
            Path file = folder.resolve("a" + i + ".json");
            Process create = launch(
                    "create-" + i,
                    "device",
                    "create",
                    "a" + i,
                    "--data",
                    controllerData().toString(),
                    "-o",
                    file.toString());
            if (create.waitFor() != 0) throw new IOException("device create failed: " + log("create-" + i));
            agents.add(launch(
                    "agent-" + i,
                    "agent",
                    "run",
                    "--device-file",
                    file.toString(),
                    "--data",
                    agentData(i).toString()));
        }
        Admin admin = new Admin(context());
        waitFor("the agents", () -> {
            try {
                return admin.ask("controller.info", Admin.request())
                                .get("devices_met")
                                .asInt()
                        == agentCount;
            } catch (IOException e) {
                throw new IllegalStateException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        });
        return admin;
    }

    private Process launch(String log, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(logFile(log));
        builder.environment().put("FLOTILLA_CONFIG", folder.resolve("config").toString());
        return builder.start();
    }

    private void waitFor(String what, BooleanSupplier there) throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!there.getAsBoolean()) {
            if (System.nanoTime() > end)
                throw new IOException(what + " did not come; controller says: " + log("controller"));
            Thread.sleep(50);
        }
    }

    Path controllerData() {
        return folder.resolve("controller");
    }

    Path agentData(int i) {
        return folder.resolve("agent-" + i);
    }

    private Path context() {
        return folder.resolve("config").resolve("contexts").resolve("bench.json");
    }

    private File logFile(String name) {
        return folder.resolve(name + ".log").toFile();
    }

    private String log(String name) throws IOException {
        return Files.readString(logFile(name).toPath());
    }

    /** Resident and proportional set size in MB, of the controller. */
    double[] controllerMemory() throws IOException {
        return memory(controller);
    }

    /** The same of the first agent. */
    double[] agentMemory() throws IOException {
        return memory(agents.get(0));
    }

    private static double[] memory(Process process) throws IOException {
        double rss = 0;
        double pss = 0;
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/smaps_rollup"))) {
            if (line.startsWith("Rss:")) rss = kilobytes(line) / 1024;
            if (line.startsWith("Pss:")) pss = kilobytes(line) / 1024;
        }
        return new double[] {rss, pss};
    }

    private static double kilobytes(String line) {
        return Double.parseDouble(line.replaceAll("[^0-9]", ""));
    }

    /** Stops all, agents first, as SIGTERM does. */
    @Override
    public void close() {
        for (Process agent : agents) stop(agent);
        if (controller != null) stop(controller);
    }

    private static void stop(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(15, TimeUnit.SECONDS)) process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
