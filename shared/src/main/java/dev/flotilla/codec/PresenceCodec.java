package dev.flotilla.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.flotilla.link.Presence;
import dev.flotilla.model.Limits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The two presences that a broker keeps, as JSON: a device's {@code {"state": word}} and the controller's {@code {"start": id, "version": v}}. */
public final class PresenceCodec {
    /** A device's presence has fewer bytes. */
    private static final int LARGEST = 1024;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(Limits.NESTING)
                    .build())
            .build();

    private PresenceCodec() {}

    public static byte[] encode(Presence presence) {
        return object("state", presence.word());
    }

    /** A device's presence. Whatever says neither online nor degraded says offline, also what cannot be read. */
    public static Presence decode(byte[] json) {
        String word;
        try {
            word = json.length < LARGEST ? text(json, "state") : "";
        } catch (Malformed e) {
            return Presence.OFFLINE;
        }
        if (word.startsWith("degraded")) return Presence.DEGRADED;
        return word.equals(Presence.ONLINE.word()) ? Presence.ONLINE : Presence.OFFLINE;
    }

    /** Of a controller that is there; {@code start} names this start of it. */
    public static byte[] controller(String start, String version) {
        return object("start", start, "version", version);
    }

    /** Of a controller that has gone. */
    public static byte[] noController() {
        return object("start", "");
    }

    /**
     * The start that a controller's presence names; empty if there is none.
     *
     * @throws Malformed if it is no such JSON
     */
    public static String start(byte[] json) {
        return text(json, "start");
    }

    private static byte[] object(String... namesAndTexts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            for (int i = 0; i < namesAndTexts.length; i += 2)
                json.writeStringField(namesAndTexts[i], namesAndTexts[i + 1]);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail
        }
        return out.toByteArray();
    }

    /** The last text of that name; empty if there is none. */
    private static String text(byte[] bytes, String wanted) {
        String text = "";
        try (JsonParser json = JSON.createParser(bytes)) {
            if (json.nextToken() != JsonToken.START_OBJECT) throw new Malformed("a presence is an object");
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                if (json.nextToken() == JsonToken.VALUE_STRING && name.equals(wanted)) text = json.getText();
                json.skipChildren();
            }
            return text;
        } catch (IOException e) {
            throw new Malformed("a presence is JSON", e);
        }
    }
}
