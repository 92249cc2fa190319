package dev.flotilla.security;

import dev.flotilla.model.Digest;
import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What one end of a TLS connection proves itself with: a P-256 key that never leaves its machine, and the certificate for it.
 *
 * @param chain  its own certificate first, the fleet's certificate authority last
 */
public record Identity(PrivateKey key, List<X509Certificate> chain) {
    private static final String KEY = "PRIVATE KEY";
    private static final String PUBLIC = "PUBLIC KEY";
    private static final String CERTIFICATE = "CERTIFICATE";

    public Identity {
        chain = List.copyOf(chain);
        if (chain.isEmpty()) throw new IllegalArgumentException("an identity has a certificate");
    }

    /** A new key of the curve P-256. */
    public static KeyPair freshKey() {
        try {
            KeyPairGenerator keys = KeyPairGenerator.getInstance("EC");
            keys.initialize(new ECGenParameterSpec("secp256r1"));
            return keys.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every Java has P-256", e);
        }
    }

    /** SHA-256 over the key as SubjectPublicKeyInfo in DER: the same for a key and for any certificate of it. */
    public static Digest hash(PublicKey key) {
        return Digest.of(key.getEncoded());
    }

    /** The fleet's certificate authority. */
    public X509Certificate authority() {
        return chain.get(chain.size() - 1);
    }

    /** Whose certificate it is: the common name. */
    public String name() {
        return name(chain.get(0));
    }

    /** The common name of that certificate's subject; empty if there is none. */
    public static String name(X509Certificate certificate) {
        return part(certificate, "CN");
    }

    /** The organisational unit of that certificate's subject, which is its role; empty if there is none. */
    public static String role(X509Certificate certificate) {
        return part(certificate, "OU");
    }

    /** The authority writes names of these characters alone, and nobody else's certificate gets past TLS. */
    private static String part(X509Certificate certificate, String type) {
        Matcher part = Pattern.compile("(?:^|,)" + type + "=([A-Za-z0-9._-]{1,64})(?=,|$)")
                .matcher(certificate.getSubjectX500Principal().getName());
        return part.find() ? part.group(1) : "";
    }

    /** A secret. */
    public String keyText() {
        return Pem.block(KEY, key.getEncoded());
    }

    public String chainText() {
        return text(chain);
    }

    /** A key and its public half, as text; a secret. */
    public static String text(KeyPair pair) {
        return Pem.block(KEY, pair.getPrivate().getEncoded())
                + Pem.block(PUBLIC, pair.getPublic().getEncoded());
    }

    /** @throws IllegalArgumentException with a sentence for people that holds no secret, if these are not two such blocks */
    public static KeyPair pair(String pem) {
        List<byte[]> blocks = Pem.blocks(PUBLIC, pem);
        if (blocks.size() != 1) throw new IllegalArgumentException("one block PUBLIC KEY was expected");
        try {
            return new KeyPair(
                    KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(blocks.get(0))), key(pem));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("the public key is damaged or not of an elliptic curve", e);
        }
    }

    /** PEM blocks, one after the other. */
    public static String text(List<X509Certificate> certificates) {
        StringBuilder all = new StringBuilder();
        try {
            for (X509Certificate each : certificates) all.append(Pem.block(CERTIFICATE, each.getEncoded()));
        } catch (CertificateEncodingException e) {
            throw new IllegalArgumentException("a certificate cannot be written", e);
        }
        return all.toString();
    }

    /** @throws IllegalArgumentException with a sentence for people that holds no secret, if it is no private key */
    public static PrivateKey key(String pem) {
        List<byte[]> blocks = Pem.blocks(KEY, pem);
        if (blocks.size() != 1) throw new IllegalArgumentException("one block PRIVATE KEY was expected");
        try {
            return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(blocks.get(0)));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("the private key is damaged or not of an elliptic curve");
        }
    }

    /** @throws IllegalArgumentException with a sentence for people, if there is none or one is damaged */
    public static List<X509Certificate> certificates(String pem) {
        List<byte[]> blocks = Pem.blocks(CERTIFICATE, pem);
        if (blocks.isEmpty()) throw new IllegalArgumentException("a block CERTIFICATE was expected");
        List<X509Certificate> found = new ArrayList<>();
        for (byte[] der : blocks) found.add(certificate(der));
        return found;
    }

    /** @throws IllegalArgumentException with a sentence for people, if it is damaged */
    public static X509Certificate certificate(byte[] der) {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (CertificateException e) {
            throw new IllegalArgumentException("a certificate is damaged", e);
        }
    }

    /** For Java's TLS: one entry under {@code flotilla}. */
    public KeyStore store(char[] password) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("flotilla", key, password, chain.toArray(X509Certificate[]::new));
            return store;
        } catch (GeneralSecurityException | java.io.IOException e) {
            throw new IllegalArgumentException("the key and its certificate do not belong together", e);
        }
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "the identity of " + name();
    }
}
