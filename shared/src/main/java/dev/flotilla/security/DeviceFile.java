package dev.flotilla.security;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.FleetName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that an agent needs to be a certain device of a fleet; a JSON file of mode 0600.
 *
 * @param broker    {@code mqtt://host:port}
 * @param user      of the device at the broker
 * @param password  of the device at the broker; a secret
 */
public record DeviceFile(FleetName fleet, DeviceId device, URI broker, String user, String password, LinkKey linkKey) {
    /** The file of a device whose keys come from the fleet's root secret. */
    public static DeviceFile of(RootSecret root, FleetName fleet, DeviceId device, URI broker) {
        return new DeviceFile(
                fleet, device, broker, device.value(), root.devicePassword(fleet, device), root.linkKey(fleet, device));
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
            json.writeEndObject();
        }
        OwnerOnly.write(file, out.toByteArray());
    }

    /** @throws IOException with a sentence for people: unreadable, readable by others, or a field missing or wrong */
    public static DeviceFile read(Path file) throws IOException {
        OwnerOnly.check(file);
        Map<String, String> fields = new TreeMap<>();
        try (JsonParser json = new JsonFactory().createParser(Files.readAllBytes(file))) {
            if (json.nextToken() != JsonToken.START_OBJECT) throw new IOException(file + " is no device file");
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                json.nextToken();
                fields.put(name, json.getText());
                json.skipChildren();
            }
        }
        try {
            return new DeviceFile(
                    new FleetName(field(file, fields, "fleet")),
                    new DeviceId(field(file, fields, "device")),
                    URI.create(field(file, fields, "broker")),
                    field(file, fields, "user"),
                    field(file, fields, "password"),
                    LinkKey.parse(field(file, fields, "link_key")));
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
