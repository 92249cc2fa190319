package dev.flotilla.controller.app;

import dev.flotilla.controller.core.Effect;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.FleetName;
import dev.flotilla.security.LinkKey;
import dev.flotilla.security.RootSecret;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Which devices are let in, and by which keys, as the core said last. One that never joined and was never removed is let in by its file. Any thread. */
final class Standings {
    private final FleetName fleet;
    private final RootSecret root;
    private final Map<DeviceId, Effect.Standing> members = new ConcurrentHashMap<>();
    /** The core has said who they all are. */
    private volatile boolean told;
    /** Keys that are not made anew for each envelope. */
    private final Map<DeviceId, Made> keys = new ConcurrentHashMap<>();

    private record Made(int version, LinkKey key) {}

    Standings(FleetName fleet, RootSecret root) {
        this.fleet = fleet;
        this.root = root;
    }

    /** @return whether that is news: then whoever has the device's session came by an older key, or is not let in any more */
    boolean are(Effect.Standing standing) {
        return !standing.equals(members.put(standing.device(), standing));
    }

    void areAllTold() {
        told = true;
    }

    /** False before the core has said who the devices are: a removed one must not come in meanwhile. */
    boolean known() {
        return told;
    }

    /** Empty for a device that is not let in, or not yet. */
    Optional<LinkKey> key(DeviceId device) {
        return made(device).map(Made::key);
    }

    private Optional<Made> made(DeviceId device) {
        Effect.Standing member = members.get(device);
        if (!told || member != null && !member.active()) return Optional.empty();
        int version = member == null ? 1 : member.keyVersion();
        Made kept = keys.get(device);
        return Optional.of(
                kept != null && kept.version() == version
                        ? kept
                        : new Made(version, root.linkKey(fleet, device, version)));
    }

    /** It has shown that it has its key, so that this is kept. Not before: a stranger may write any number of names. */
    void met(DeviceId device) {
        made(device).ifPresent(made -> keys.put(device, made));
    }

    /** Whether that device is let in, by a certificate of that key. */
    boolean admits(DeviceId device, Digest key) {
        Effect.Standing member = members.get(device);
        return told && (member == null || member.active() && member.key().equals(Optional.of(key)));
    }

    /** Whether that device is let in by the password of its file: one that has joined has none. */
    boolean admits(DeviceId device) {
        return told && !members.containsKey(device);
    }
}
