package dev.flotilla.controller.admin;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.flotilla.controller.core.View;
import dev.flotilla.model.Input;
import dev.flotilla.model.Policy;
import dev.flotilla.model.Spans;
import dev.flotilla.model.Spec;

/** Views as the JSON of docs/admin-api.md. Any thread. */
final class Json {
    private interface Named {
        @JsonProperty("new")
        boolean isNew();
    }

    private interface Final {
        @JsonProperty("final")
        boolean isFinal();
    }

    static final ObjectMapper MAPPER = mapper();

    private Json() {}

    private static ObjectMapper mapper() {
        ObjectMapper mapper = JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .addModule(new Jdk8Module())
                .addModule(new JavaTimeModule())
                .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
                .enable(com.fasterxml.jackson.core.JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                .configure(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN, true)
                .addMixIn(View.Submission.class, Named.class)
                .addMixIn(View.Result.class, Final.class)
                .addMixIn(View.JobEvent.class, Final.class)
                .build();
        mapper.getFactory()
                .setStreamReadConstraints(
                        StreamReadConstraints.builder().maxNestingDepth(16).build());
        return mapper;
    }

    /** The reply for a view. */
    static byte[] reply(View view) {
        ObjectNode reply = MAPPER.createObjectNode();
        if (view instanceof View.Problem problem) {
            reply.put("ok", false);
            reply.set("error", MAPPER.valueToTree(problem));
        } else {
            reply.put("ok", true);
            if (view instanceof View.JobDetail detail) reply.setAll(job(detail));
            else reply.setAll((ObjectNode) MAPPER.valueToTree(view));
        }
        return bytes(reply);
    }

    static byte[] bytes(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("our own views can be written", e);
        }
    }

    private static ObjectNode job(View.JobDetail detail) {
        ObjectNode out = MAPPER.createObjectNode();
        out.set("summary", MAPPER.valueToTree(detail.summary()));
        out.set("spec", request(detail.summary().job(), detail.summary().name(), detail.spec(), detail.policy()));
        out.set("tasks", MAPPER.valueToTree(detail.tasks()));
        out.set("live", MAPPER.valueToTree(detail.live()));
        out.set("held", MAPPER.valueToTree(detail.held()));
        out.set("poisoned", MAPPER.valueToTree(detail.poisoned()));
        out.set("placement_notes", MAPPER.valueToTree(detail.placementNotes()));
        return out;
    }

    /** The job as it could be submitted again. */
    private static JsonNode request(String id, String name, Spec spec, Policy policy) {
        ObjectNode job = MAPPER.createObjectNode();
        job.put("id", id).put("name", name);
        ObjectNode input = job.putObject("input");
        if (spec.input() instanceof Input.Range range) input.put("range", range.from() + ".." + range.to());
        else if (spec.input() instanceof Input.Records records) {
            input.putObject("records")
                    .put("digest", records.file().hex())
                    .put("name", records.name())
                    .put("format", records.format().word());
        }
        ObjectNode shard = job.putObject("shard");
        shard.put("by", spec.sharding().by().word())
                .put("count", spec.sharding().count());
        spec.sharding().key().ifPresent(key -> shard.put("key", key));
        if (spec.sharding().seed() != 0) shard.put("seed", spec.sharding().seed());
        ObjectNode program = job.putObject("program");
        program.put("builtin", spec.program().builtin());
        spec.program().column().ifPresent(column -> program.put("column", column));
        program.put("strict", spec.program().strict());
        if (!spec.program().delay().isZero())
            program.put("delay", Spans.words(spec.program().delay()));
        ObjectNode place = job.putObject("place");
        place.put("policy", policy.placement());
        ObjectNode labels = place.putObject("labels");
        policy.labels().forEach(labels::put);
        ArrayNode where = place.putArray("where");
        policy.where().forEach(where::add);
        job.put("once", policy.once())
                .put("attempts", policy.attempts())
                .put("lost_after", Spans.words(policy.lostAfter()));
        policy.taskTimeout().ifPresent(t -> job.put("task_timeout", Spans.words(t)));
        policy.deadline().ifPresent(d -> job.put("deadline", Spans.words(d)));
        job.put("min_coverage", policy.minCoverage().toString());
        return job;
    }

    /** A request's payload. @throws Refusal if it is no JSON object */
    static JsonNode parse(byte[] payload) {
        try {
            JsonNode node = payload.length == 0 ? MAPPER.createObjectNode() : MAPPER.readTree(payload);
            if (node.isObject()) return node;
            throw Refusal.usage(
                    null,
                    "the request is no JSON object",
                    "it is " + node.getNodeType(),
                    "docs/admin-api.md shows every request");
        } catch (java.io.IOException | NumberFormatException e) { // the latter of an exponent that no number has
            String why = e instanceof JsonProcessingException p ? p.getOriginalMessage() : e.getMessage();
            throw Refusal.usage(
                    null,
                    "the request is no JSON",
                    dev.flotilla.model.Quoted.plain(why, 200),
                    "docs/admin-api.md shows every request");
        }
    }
}
