package dev.flotilla.controller.cli.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Shell;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla job submit}. */
@Command(
        name = "submit",
        description = "Submit a job that a YAML or JSON file describes.",
        footerHeading = "%nExample%n",
        footer = {
            "  # rain.yaml",
            "  name: seattle-rain",
            "  input:",
            "    records: seattle-weather.csv    # a path beside this file; or  range: 0..1000000  (the end excluded)",
            "    format: csv                     # csv, ndjson or lines; known by the name of the file",
            "  shard: { by: range, count: 4 }    # by range, hash (with key: COLUMN) or random (with seed: N); count or size",
            "  program: { builtin: sum, column: precipitation, strict: false }",
            "  place: { policy: least-loaded, labels: { site: berlin }, where: [\"arch == arm64\"] }",
            "  once: false                       # true: side effects, no task is started twice without your word",
            "  attempts: 3",
            "  task_timeout: 10m",
            "  deadline: 2h",
            "  lost_after: 10m",
            "  min_coverage: 95%%",
            "",
            "  flotilla job submit rain.yaml --wait",
            "  flotilla job submit nightly.yaml --id nightly-2026-11-23          submitted twice, it is one job"
        })
public final class JobSubmit implements Callable<Integer> {
    private final Shell shell;

    @Parameters(paramLabel = "FILE", description = "The job file.")
    Path file;

    @Option(names = "--id", paramLabel = "ID", description = "The job's id, instead of the file's or a fresh one.")
    String id;

    @Option(
            names = "--wait",
            arity = "0..1",
            fallbackValue = Wait.TO_THE_END,
            preprocessor = Wait.Attached.class,
            paramLabel = "SPAN",
            description = "Wait for the end; --wait=2m prints the answer so far after two minutes.")
    String wait;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    JobSubmit(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        Wait waits = Wait.of(wait, false);
        JobFile read = new JobFile(file);
        ObjectNode job = read.job();
        if (id != null) job.put("id", id);
        else if (!job.hasNonNull("id")) job.put("id", Submitter.freshId());
        return new Submitter(shell).submit(job, read.upload(), waits, json, read::wrong);
    }
}
