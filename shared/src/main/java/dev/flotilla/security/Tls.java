package dev.flotilla.security;

import dev.flotilla.model.Digest;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * A client's side of TLS. Its broker is known by the fleet's certificate authority and by the use that its certificate names (a server's), not
 * by a host's name: devices reach the same broker by several addresses, and the authority gives that use to nobody else.
 */
public final class Tls {
    private static final char[] NO_PASSWORD = new char[0];

    private Tls() {}

    /** Believes whom one of these certificate authorities has signed. One context for many connections: a session is resumed. */
    public static SSLContext trusting(List<X509Certificate> authorities, Optional<Identity> own) {
        return context(trust(authorities), own);
    }

    /** Believes whom the certificate authority with that key has signed, which the other side shows as the last of its chain. */
    public static SSLContext pinned(Digest caKey) {
        return context(new Pinned(caKey), Optional.empty());
    }

    private static SSLContext context(TrustManager trust, Optional<Identity> own) {
        try {
            KeyManager[] keys = null;
            if (own.isPresent()) {
                KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
                factory.init(own.get().store(NO_PASSWORD), NO_PASSWORD);
                keys = factory.getKeyManagers();
            }
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, new TrustManager[] {trust}, new SecureRandom());
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot do TLS", e);
        }
    }

    private static X509ExtendedTrustManager trust(List<X509Certificate> authorities) {
        try {
            KeyStore anchors = KeyStore.getInstance("PKCS12");
            anchors.load(null, null);
            for (int i = 0; i < authorities.size(); i++) anchors.setCertificateEntry("ca-" + i, authorities.get(i));
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(anchors);
            return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("this Java cannot do TLS", e);
        }
    }

    private static final class Pinned extends X509ExtendedTrustManager {
        private final Digest caKey;

        Pinned(Digest caKey) {
            this.caKey = caKey;
        }

        private X509ExtendedTrustManager of(X509Certificate[] chain) throws CertificateException {
            X509Certificate last = chain[chain.length - 1];
            if (!Identity.hash(last.getPublicKey()).equals(caKey))
                throw new CertificateException("it is not the controller that the token names");
            return trust(List.of(last));
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String kind) throws CertificateException {
            of(chain).checkServerTrusted(chain, kind);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String kind, Socket socket)
                throws CertificateException {
            of(chain).checkServerTrusted(chain, kind, socket);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String kind, SSLEngine engine)
                throws CertificateException {
            of(chain).checkServerTrusted(chain, kind, engine);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String kind) throws CertificateException {
            throw new CertificateException("a client's side does not judge clients");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String kind, Socket socket)
                throws CertificateException {
            checkClientTrusted(chain, kind);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String kind, SSLEngine engine)
                throws CertificateException {
            checkClientTrusted(chain, kind);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
