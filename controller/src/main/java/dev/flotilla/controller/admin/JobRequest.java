package dev.flotilla.controller.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.flotilla.controller.place.PlacementPolicies;
import dev.flotilla.controller.place.Where;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Input;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Percent;
import dev.flotilla.model.Policy;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.Sharding;
import dev.flotilla.program.Builtins;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A job as a client asks for it (docs/admin-api.md), every field checked, its file not yet cut.
 *
 * @param range  the numbers, or empty
 * @param file   the file's records, or empty
 * @param size   units a shard, if asked for instead of a count
 */
record JobRequest(
        JobId id,
        String name,
        Optional<Input.Range> range,
        Optional<File> file,
        Sharding.By by,
        OptionalLong count,
        OptionalLong size,
        Optional<String> key,
        long seed,
        ProgramCall program,
        Policy policy) {
    /** An artifact whose records are the input. */
    record File(Digest digest, String name, Input.Format format) {}

    private static final int MOST_ATTEMPTS = 1000;
    private static final Pattern RANGE = Pattern.compile("(-?[0-9]{1,40})\\.\\.(-?[0-9]{1,40})");

    static JobRequest read(JsonNode json, java.util.function.Supplier<JobId> freshId) {
        Fields job = new Fields(
                "",
                json,
                "id",
                "name",
                "input",
                "shard",
                "program",
                "place",
                "once",
                "attempts",
                "task_timeout",
                "deadline",
                "lost_after",
                "min_coverage");
        JobId id = job.maybeText("id")
                .map(text -> job.parsed("id", () -> new JobId(text)))
                .orElseGet(freshId);
        String name = job.maybeText("name").orElse("");
        if (name.length() > 100)
            throw Refusal.usage("name", "name is too long", "it has at most 100 characters", "give it a shorter one");
        Fields input = job.object("input", "range", "records").orElseThrow(() -> missing("input"));
        Optional<Input.Range> range = input.maybeText("range").map(text -> input.parsed("range", () -> range(text)));
        Optional<File> file =
                input.object("records", "digest", "name", "format").map(JobRequest::file);
        if (range.isPresent() == file.isPresent())
            throw Refusal.usage(
                    "input",
                    "input must be one of range, records",
                    "it is none of them, or more than one",
                    "give one of them");
        Optional<Fields> shard = job.object("shard", "by", "count", "size", "key", "seed");
        Sharding.By by = shard.flatMap(s -> s.maybeText("by").map(t -> s.parsed("by", () -> by(t))))
                .orElse(Sharding.By.RANGE);
        OptionalLong count = shard.map(s -> s.maybeNumber("count")).orElse(OptionalLong.empty());
        OptionalLong size = shard.map(s -> s.maybeNumber("size")).orElse(OptionalLong.empty());
        if (count.isPresent() && size.isPresent())
            throw Refusal.usage(
                    "shard", "shard.count and shard.size exclude each other", "both were given", "leave one out");
        if (count.isPresent() && count.getAsLong() < 1)
            throw Refusal.usage(
                    "shard.count",
                    "a job has at least one shard",
                    "shard.count is " + count.getAsLong(),
                    "ask for 1 or more");
        if (size.isPresent() && size.getAsLong() < 1)
            throw Refusal.usage(
                    "shard.size",
                    "a shard holds at least one record or number",
                    "shard.size is " + size.getAsLong(),
                    "ask for 1 or more");
        Optional<String> key = shard.flatMap(s -> s.maybeText("key"));
        if ((by == Sharding.By.HASH) != key.isPresent()) {
            throw Refusal.usage(
                    "shard.key",
                    by == Sharding.By.HASH ? "hash needs shard.key" : "only hash takes shard.key",
                    "records with one key share a shard",
                    "name a column or field");
        }
        if (range.isPresent() && by != Sharding.By.RANGE)
            throw Refusal.usage(
                    "shard.by",
                    "a range of numbers is sharded by range alone",
                    "it has no records",
                    "leave shard.by out");
        long seed = shard.map(s -> s.maybeNumber("seed"))
                .orElse(OptionalLong.empty())
                .orElse(0);
        return new JobRequest(
                id,
                name,
                range,
                file,
                by,
                count,
                size,
                key,
                by == Sharding.By.RANDOM ? seed : 0,
                program(job),
                policy(job));
    }

    private static ProgramCall program(Fields job) {
        Fields program =
                job.object("program", "builtin", "column", "strict", "delay").orElseThrow(() -> missing("program"));
        String builtin = program.text("builtin");
        program.parsed("builtin", () -> Builtins.find(builtin));
        return program.parsed(
                "builtin",
                () -> new ProgramCall(
                        builtin,
                        program.maybeText("column"),
                        program.flag("strict", false),
                        program.maybeSpan("delay").orElse(Duration.ZERO)));
    }

    private static Policy policy(Fields job) {
        Optional<Fields> place = job.object("place", "policy", "labels", "where");
        String policy = place.flatMap(p -> p.maybeText("policy")).orElse(Policy.DEFAULT_PLACEMENT);
        place.ifPresent(p -> p.parsed("policy", () -> PlacementPolicies.find(policy)));
        List<String> where = place.map(p -> p.texts("where")).orElse(List.of());
        place.ifPresent(
                p -> p.parsed("where", () -> where.stream().map(Where::parse).toList()));
        long attempts = job.maybeNumber("attempts").orElse(Policy.DEFAULT_ATTEMPTS);
        if (attempts < 1 || attempts > MOST_ATTEMPTS) {
            throw Refusal.usage(
                    "attempts",
                    "a task has 1 to " + MOST_ATTEMPTS + " attempts",
                    "attempts is " + attempts,
                    "leave it out for " + Policy.DEFAULT_ATTEMPTS);
        }
        return job.parsed(
                "lost_after",
                () -> new Policy(
                        policy,
                        place.map(p -> p.textMap("labels")).orElseGet(java.util.TreeMap::new),
                        where,
                        job.flag("once", false),
                        (int) attempts,
                        job.maybeSpan("lost_after").orElse(Policy.DEFAULT_LOST_AFTER),
                        job.maybeSpan("deadline"),
                        job.maybeSpan("task_timeout"),
                        job.maybeText("min_coverage")
                                .map(t -> job.parsed("min_coverage", () -> Percent.parse(t)))
                                .orElse(Percent.ALL)));
    }

    private static File file(Fields records) {
        Digest digest = records.parsed("digest", () -> new Digest(records.text("digest")));
        String format = records.maybeText("format").orElse("csv");
        return new File(
                digest, records.maybeText("name").orElse("input"), records.parsed("format", () -> format(format)));
    }

    private static Input.Format format(String word) {
        for (Input.Format format : Input.Format.values()) if (format.word().equals(word)) return format;
        throw new IllegalArgumentException("a format is csv, ndjson or lines, not " + Quoted.of(word));
    }

    private static Sharding.By by(String word) {
        for (Sharding.By by : Sharding.By.values()) if (by.word().equals(word)) return by;
        throw new IllegalArgumentException("shards are made by range, hash or random, not " + Quoted.of(word));
    }

    private static Input.Range range(String text) {
        Matcher m = RANGE.matcher(text);
        if (!m.matches())
            throw new IllegalArgumentException("a range is written A..B, B excluded, not " + Quoted.of(text));
        try {
            return new Input.Range(Long.parseLong(m.group(1)), Long.parseLong(m.group(2)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("the ends of a range are within 64 bits", e);
        }
    }

    private static Refusal missing(String field) {
        return Refusal.usage(field, field + " is missing", "a job needs it", "docs/admin-api.md shows a whole job");
    }
}
