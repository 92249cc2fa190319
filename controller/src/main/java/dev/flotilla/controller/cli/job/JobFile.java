package dev.flotilla.controller.cli.job;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.flotilla.controller.core.View;
import dev.flotilla.model.Exit;
import dev.flotilla.model.Input;
import dev.flotilla.model.Nearest;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A job file, YAML or JSON: the job of docs/admin-api.md, its input file named by a path beside it. What is wrong is told with file and line. */
final class JobFile {
    private static final long LARGEST = 1024 * 1024;
    private static final Map<String, List<String>> KNOWN = new TreeMap<>(Map.of(
            "",
                    List.of(
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
                            "min_coverage"),
            "input", List.of("range", "records", "format"),
            "shard", List.of("by", "count", "size", "key", "seed"),
            "program", List.of("builtin", "column", "strict", "delay"),
            "place", List.of("policy", "labels", "where")));
    private static final List<String> LATER = List.of(
            "reduce",
            "resources",
            "speculate",
            "rollout",
            "input.args",
            "input.files",
            "input.on_devices",
            "input.each_device",
            "program.exec",
            "program.wasm",
            "program.send",
            "program.return");

    private final Path file;
    private final ObjectNode job = JsonNodeFactory.instance.objectNode();
    private final Map<String, Integer> lines = new TreeMap<>();
    private Optional<Path> records = Optional.empty();
    private Input.Format format = Input.Format.LINES;

    /** @throws UserError with file and line, if it is no job file */
    JobFile(Path file) {
        this.file = file;
        read();
        fields("", job);
        for (String part : List.of("input", "shard", "program", "place")) {
            if (job.path(part).isObject()) fields(part, job.path(part));
        }
        records();
    }

    /** The job; {@code input.records} still lacks its digest. */
    ObjectNode job() {
        return job;
    }

    /** The input's file, if the input is one. */
    Optional<Upload> upload() {
        return records.map(path -> new Upload(path, format));
    }

    private void read() {
        String name = Quoted.plain(file.toString(), 200);
        if (!Files.isRegularFile(file))
            throw new UserError(
                    Exit.USAGE,
                    "there is no job file " + name,
                    "nothing that can be read is at " + file.toAbsolutePath(),
                    "flotilla job submit --help          shows one");
        JsonFactory json = file.toString().endsWith(".json") ? new JsonFactory() : new YAMLFactory();
        json.setStreamReadConstraints(
                StreamReadConstraints.builder().maxNestingDepth(16).build());
        json.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
        try {
            if (Files.size(file) > LARGEST)
                throw wrong(
                        1, "it is too large for a job file", "it has more than 1 MiB", "give the job, not its data");
            try (JsonParser parser = json.createParser(Files.readAllBytes(file))) {
                JsonToken first = parser.nextToken();
                if (first == null)
                    throw wrong(
                            1,
                            "it is empty",
                            "a job has at least input and program",
                            "flotilla job submit --help          shows one");
                if (first != JsonToken.START_OBJECT)
                    throw wrong(
                            1,
                            "it is no job",
                            "a job file is a mapping of fields",
                            "flotilla job submit --help          shows one");
                object("", parser, job);
                if (parser.nextToken() != null)
                    throw wrong(
                            parser.currentTokenLocation().getLineNr(),
                            "it holds more than one document",
                            "a job file is one job",
                            "make a file of each");
            }
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
            throw wrong(
                    line,
                    "it is not valid " + (json instanceof YAMLFactory ? "YAML" : "JSON"),
                    sentences(e.getOriginalMessage()),
                    "mend that line; YAML is indented with blanks");
        } catch (IOException e) {
            throw new UserError(
                    Exit.USAGE, name + " cannot be read", String.valueOf(e.getMessage()), "look at its permissions");
        }
    }

    /** The sentences of a parser's message, without the excerpts between them. */
    private static String sentences(String message) {
        return Quoted.plain(
                String.valueOf(message)
                        .lines()
                        .filter(line -> !line.isBlank() && !Character.isWhitespace(line.charAt(0)))
                        .collect(Collectors.joining(": ")),
                200);
    }

    private void object(String path, JsonParser parser, ObjectNode into) throws IOException {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            String full = path.isEmpty() ? name : path + "." + name;
            lines.put(full, parser.currentTokenLocation().getLineNr());
            parser.nextToken();
            into.set(name, value(full, parser));
        }
    }

    private JsonNode value(String path, JsonParser parser) throws IOException {
        JsonNodeFactory make = JsonNodeFactory.instance;
        switch (parser.currentToken()) {
            case START_OBJECT -> {
                ObjectNode object = make.objectNode();
                object(path, parser, object);
                return object;
            }
            case START_ARRAY -> {
                ArrayNode array = make.arrayNode();
                while (parser.nextToken() != JsonToken.END_ARRAY) array.add(value(path, parser));
                return array;
            }
            case VALUE_NUMBER_INT -> {
                return make.numberNode(parser.getBigIntegerValue());
            }
            case VALUE_NUMBER_FLOAT -> {
                try {
                    return make.numberNode(parser.getDecimalValue());
                } catch (NumberFormatException e) {
                    throw wrong(
                            lines.get(path),
                            path + " is no number",
                            "its exponent is larger than any that can be read",
                            "write the number out");
                }
            }
            case VALUE_TRUE, VALUE_FALSE -> {
                return make.booleanNode(parser.getBooleanValue());
            }
            case VALUE_NULL -> {
                return make.nullNode();
            }
            default -> {
                return make.textNode(parser.getText());
            }
        }
    }

    private void fields(String part, JsonNode object) {
        List<String> known = KNOWN.get(part);
        for (String name : (Iterable<String>) object::fieldNames) {
            if (known.contains(name)) continue;
            String full = part.isEmpty() ? name : part + "." + name;
            if (LATER.contains(full)) {
                throw wrong(
                        line(full),
                        full + " is not in this version",
                        "it is planned; a job that ignored it would do something else than it says",
                        "leave it out");
            }
            String hint = Nearest.of(name, known)
                    .map(n -> "did you mean " + n + "?")
                    .orElse("known are " + String.join(", ", known));
            throw wrong(
                    line(full),
                    "unknown field " + Quoted.plain(full, 80),
                    hint,
                    "flotilla job submit --help          shows every field");
        }
    }

    /** {@code input: {records: readings.csv, format: csv}} becomes what the API takes. */
    private void records() {
        if (!(job.path("input") instanceof ObjectNode input)) return;
        JsonNode word = input.remove("format");
        if (!input.has("records")) {
            if (word != null)
                throw wrong(
                        line("input.format"),
                        "input.format goes with input.records",
                        "a range has no format",
                        "leave it out");
            return;
        }
        JsonNode path = input.get("records");
        if (!path.isTextual())
            throw wrong(
                    line("input.records"),
                    "input.records must be a path",
                    "it is " + Quoted.plain(path.toString(), 80),
                    "records: readings.csv");
        Path folder = file.toAbsolutePath().getParent();
        records = Optional.of(folder.resolve(path.textValue()));
        format = word == null ? Upload.format(records.get()) : format(word.asText());
    }

    private Input.Format format(String word) {
        for (Input.Format known : Input.Format.values()) if (known.word().equals(word)) return known;
        throw wrong(
                line("input.format"),
                "input.format cannot be used",
                "a format is csv, ndjson or lines, not " + Quoted.of(word),
                "format: csv");
    }

    /** The line of a field, or of the nearest field around it. */
    private int line(String field) {
        for (String at = field; ; at = at.substring(0, at.lastIndexOf('.'))) {
            if (lines.containsKey(at)) return lines.get(at);
            if (at.lastIndexOf('.') < 0) return 1;
        }
    }

    /** What the controller's rules refuse, with the line. */
    UserError wrong(View.Problem problem) {
        String next = problem.next().startsWith("docs/")
                ? "flotilla job submit --help          shows every field"
                : problem.next();
        return wrong(problem.field().map(this::line).orElse(1), problem.what(), problem.why(), next);
    }

    private UserError wrong(int line, String what, String why, String next) {
        return new UserError(Exit.USAGE, Quoted.plain(file.toString(), 200) + " line " + line + ": " + what, why, next);
    }
}
