package dev.flotilla.controller.cli.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.admin.AdminService;
import dev.flotilla.controller.cli.shell.AdminClient;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.cli.ui.Words;
import dev.flotilla.controller.core.View;
import dev.flotilla.model.Exit;
import dev.flotilla.model.UserError;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.function.Function;

/** Brings one job to the controller: checks it, sends its file, submits it, waits for it as asked. */
public final class Submitter {
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
    private static final int ID_LENGTH = 20;

    private final Shell shell;

    public Submitter(Shell shell) {
        this.shell = shell;
    }

    /** A fresh id: chosen here, so that a submit whose reply was lost can be said again and stays one job. */
    public static String freshId() {
        SecureRandom random = new SecureRandom();
        StringBuilder id = new StringBuilder();
        for (int i = 0; i < ID_LENGTH; i++) id.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        return id.toString();
    }

    /**
     * Submits, and waits if asked to.
     *
     * @param job     the job of docs/admin-api.md, with an id
     * @param upload  the file of its input, if it has one
     * @param wrong   makes the error of what is wrong in the job's words
     * @return the exit code
     */
    int submit(
            ObjectNode job, Optional<Upload> upload, Wait wait, boolean json, Function<View.Problem, UserError> wrong) {
        upload.ifPresent(u -> ((ObjectNode) job.get("input")).set("records", u.records(Upload.NO_DIGEST)));
        Optional<View.Problem> problem = AdminService.check(job);
        if (problem.isPresent()) throw wrong.apply(problem.get());
        String id = job.path("id").asText();
        try (AdminClient client = shell.open(id)) {
            upload.ifPresent(u ->
                    ((ObjectNode) job.get("input")).set("records", u.records(u.send(client, shell.terminal()))));
            ObjectNode submitted = client.askLong("job.submit", job);
            say(submitted, job.path("program"));
            if (!wait.waits()) {
                if (json) shell.json(submitted);
                else shell.terminal().out().println(id);
                return Exit.DONE.code();
            }
            return new Waiting(shell, client, id).toTheEnd(wait.limit(), json);
        }
    }

    private void say(ObjectNode submitted, JsonNode program) {
        String column =
                program.hasNonNull("column") ? " of " + program.path("column").asText() : "";
        String shards = Words.count(submitted.path("shards").asLong(), "shard");
        String job = submitted.path("job").asText();
        shell.terminal()
                .say(program.path("builtin").asText() + column + " over "
                        + submitted.path("input").asText() + ", in " + shards);
        shell.terminal().say("job " + job);
        for (JsonNode note : submitted.path("notes")) shell.terminal().say("note: " + note.asText());
    }
}
