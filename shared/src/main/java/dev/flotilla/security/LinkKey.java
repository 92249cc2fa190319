package dev.flotilla.security;

import dev.flotilla.model.DeviceId;
import dev.flotilla.model.FleetName;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** 256 bits that one device and the controller share; tags envelopes so that no broker and no other device can forge one. */
public final class LinkKey {
    /** Bytes of a tag. */
    public static final int TAG = 16;

    private final byte[] key;

    /** @throws IllegalArgumentException if these are not 32 bytes */
    public LinkKey(byte[] key) {
        if (key.length != 32) throw new IllegalArgumentException("a link key has 32 bytes");
        this.key = key.clone();
    }

    /** From the text in a device file. @throws IllegalArgumentException if it is not one */
    public static LinkKey parse(String base64) {
        return new LinkKey(Base64.getUrlDecoder().decode(base64));
    }

    /** For a device file; a secret. */
    public String text() {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(key);
    }

    /** Which way an envelope goes; part of what is tagged, so that none can be sent back. */
    public enum Direction {
        UP,
        DOWN
    }

    /** {@code tag || body}. */
    public byte[] seal(Direction direction, FleetName fleet, DeviceId device, byte[] body) {
        byte[] tag = tag(direction, fleet, device, body);
        byte[] sealed = new byte[TAG + body.length];
        System.arraycopy(tag, 0, sealed, 0, TAG);
        System.arraycopy(body, 0, sealed, TAG, body.length);
        return sealed;
    }

    /** The body, if its tag is right; compared in constant time. */
    public Optional<byte[]> open(Direction direction, FleetName fleet, DeviceId device, byte[] sealed) {
        if (sealed.length < TAG) return Optional.empty();
        byte[] body = java.util.Arrays.copyOfRange(sealed, TAG, sealed.length);
        byte[] claimed = java.util.Arrays.copyOf(sealed, TAG);
        return MessageDigest.isEqual(claimed, tag(direction, fleet, device, body))
                ? Optional.of(body)
                : Optional.empty();
    }

    private byte[] tag(Direction direction, FleetName fleet, DeviceId device, byte[] body) {
        byte[] whole = hmac(
                key,
                lengthPrefixed(
                        "flotilla/1".getBytes(StandardCharsets.UTF_8),
                        direction.name().getBytes(StandardCharsets.UTF_8),
                        fleet.value().getBytes(StandardCharsets.UTF_8),
                        device.value().getBytes(StandardCharsets.UTF_8),
                        body));
        return java.util.Arrays.copyOf(whole, TAG);
    }

    static byte[] hmac(byte[] key, byte[] message) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(message);
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every Java has HmacSHA256", e);
        }
    }

    static byte[] lengthPrefixed(byte[]... parts) {
        int size = 0;
        for (byte[] part : parts) size += 4 + part.length;
        ByteBuffer out = ByteBuffer.allocate(size);
        for (byte[] part : parts) out.putInt(part.length).put(part);
        return out.array();
    }

    @Override
    public String toString() {
        return "a link key";
    }
}
