package dev.flotilla.security;

import dev.flotilla.codec.CborIn;
import dev.flotilla.codec.CborOut;
import dev.flotilla.codec.Malformed;
import dev.flotilla.codec.ModelCodec;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * What the controller says to who joins, signed with the key of the certificate authority that the token names: another holder of a token for
 * many must not play controller (PROTOCOL section 9).
 */
public sealed interface JoinAnswer {
    /**
     * It is that device now.
     *
     * @param chain   its certificate first, the authority's last
     * @param broker  where it finds the fleet's broker, {@code mqtts://host:port}
     * @param labels  those of the token
     */
    record Joined(
            DeviceId device, List<X509Certificate> chain, URI broker, LinkKey linkKey, SortedMap<String, String> labels)
            implements JoinAnswer {}

    /** It will be that device, once the operator has approved it: ask again later. */
    record Pending(DeviceId device) implements JoinAnswer {}

    /** It may not join. */
    record Refused(String what, String why, String next) implements JoinAnswer {}

    int LARGEST = 16 * 1024;

    /**
     * The answer to whoever has that public key.
     *
     * @param authority  whose key signs
     * @param sign       signs with SHA256withECDSA
     */
    static byte[] seal(JoinAnswer answer, Digest publicKey, X509Certificate authority, UnaryOperator<byte[]> sign) {
        byte[] body = body(answer);
        try {
            return new CborOut()
                    .array(3)
                    .put(new Bytes(body))
                    .put(new Bytes(sign.apply(signed(publicKey, body))))
                    .put(new Bytes(authority.getEncoded()))
                    .end()
                    .bytes();
        } catch (java.security.cert.CertificateEncodingException e) {
            throw new IllegalStateException("a certificate cannot be written", e);
        }
    }

    /**
     * What was sealed, if the authority with that key has signed it for that public key; empty otherwise.
     *
     * @throws Malformed if it is no answer, or one of another version
     */
    static Optional<JoinAnswer> open(byte[] sealed, Digest publicKey, Digest caKey) {
        if (sealed.length > LARGEST) throw new Malformed("larger than " + LARGEST + " bytes");
        List<Bytes> parts = new ArrayList<>();
        CborIn.whole(sealed, in -> {
            in.array();
            parts.add(in.bytes(LARGEST));
            parts.add(in.bytes(256));
            parts.add(in.bytes(2048));
            in.end();
            return parts;
        });
        byte[] body = parts.get(0).array();
        try {
            X509Certificate authority = Identity.certificate(parts.get(2).array());
            if (!Identity.hash(authority.getPublicKey()).equals(caKey)) return Optional.empty();
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initVerify(authority.getPublicKey());
            signature.update(signed(publicKey, body));
            if (!signature.verify(parts.get(1).array())) return Optional.empty();
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return Optional.empty();
        }
        return Optional.of(CborIn.whole(body, JoinAnswer::read));
    }

    private static byte[] signed(Digest publicKey, byte[] body) {
        return LinkKey.lengthPrefixed(
                "flotilla/1".getBytes(StandardCharsets.UTF_8),
                "joined".getBytes(StandardCharsets.UTF_8),
                publicKey.bytes(),
                body);
    }

    private static byte[] body(JoinAnswer answer) {
        CborOut out = new CborOut();
        if (answer instanceof Joined a) {
            out.array(6).put(1).put(a.device().value());
            out.put(Identity.text(a.chain()));
            out.put(a.broker().toString()).put(a.linkKey().text());
            ModelCodec.map(out, a.labels());
        } else if (answer instanceof Pending a)
            out.array(2).put(2).put(a.device().value());
        else if (answer instanceof Refused a)
            out.array(4).put(3).put(a.what()).put(a.why()).put(a.next());
        return out.end().bytes();
    }

    private static JoinAnswer read(CborIn in) {
        in.array();
        JoinAnswer answer = switch ((int) in.number(1, 3)) {
            case 1 ->
                new Joined(
                        new DeviceId(in.text(64)),
                        Identity.certificates(in.text(8192)),
                        URI.create(in.text(300)),
                        LinkKey.parse(in.text(64)),
                        new TreeMap<>(ModelCodec.map(in)));
            case 2 -> new Pending(new DeviceId(in.text(64)));
            default -> new Refused(in.text(500), in.text(500), in.text(500));
        };
        in.end();
        return answer;
    }
}
