package dev.flotilla.security;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.FleetName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All that an agent needs to be a certain device of a fleet; a JSON file of mode 0600.
 *
 * @param broker    {@code mqtt://host:port}
 * @param user      of the device at the broker
 * @param password  of the device at the broker; a secret
 * @param labels    what its owner labelled it with
 */
public record DeviceFile(
        FleetName fleet,
        DeviceId device,
        URI broker,
        String user,
        String password,
        LinkKey linkKey,
        SortedMap<String, String> labels) {
    public DeviceFile {
        labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    }

    /** The file of a device whose keys come from the fleet's root secret. */
    public static DeviceFile of(RootSecret root, FleetName fleet, DeviceId device, URI broker) {
        return new DeviceFile(
                fleet,
                device,
                broker,
                device.value(),
                root.devicePassword(fleet, device),
                root.linkKey(fleet, device),
                new TreeMap<>());
    }

    /** The same device with these labels. */
    public DeviceFile labelled(SortedMap<String, String> with) {
        return new DeviceFile(fleet, device, broker, user, password, linkKey, with);
    }

    public void write(Path file) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(out).useDefaultPrettyPrinter()) {
            json.writeStartObject();
            json.writeStringField("fleet", fleet.value());
            json.writeStringField("device", device.value());
            json.writeStringField("broker", broker.toString());
            json.writeStringField("user", user);
            json.writeStringField("password", password);
            json.writeStringField("link_key", linkKey.text());
            json.writeObjectFieldStart("labels");
            for (Map.Entry<String, String> label : labels.entrySet())
                json.writeStringField(label.getKey(), label.getValue());
            json.writeEndObject();
            json.writeEndObject();
        }
        OwnerOnly.write(file, out.toByteArray());
    }

    /** @throws IOException with a sentence for people: unreadable, readable by others, or a field missing or wrong; {@code labels} may be missing */
    public static DeviceFile read(Path file) throws IOException {
        OwnerOnly.check(file);
        Map<String, String> fields = new TreeMap<>();
        SortedMap<String, String> labels = new TreeMap<>();
        try (JsonParser json = new JsonFactory().createParser(Files.readAllBytes(file))) {
            if (json.nextToken() != JsonToken.START_OBJECT) throw new IOException(file + " is no device file");
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                if (json.nextToken() == JsonToken.START_OBJECT && name.equals("labels")) {
                    while (json.nextToken() == JsonToken.FIELD_NAME)
                        labels.put(json.currentName(), json.nextTextValue());
                } else {
                    fields.put(name, json.getText());
                    json.skipChildren();
                }
            }
        } catch (JsonProcessingException e) {
            // neither its message nor itself: it quotes the text, which holds secrets
            throw new IOException(file + " is no good JSON"
                    + (e.getLocation() == null
                            ? ""
                            : " at line " + e.getLocation().getLineNr()));
        }
        if (labels.containsValue(null)) throw new IOException(file + " has a label that is no text in quotes");
        try {
            return new DeviceFile(
                    new FleetName(field(file, fields, "fleet")),
                    new DeviceId(field(file, fields, "device")),
                    URI.create(field(file, fields, "broker")),
                    field(file, fields, "user"),
                    field(file, fields, "password"),
                    LinkKey.parse(field(file, fields, "link_key")),
                    labels);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is no good device file: " + e.getMessage(), e);
        }
    }

    private static String field(Path file, Map<String, String> fields, String name) throws IOException {
        String value = fields.get(name);
        if (value == null) throw new IOException(file + " lacks the field " + name);
        return value;
    }

    /** Without its secrets. */
    @Override
    public String toString() {
        return device + " of fleet " + fleet + " at " + broker;
    }
}
