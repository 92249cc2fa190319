package dev.flotilla.carrier;

import dev.flotilla.model.DeviceId;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.JobId;
import java.util.Optional;

/** The topics of one fleet (PROTOCOL section 2). */
public record Topics(FleetName fleet) {
    private String root() {
        return "flotilla/1/" + fleet + "/";
    }

    /** Presence of the controller, retained. */
    public String controller() {
        return root() + "controller";
    }

    public String presence(DeviceId device) {
        return root() + "device/" + device + "/presence";
    }

    public String report(DeviceId device) {
        return root() + "device/" + device + "/report";
    }

    public String order(DeviceId device) {
        return root() + "device/" + device + "/order";
    }

    /** Where a client that has a token asks to join. */
    public String joinAsked(String clientId) {
        return root() + "join/" + clientId + "/ask";
    }

    /** Where it is answered. */
    public String joinAnswered(String clientId) {
        return root() + "join/" + clientId + "/answer";
    }

    /** Filter of every device's presence or report, of every admin request, or of all who ask to join. */
    public String all(String kind) {
        return switch (kind) {
            case "presence", "report" -> root() + "device/+/" + kind;
            case "admin" -> root() + "admin/+";
            case "join" -> root() + "join/+/ask";
            default -> throw new IllegalArgumentException(kind);
        };
    }

    public String admin(String verb) {
        return root() + "admin/" + verb;
    }

    public String reply(String user, String clientId) {
        return root() + "client/" + user + "/" + clientId + "/reply";
    }

    public String jobEvent(JobId job) {
        return root() + "event/job/" + job;
    }

    /** Filter of every job's events. */
    public String jobEvents() {
        return root() + "event/job/+";
    }

    public String deviceEvent(DeviceId device) {
        return root() + "event/device/" + device;
    }

    /** Filter of all events. */
    public String events() {
        return root() + "event/#";
    }

    /** Filter of all topics of the fleet. */
    public String everything() {
        return root() + "#";
    }

    /** The device of {@code device/{id}/{kind}}, if the topic is one and its id is well formed. */
    public Optional<DeviceId> device(String topic, String kind) {
        String prefix = root() + "device/";
        if (!topic.startsWith(prefix) || !topic.endsWith("/" + kind)) return Optional.empty();
        String id = topic.substring(prefix.length(), topic.length() - kind.length() - 1);
        return id.matches("[a-z0-9-]{1,64}") ? Optional.of(new DeviceId(id)) : Optional.empty();
    }

    /** The client that asks to join, if the topic is of one. */
    public Optional<String> joiner(String topic) {
        String prefix = root() + "join/";
        if (!topic.startsWith(prefix) || !topic.endsWith("/ask")) return Optional.empty();
        String id = topic.substring(prefix.length(), topic.length() - "/ask".length());
        return id.matches("[A-Za-z0-9._-]{1,64}") ? Optional.of(id) : Optional.empty();
    }

    /** The verb of an admin request, if the topic is one. */
    public Optional<String> verb(String topic) {
        String prefix = root() + "admin/";
        return topic.startsWith(prefix) ? Optional.of(topic.substring(prefix.length())) : Optional.empty();
    }
}
