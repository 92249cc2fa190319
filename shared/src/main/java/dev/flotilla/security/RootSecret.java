package dev.flotilla.security;

import dev.flotilla.model.Bytes;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.FleetName;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;

/** The fleet's 256 random bits, from which every key is derived (PROTOCOL section 9), so that none needs to be stored at the controller. */
public final class RootSecret {
    /** Of all that is never given anew. */
    private static final int FIRST = 1;

    private final byte[] secret;

    private RootSecret(byte[] secret) {
        this.secret = secret;
    }

    /** Reads the secret, or makes it at the first start: synced to disk, readable by the owner alone. */
    public static RootSecret at(Path file) throws IOException {
        if (!Files.exists(file)) {
            byte[] fresh = new byte[32];
            new SecureRandom().nextBytes(fresh);
            OwnerOnly.write(file, fresh);
        }
        OwnerOnly.check(file);
        byte[] secret = Files.readAllBytes(file);
        if (secret.length != 32)
            throw new IOException(file + " is damaged: a root secret has 32 bytes, this one has " + secret.length);
        return new RootSecret(secret);
    }

    /** The key that tags envelopes of this device, both ways: the first one. */
    public LinkKey linkKey(FleetName fleet, DeviceId device) {
        return linkKey(fleet, device, FIRST);
    }

    /** The key of a device that has joined so often. @param version  from 1 */
    public LinkKey linkKey(FleetName fleet, DeviceId device, int version) {
        return new LinkKey(derive("link", fleet, device.value(), version));
    }

    /** What a token and the controller share. @param id  the token's */
    public Bytes tokenSecret(FleetName fleet, String id) {
        return new Bytes(Arrays.copyOf(derive("token", fleet, id, FIRST), 16));
    }

    /** What this device shows the broker. */
    public String devicePassword(FleetName fleet, DeviceId device) {
        return text(derive("mqtt", fleet, device.value(), FIRST));
    }

    /** What an admin client of that user shows the broker. */
    public String clientPassword(FleetName fleet, String user) {
        return text(derive("client", fleet, user, FIRST));
    }

    private byte[] derive(String purpose, FleetName fleet, String whom, int version) {
        return LinkKey.hmac(
                secret,
                LinkKey.lengthPrefixed(
                        "flotilla/1".getBytes(StandardCharsets.UTF_8),
                        purpose.getBytes(StandardCharsets.UTF_8),
                        fleet.value().getBytes(StandardCharsets.UTF_8),
                        whom.getBytes(StandardCharsets.UTF_8),
                        BigInteger.valueOf(version).toByteArray()));
    }

    private static String text(byte[] key) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(key);
    }
}
