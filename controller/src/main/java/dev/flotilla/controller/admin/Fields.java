package dev.flotilla.controller.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.flotilla.model.Nearest;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.Spans;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads one JSON object of a request strictly: a field that is unknown or of the wrong kind is refused by name. */
final class Fields {
    private final String path;
    private final JsonNode object;

    /** {@code path} is empty for the request itself, else what leads to this object. */
    Fields(String path, JsonNode object, String... known) {
        this.path = path;
        this.object = object;
        if (!object.isObject()) throw wrong("", "an object");
        List<String> names = List.of(known);
        for (String name : (Iterable<String>) object::fieldNames) {
            if (names.contains(name)) continue;
            String hint = Nearest.of(name, names)
                    .map(n -> "did you mean " + n + "?")
                    .orElse("known are " + String.join(", ", names));
            throw Refusal.usage(
                    full(name),
                    "unknown field " + Quoted.plain(full(name), 80),
                    hint,
                    "docs/admin-api.md lists every field");
        }
    }

    private String full(String name) {
        return path.isEmpty() ? name : name.isEmpty() ? path : path + "." + name;
    }

    private Refusal wrong(String name, String wanted) {
        return Refusal.usage(
                full(name),
                full(name) + " must be " + wanted,
                "it is " + Quoted.plain(String.valueOf(name.isEmpty() ? object : object.get(name)), 80),
                "docs/admin-api.md lists every field");
    }

    boolean has(String name) {
        return object.hasNonNull(name);
    }

    Optional<Fields> object(String name, String... known) {
        return has(name) ? Optional.of(new Fields(full(name), object.get(name), known)) : Optional.empty();
    }

    String text(String name) {
        return maybeText(name)
                .orElseThrow(() -> Refusal.usage(
                        full(name),
                        full(name) + " is missing",
                        "the request cannot be carried out without it",
                        "docs/admin-api.md lists every field"));
    }

    Optional<String> maybeText(String name) {
        if (!has(name)) return Optional.empty();
        JsonNode node = object.get(name);
        if (!node.isTextual()) throw wrong(name, "a text");
        if (node.textValue().length() > 4096 && !name.equals("data")) throw wrong(name, "at most 4096 characters");
        return Optional.of(node.textValue());
    }

    OptionalLong maybeNumber(String name) {
        if (!has(name)) return OptionalLong.empty();
        JsonNode node = object.get(name);
        if (!node.isIntegralNumber() || !node.canConvertToLong()) throw wrong(name, "a whole number");
        return OptionalLong.of(node.longValue());
    }

    long number(String name) {
        return maybeNumber(name).orElseThrow(() -> wrong(name, "a whole number"));
    }

    boolean flag(String name, boolean otherwise) {
        if (!has(name)) return otherwise;
        if (!object.get(name).isBoolean()) throw wrong(name, "true or false");
        return object.get(name).booleanValue();
    }

    Optional<Duration> maybeSpan(String name) {
        return maybeText(name).map(text -> parsed(name, () -> Spans.parse(text)));
    }

    List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        if (!has(name)) return texts;
        if (!object.get(name).isArray()) throw wrong(name, "a list of texts");
        for (JsonNode item : object.get(name)) {
            if (!item.isTextual()) throw wrong(name, "a list of texts");
            texts.add(item.textValue());
        }
        return texts;
    }

    java.util.TreeMap<String, String> textMap(String name) {
        java.util.TreeMap<String, String> map = new java.util.TreeMap<>();
        if (!has(name)) return map;
        if (!object.get(name).isObject()) throw wrong(name, "an object of texts");
        object.get(name).properties().forEach(e -> {
            if (!e.getValue().isValueNode()) throw wrong(name, "an object of texts");
            map.put(e.getKey(), e.getValue().asText());
        });
        return map;
    }

    /** What a record's constructor refuses is this field's fault. */
    <T> T parsed(String name, java.util.function.Supplier<T> parse) {
        try {
            return parse.get();
        } catch (IllegalArgumentException e) {
            throw Refusal.usage(
                    full(name), full(name) + " cannot be used", e.getMessage(), "docs/admin-api.md lists every field");
        }
    }
}
