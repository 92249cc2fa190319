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
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All that an agent needs to be a certain device of a fleet; a JSON file of mode 0600.
 *
 * @param broker    {@code mqtts://host:port} where the device proves itself by a certificate, {@code mqtt://host:port} where by a password
 * @param user      of the device at the broker; empty where a certificate says who it is
 * @param password  of the device at the broker; a secret; empty where a certificate proves it
 * @param labels    what its owner labelled it with
 * @param identity  its key and certificate for TLS; the last of the chain is the authority that the broker's comes from
 */
public record DeviceFile(
        FleetName fleet,
        DeviceId device,
        URI broker,
        String user,
        String password,
        LinkKey linkKey,
        SortedMap<String, String> labels,
        Optional<Identity> identity) {
    /** @throws IllegalArgumentException with a sentence for people, if the broker's address wants another proof than there is */
    public DeviceFile {
        boolean tls = "mqtts".equals(broker.getScheme());
        if (tls && identity.isEmpty()) throw new IllegalArgumentException("certificates are missing for " + broker);
        if (!tls && identity.isPresent())
            throw new IllegalArgumentException("certificates go with mqtts, not with " + broker);
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
                new TreeMap<>(),
                Optional.empty());
    }

    /** The file of a device that proves itself by a certificate. */
    public static DeviceFile of(RootSecret root, FleetName fleet, DeviceId device, URI broker, Identity identity) {
        return new DeviceFile(
                fleet, device, broker, "", "", root.linkKey(fleet, device), new TreeMap<>(), Optional.of(identity));
    }

    /** The same device with these labels. */
    public DeviceFile labelled(SortedMap<String, String> with) {
        return new DeviceFile(fleet, device, broker, user, password, linkKey, with, identity);
    }

    public void write(Path file) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(out).useDefaultPrettyPrinter()) {
            json.writeStartObject();
            json.writeStringField("fleet", fleet.value());
            json.writeStringField("device", device.value());
            json.writeStringField("broker", broker.toString());
            if (identity.isPresent()) {
                json.writeStringField("private_key", identity.get().keyText());
                json.writeStringField("certificates", identity.get().chainText());
            } else {
                json.writeStringField("user", user);
                json.writeStringField("password", password);
            }
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
            URI broker = URI.create(field(file, fields, "broker"));
            boolean tls = "mqtts".equals(broker.getScheme());
            Optional<Identity> identity = tls
                    ? Optional.of(new Identity(
                            Identity.key(field(file, fields, "private_key")),
                            Identity.certificates(field(file, fields, "certificates"))))
                    : Optional.empty();
            return new DeviceFile(
                    new FleetName(field(file, fields, "fleet")),
                    new DeviceId(field(file, fields, "device")),
                    broker,
                    tls ? "" : field(file, fields, "user"),
                    tls ? "" : field(file, fields, "password"),
                    LinkKey.parse(field(file, fields, "link_key")),
                    labels,
                    identity);
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
