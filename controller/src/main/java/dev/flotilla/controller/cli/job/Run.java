package dev.flotilla.controller.cli.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.shell.Shell;
import dev.flotilla.controller.core.View;
import dev.flotilla.model.Exit;
import dev.flotilla.model.Input;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.UserError;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla run}: a job in flags. */
@Command(
        name = "run",
        sortOptions = false,
        description = {
            "Run a program over numbers or a file, and print its answer: the value on stdout, what it covers on stderr.",
            "",
            "Programs: sum, count, min, max, mean (over a range, lines of numbers, or a --column of CSV or NDJSON), and nop.",
            "Missing and malformed values are skipped and counted (--strict makes them an error); count counts records.",
            "Exit code: 0 done, 8 partial, 1 failed, 6 no device fits, 7 the wait ended with nothing to show."
        },
        footerHeading = "%nExamples%n",
        footer = {
            "  flotilla run sum --range 0..1000000 --shards 4",
            "  flotilla run sum --input flights.csv --column distance --json",
            "  flotilla run count --input flights.csv --by hash --key origin --shards 16",
            "  flotilla run mean --input log.ndjson --column temp -l site=berlin --wait=2m --deadline 2h",
            "  flotilla run max --range 0..1000000 --id nightly --detach"
        })
public final class Run implements Callable<Integer> {
    private static final Map<String, String> FLAGS = new TreeMap<>(Map.ofEntries(
            Map.entry("id", "--id"),
            Map.entry("name", "--name"),
            Map.entry("input.range", "--range"),
            Map.entry("shard.by", "--by"),
            Map.entry("shard.count", "--shards"),
            Map.entry("shard.size", "--shard-size"),
            Map.entry("shard.key", "--key"),
            Map.entry("shard.seed", "--seed"),
            Map.entry("program.builtin", "the program"),
            Map.entry("program.column", "--column"),
            Map.entry("program.delay", "--delay"),
            Map.entry("place.policy", "--policy"),
            Map.entry("place.labels", "-l"),
            Map.entry("place.where", "--where"),
            Map.entry("attempts", "--attempts"),
            Map.entry("task_timeout", "--task-timeout"),
            Map.entry("deadline", "--deadline"),
            Map.entry("lost_after", "--lost-after"),
            Map.entry("min_coverage", "--min-coverage")));

    private final Shell shell;

    @Parameters(paramLabel = "PROGRAM", description = "sum, count, min, max, mean or nop.")
    String program;

    @Option(names = "--range", paramLabel = "A..B", description = "The integers from A up to, and without, B.")
    String range;

    @Option(
            names = "--input",
            paramLabel = "FILE",
            description = "The records of a file; it is sent once, then it may go.")
    Path input;

    @Option(names = "--format", paramLabel = "FORMAT", description = "csv, ndjson or lines [by the file's name].")
    String format;

    @Option(names = "--column", paramLabel = "NAME", description = "The CSV column or NDJSON field to work on.")
    String column;

    @Option(names = "--strict", description = "A missing or malformed value is an error, with its line.")
    boolean strict;

    @Option(names = "--delay", paramLabel = "SPAN", description = "Each task takes at least so long; for tests.")
    String delay;

    @Option(names = "--shards", paramLabel = "N", description = "How many shards [one for each slot of the fleet].")
    Long shards;

    @Option(names = "--shard-size", paramLabel = "N", description = "Numbers or records a shard, instead.")
    Long shardSize;

    @Option(
            names = "--by",
            paramLabel = "HOW",
            description =
                    "range: contiguous; hash: records with one --key share a shard; random: an even sample in each [range].")
    String by;

    @Option(names = "--key", paramLabel = "NAME", description = "The column or field of --by hash.")
    String key;

    @Option(names = "--seed", paramLabel = "N", description = "Of --by random [0].")
    Long seed;

    @Option(
            names = "--policy",
            paramLabel = "NAME",
            description = "Who gets what: round-robin, weighted, least-loaded, least-response-time [least-loaded].")
    String policy;

    @Option(
            names = {"-l", "--label"},
            paramLabel = "K=V",
            description = "Only devices with this label; may be given again.")
    Map<String, String> labels = new LinkedHashMap<>();

    @Option(
            names = "--where",
            paramLabel = "TERM",
            description = "Only devices that meet this, say 'arch == arm64'; may be given again.")
    List<String> where = List.of();

    @Option(names = "--once", description = "The tasks have side effects: none is started twice without your word.")
    boolean once;

    @Option(names = "--attempts", paramLabel = "N", description = "Failed attempts until a task is given up [3].")
    Long attempts;

    @Option(names = "--task-timeout", paramLabel = "SPAN", description = "Of one attempt.")
    String taskTimeout;

    @Option(names = "--deadline", paramLabel = "SPAN", description = "Of the job; then it ends with what it has.")
    String deadline;

    @Option(
            names = "--lost-after",
            paramLabel = "SPAN",
            description = "A silent device's tasks are placed again after this [10m].")
    String lostAfter;

    @Option(
            names = "--min-coverage",
            paramLabel = "SHARE",
            description = "95%% or 57/60: with less the job failed [100%%].")
    String minCoverage;

    @Option(
            names = "--id",
            paramLabel = "ID",
            description = "The job's id: submitted twice with one id, it is one job.")
    String id;

    @Option(names = "--name", paramLabel = "TEXT", description = "What to call it in lists.")
    String name;

    @Option(
            names = "--wait",
            arity = "0..1",
            fallbackValue = Wait.TO_THE_END,
            preprocessor = Wait.Attached.class,
            paramLabel = "SPAN",
            description = "--wait=2m: after two minutes print the answer so far; the job goes on [to the end].")
    String wait;

    @Option(names = "--detach", description = "Do not wait: print the job's id.")
    boolean detach;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    Run(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        if (detach && wait != null)
            throw usage("--wait and --detach exclude each other", "one waits, the other does not", "leave one out");
        Wait waits = Wait.of(wait, !detach);
        if ((range == null) == (input == null)) {
            throw usage(
                    range == null ? "there is nothing to work on" : "--range and --input exclude each other",
                    range == null ? "neither --range nor --input is given" : "a job has one input",
                    "flotilla run " + program + " --range 0..1000000");
        }
        if (format != null && input == null)
            throw usage("--format goes with --input", "a range has no format", "leave it out");
        Optional<Upload> upload = Optional.ofNullable(input)
                .map(file -> new Upload(file, format == null ? Upload.format(file) : format()));
        return new Submitter(shell).submit(job(), upload, waits, json, this::wrong);
    }

    private Input.Format format() {
        for (Input.Format known : Input.Format.values()) if (known.word().equals(format)) return known;
        throw usage(
                "--format cannot be used",
                "a format is csv, ndjson or lines, not " + Quoted.of(format),
                "flotilla run --help");
    }

    /** The job of docs/admin-api.md; what was not said is not in it. */
    private ObjectNode job() {
        ObjectNode job = Replies.object();
        job.put("id", id == null ? Submitter.freshId() : id);
        put(job, "name", name);
        ObjectNode from = job.putObject("input");
        put(from, "range", range);
        ObjectNode shard = job.putObject("shard");
        put(shard, "by", by);
        put(shard, "count", shards);
        put(shard, "size", shardSize);
        put(shard, "key", key);
        put(shard, "seed", seed);
        ObjectNode call = job.putObject("program").put("builtin", program);
        put(call, "column", column);
        if (strict) call.put("strict", true);
        put(call, "delay", delay);
        ObjectNode place = job.putObject("place");
        put(place, "policy", policy);
        labels.forEach(place.putObject("labels")::put);
        where.forEach(place.putArray("where")::add);
        if (once) job.put("once", true);
        put(job, "attempts", attempts);
        put(job, "task_timeout", taskTimeout);
        put(job, "deadline", deadline);
        put(job, "lost_after", lostAfter);
        put(job, "min_coverage", minCoverage);
        return job;
    }

    private static void put(ObjectNode object, String field, String value) {
        if (value != null) object.put(field, value);
    }

    private static void put(ObjectNode object, String field, Long value) {
        if (value != null) object.put(field, value);
    }

    /** The controller's rules speak of fields; who wrote flags reads of flags. */
    private UserError wrong(View.Problem problem) {
        String field = problem.field().orElse("");
        String flag = FLAGS.getOrDefault(field, field);
        String what = problem.what().startsWith(field + " ") || field.contains(".")
                ? problem.what().replace(field, flag)
                : problem.what();
        String why = field.contains(".") || field.contains("_") ? problem.why().replace(field, flag) : problem.why();
        String next = problem.next().startsWith("docs/") ? "flotilla run --help" : problem.next();
        return usage(what, why, next);
    }

    private static UserError usage(String what, String why, String next) {
        return new UserError(Exit.USAGE, what, why, next);
    }
}
