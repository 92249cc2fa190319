package dev.flotilla.controller.cli.shell;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.ui.Terminal;
import dev.flotilla.model.Exit;
import dev.flotilla.model.UserError;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What a command works with: a terminal, and the controller that is meant. */
public final class Shell {
    private static final Duration STARTING = Duration.ofMinutes(2);
    private static final Duration POLL = Duration.ofMillis(50);
    private final Terminal terminal;
    private Optional<String> named = Optional.empty();

    public Shell(Terminal terminal) {
        this.terminal = terminal;
    }

    public Terminal terminal() {
        return terminal;
    }

    public Contexts contexts() {
        return Contexts.of(terminal);
    }

    /** What {@code --context} says. */
    public void named(String context) {
        named = Optional.ofNullable(context);
    }

    /** By flag, by environment, or the current one. @throws UserError if there is none */
    public Context context() {
        Contexts contexts = contexts();
        await(contexts);
        String name = named.or(() -> terminal.env("FLOTILLA_CONTEXT"))
                .or(contexts::current)
                .orElseThrow(() -> {
                    List<String> names = contexts.names();
                    return names.isEmpty()
                            ? new UserError(
                                    Exit.NO_CONTROLLER,
                                    "no controller is known",
                                    "there is no context: no controller was started by this user",
                                    "flotilla dev          starts one with four agents")
                            : new UserError(
                                    Exit.NO_CONTROLLER,
                                    "it is not clear which controller is meant",
                                    "there are " + String.join(", ", names),
                                    "flotilla context use " + names.get(0));
                });
        return contexts.read(name);
    }

    /** A dev that was just started writes its context when it is ready. */
    private void await(Contexts contexts) {
        Optional<ProcessHandle> dev = contexts.beingWritten();
        if (dev.isEmpty()) return;
        terminal.say("waiting for flotilla dev (pid " + dev.get().pid() + ") to be ready");
        long end = System.nanoTime() + STARTING.toNanos();
        while (contexts.beingWritten().equals(dev) && System.nanoTime() < end) {
            try {
                Thread.sleep(POLL.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** A client of that controller. @throws UserError if none answers */
    public AdminClient open() {
        return AdminClient.open(context(), Optional.empty());
    }

    /** A client that also hears of one job. */
    public AdminClient open(String job) {
        return AdminClient.open(context(), Optional.of(job));
    }

    /** One request, one reply. */
    public ObjectNode ask(String verb, ObjectNode request) {
        try (AdminClient client = open()) {
            return client.ask(verb, request);
        }
    }

    /** One line of JSON on stdout. */
    public void json(ObjectNode reply) {
        terminal.out().println(Replies.line(reply));
    }

    /** Lines on stdout. */
    public void print(List<String> lines) {
        lines.forEach(terminal.out()::println);
    }
}
