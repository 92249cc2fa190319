package dev.flotilla.agent.app;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.flotilla.agent.probe.Chosen;
import dev.flotilla.model.Exit;
import java.io.IOException;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code flotilla-agent profile}. */
@Command(
        name = "profile",
        description = {
            "Prints the profile that holds on this machine, why, and where each value comes from: the profile, the site file, or a flag.",
            "It says what an agent that starts now would do; one that runs keeps what it read at its start."
        },
        footer = {
            "",
            "Examples:",
            "  flotilla-agent profile",
            "  flotilla-agent profile --profile raspberry-pi-4b --json",
            "  flotilla-agent profile --site agent.yaml          tries a site file before it is put to its place"
        })
final class ProfileShow implements Callable<Integer> {
    @Mixin
    private Choice choice;

    @Option(names = "--json", description = "Print JSON: profile, machine, why, values with field, value and from.")
    private boolean json;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Print this help and exit.")
    private boolean help;

    @Override
    public Integer call() throws IOException {
        Chosen chosen = choice.chosen();
        System.out.println(json ? json(chosen) : table(chosen));
        return Exit.DONE.code();
    }

    private static String table(Chosen chosen) {
        StringBuilder lines = new StringBuilder();
        lines.append("profile  ").append(chosen.profile().name());
        lines.append("\nmachine  ").append(chosen.hardware().words());
        lines.append("\nwhy      ").append(chosen.why());
        int field = width(chosen, Chosen.Value::field);
        int text = width(chosen, ProfileShow::shown);
        String row = "%n%-" + field + "s  %-" + text + "s  %s";
        lines.append('\n').append(String.format(row, "FIELD", "VALUE", "FROM"));
        for (Chosen.Value v : chosen.values()) lines.append(String.format(row, v.field(), shown(v), v.from()));
        for (Chosen.Value v : chosen.values())
            if (v.field().equals("jvm")) lines.append("\n\njvm: ").append(v.text());
        return lines.toString();
    }

    private static int width(Chosen chosen, Function<Chosen.Value, String> of) {
        return chosen.values().stream()
                .mapToInt(v -> of.apply(v).length())
                .max()
                .orElse(0);
    }

    /** The flags stand below the table. */
    private static String shown(Chosen.Value value) {
        int flags = value.text().split(" ").length;
        return value.field().equals("jvm") ? flags + (flags == 1 ? " flag" : " flags") : value.text();
    }

    private static String json(Chosen chosen) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("profile", chosen.profile().name());
            json.writeStringField("machine", chosen.hardware().words());
            json.writeStringField("why", chosen.why());
            json.writeArrayFieldStart("values");
            for (Chosen.Value value : chosen.values()) {
                json.writeStartObject();
                json.writeStringField("field", value.field());
                json.writeStringField("value", value.text());
                json.writeStringField("from", value.from());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        return text.toString();
    }
}
