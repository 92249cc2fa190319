package dev.flotilla.controller.enrol;

import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import dev.flotilla.model.FleetName;
import dev.flotilla.security.Identity;
import dev.flotilla.security.OwnerOnly;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.SortedSet;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * The fleet's own small certificate authority: a P-256 key beside the controller's journal. All its certificates are valid from 1970 on, since
 * devices start with that clock; those of the authority and of the broker have no end, since a device whose clock runs ahead must still find
 * home. Any thread.
 */
public final class CertificateAuthority {
    /** What a certificate's owner may be: the organisational unit of its name. */
    public enum Role {
        DEVICE,
        BROKER;

        /** As it stands in the certificate. */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** The files in its folder. */
    public static final String KEY = "ca.key";

    public static final String CERTIFICATE = "ca.pem";

    private static final Date BEGIN = new Date(0);
    /** RFC 5280, 4.1.2.5: no well-defined end. */
    private static final Date NO_END = Date.from(Instant.parse("9999-12-31T23:59:59Z"));

    private static final String SIGNATURE = "SHA256withECDSA";

    private final FleetName fleet;
    private final PrivateKey key;
    private final X509Certificate certificate;
    private final SecureRandom random = new SecureRandom();

    private CertificateAuthority(FleetName fleet, PrivateKey key, X509Certificate certificate) {
        this.fleet = fleet;
        this.key = key;
        this.certificate = certificate;
    }

    /** Reads the authority in that folder, or makes it at the first start: synced to disk, readable by the owner alone. */
    public static CertificateAuthority at(Path folder, FleetName fleet) throws IOException {
        Path keyFile = folder.resolve(KEY);
        Path certificateFile = folder.resolve(CERTIFICATE);
        if (!Files.exists(certificateFile)) make(fleet, keyFile, certificateFile);
        if (!Files.exists(keyFile))
            throw new IOException(keyFile + " is missing, and " + certificateFile
                    + " is there: put it back from a backup, or remove both, and every device joins anew");
        OwnerOnly.check(keyFile);
        try {
            PrivateKey key = Identity.key(Files.readString(keyFile));
            X509Certificate certificate =
                    Identity.certificates(Files.readString(certificateFile)).get(0);
            return new CertificateAuthority(fleet, key, certificate);
        } catch (IllegalArgumentException e) {
            throw new IOException("the certificate authority in " + folder + " is damaged: " + e.getMessage(), e);
        }
    }

    private static void make(FleetName fleet, Path keyFile, Path certificateFile) throws IOException {
        KeyPair pair = Identity.freshKey();
        X500Name name = new X500NameBuilder()
                .addRDN(BCStyle.O, fleet.value())
                .addRDN(BCStyle.CN, "ca")
                .build();
        X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                name, serial(new SecureRandom()), BEGIN, NO_END, name, pair.getPublic());
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        builder.addExtension(
                Extension.subjectKeyIdentifier, false, extensions().createSubjectKeyIdentifier(pair.getPublic()));
        X509Certificate certificate = signed(builder, pair.getPrivate());
        // the key first: a certificate stands for a key that is on disk
        OwnerOnly.write(
                keyFile,
                new Identity(pair.getPrivate(), List.of(certificate)).keyText().getBytes(StandardCharsets.US_ASCII));
        OwnerOnly.write(certificateFile, Identity.text(List.of(certificate)).getBytes(StandardCharsets.US_ASCII));
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /** By this devices know the authority before they have its certificate. */
    public Digest keyHash() {
        return Identity.hash(certificate.getPublicKey());
    }

    /** A device's certificate and the authority's. */
    public List<X509Certificate> device(DeviceId device, PublicKey of, Instant until) {
        X509v3CertificateBuilder builder = leaf(device.value(), Role.DEVICE, of, Date.from(until));
        add(builder, new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth));
        return List.of(signed(builder, key), certificate);
    }

    /** A new key for a broker, its certificate, and the authority's. @param hosts  names and addresses by which it is reached */
    public Identity broker(SortedSet<String> hosts) {
        KeyPair pair = Identity.freshKey();
        X509v3CertificateBuilder builder = leaf("broker", Role.BROKER, pair.getPublic(), NO_END);
        add(builder, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
        List<GeneralName> names = new ArrayList<>();
        for (String host : hosts) {
            boolean address = host.matches("[0-9.]+") || host.contains(":");
            names.add(new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, host));
        }
        try {
            if (!names.isEmpty())
                builder.addExtension(
                        Extension.subjectAlternativeName, false, new GeneralNames(names.toArray(GeneralName[]::new)));
        } catch (CertIOException e) {
            throw new IllegalStateException("a certificate cannot be written", e);
        }
        return new Identity(pair.getPrivate(), List.of(signed(builder, key), certificate));
    }

    private X509v3CertificateBuilder leaf(String name, Role role, PublicKey of, Date until) {
        if (!name.matches("[A-Za-z0-9._-]{1,64}")) throw new IllegalArgumentException("no name for a certificate");
        X500Name subject = new X500NameBuilder()
                .addRDN(BCStyle.O, fleet.value())
                .addRDN(BCStyle.OU, role.word())
                .addRDN(BCStyle.CN, name)
                .build();
        X509v3CertificateBuilder builder =
                new JcaX509v3CertificateBuilder(certificate, serial(random), BEGIN, until, subjectOf(subject), of);
        try {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(
                    Extension.authorityKeyIdentifier, false, extensions().createAuthorityKeyIdentifier(certificate));
        } catch (CertIOException | java.security.cert.CertificateEncodingException e) {
            throw new IllegalStateException("a certificate cannot be written", e);
        }
        return builder;
    }

    private static javax.security.auth.x500.X500Principal subjectOf(X500Name name) {
        try {
            return new javax.security.auth.x500.X500Principal(name.getEncoded());
        } catch (IOException e) {
            throw new IllegalStateException("a name cannot be written", e);
        }
    }

    private static void add(X509v3CertificateBuilder builder, ExtendedKeyUsage use) {
        try {
            builder.addExtension(Extension.extendedKeyUsage, true, use);
        } catch (CertIOException e) {
            throw new IllegalStateException("a certificate cannot be written", e);
        }
    }

    private static JcaX509ExtensionUtils extensions() {
        try {
            return new JcaX509ExtensionUtils();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has SHA-1, which names keys here and protects nothing", e);
        }
    }

    private static BigInteger serial(SecureRandom random) {
        return new BigInteger(127, random).setBit(126);
    }

    private static X509Certificate signed(X509v3CertificateBuilder builder, PrivateKey by) {
        try {
            return Identity.certificate(builder.build(new JcaContentSignerBuilder(SIGNATURE).build(by))
                    .getEncoded());
        } catch (OperatorCreationException | IOException e) {
            throw new IllegalStateException("a certificate cannot be signed", e);
        }
    }

    /** Signed by the authority, so that nobody else who knows a token can answer in the controller's place. */
    public byte[] sign(byte[] answer) {
        try {
            Signature signature = Signature.getInstance(SIGNATURE);
            signature.initSign(key);
            signature.update(answer);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot sign with P-256", e);
        }
    }

    @Override
    public String toString() {
        return "the certificate authority of fleet " + fleet;
    }
}
