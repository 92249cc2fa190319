package dev.flotilla.security;

import dev.flotilla.codec.CborIn;
import dev.flotilla.codec.CborOut;
import dev.flotilla.codec.Malformed;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Digest;
import dev.flotilla.model.FleetName;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Optional;

/**
 * What a device says to join, on whatever way: whose token it holds is proved by the connection, whose key it is by the signature (PROTOCOL
 * section 9).
 *
 * @param token      the token's id
 * @param publicKey  P-256, SubjectPublicKeyInfo in DER; its private key is on the device's disk already
 * @param proof      a signature with that key over fleet, token and key
 * @param host       the host's name, from which the device gets its own where that is free
 */
public record JoinRequest(String token, Bytes publicKey, Bytes proof, String host) {
    /** Bytes of the largest one. */
    public static final int LARGEST = 1024;

    private static final int KEY = 256;
    private static final int FIELD_BITS = 256;

    /** @param host  cut to 64 characters */
    public static JoinRequest of(Token token, KeyPair key, String host) {
        Bytes spki = new Bytes(key.getPublic().getEncoded());
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(key.getPrivate());
            signature.update(signed(token.fleet(), token.id(), spki));
            return new JoinRequest(
                    token.id(), spki, new Bytes(signature.sign()), host.substring(0, Math.min(64, host.length())));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot sign with P-256", e);
        }
    }

    private static byte[] signed(FleetName fleet, String token, Bytes publicKey) {
        return LinkKey.lengthPrefixed(
                "flotilla/1".getBytes(StandardCharsets.UTF_8),
                "join".getBytes(StandardCharsets.UTF_8),
                fleet.value().getBytes(StandardCharsets.UTF_8),
                token.getBytes(StandardCharsets.UTF_8),
                publicKey.array());
    }

    /** The key, if it is one of P-256 and whoever asks has its private half; empty otherwise. */
    public Optional<PublicKey> provenKey(FleetName fleet) {
        try {
            PublicKey key = KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(publicKey.array()));
            boolean fits = key instanceof ECPublicKey ec
                    && ec.getParams().getCurve().getField().getFieldSize() == FIELD_BITS
                    && ec.getParams().getOrder().bitLength() == FIELD_BITS
                    && Arrays.equals(key.getEncoded(), publicKey.array()); // one key has one hash
            if (!fits) return Optional.empty();
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initVerify(key);
            signature.update(signed(fleet, token, publicKey));
            return signature.verify(proof.array()) ? Optional.of(key) : Optional.empty();
        } catch (GeneralSecurityException e) {
            return Optional.empty();
        }
    }

    public Digest keyHash() {
        return Digest.of(publicKey.array());
    }

    public byte[] bytes() {
        return new CborOut()
                .array(4)
                .put(token)
                .put(publicKey)
                .put(proof)
                .put(host)
                .end()
                .bytes();
    }

    /** @throws Malformed if it is none; nothing of it is quoted */
    public static JoinRequest read(byte[] bytes) {
        if (bytes.length > LARGEST) throw new Malformed("larger than " + LARGEST + " bytes");
        return CborIn.whole(bytes, in -> {
            in.array();
            JoinRequest request = new JoinRequest(in.text(16), in.bytes(KEY), in.bytes(KEY), in.text(64));
            in.end();
            return request;
        });
    }
}
