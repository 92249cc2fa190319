package dev.flotilla.security;

import dev.flotilla.codec.CborIn;
import dev.flotilla.codec.CborOut;
import dev.flotilla.codec.Malformed;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.Digest;
import dev.flotilla.model.FleetName;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;

/**
 * By this a device joins a fleet: where the controller is, by what it is known, and a secret that the two share until the device has its own
 * (PROTOCOL section 9). Shown once, as a line of text that is read from a file or from standard input. What else the token allows (uses, expiry,
 * labels) is in the controller's journal under its id.
 *
 * @param caKey      SHA-256 of the public key of the fleet's certificate authority (SubjectPublicKeyInfo, DER): by this the device knows the
 *                   controller
 * @param addresses  where to join, the first to be tried first: {@code coaps://host:port}, {@code mqtts://host:port}; 1 to 16
 * @param id         8 bytes as hex; no secret
 * @param secret     16 bytes
 * @param expires    to the second
 */
public record Token(FleetName fleet, Digest caKey, List<URI> addresses, String id, Bytes secret, Instant expires) {
    /** The longest text in characters. */
    public static final int LONGEST = 4096;

    private static final String PREFIX = "flotilla1.";
    private static final int CHECKSUM = 4;
    private static final int MOST_ADDRESSES = 16;
    private static final int LONGEST_ADDRESS = 300;

    public Token {
        addresses = List.copyOf(addresses);
        if (addresses.isEmpty() || addresses.size() > MOST_ADDRESSES)
            throw new IllegalArgumentException("a token has 1 to " + MOST_ADDRESSES + " addresses");
        if (!id.matches("[0-9a-f]{16}")) throw new IllegalArgumentException("a token's id is 16 hex digits");
        if (secret.size() != 16) throw new IllegalArgumentException("a token's secret has 16 bytes");
    }

    /** One line, a secret. A mistyped one is found out by its checksum. */
    public String text() {
        CborOut out = new CborOut().array(6);
        out.put(fleet.value()).put(caKey);
        out.each(addresses, (to, address) -> to.put(address.toString()));
        out.put(id).put(secret).put(expires.getEpochSecond()).end();
        byte[] body = out.bytes();
        byte[] whole = Arrays.copyOf(body, body.length + CHECKSUM);
        System.arraycopy(Digest.of(body).bytes(), 0, whole, body.length, CHECKSUM);
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(whole);
    }

    /** Shown to the broker as a password. */
    public String password() {
        return password(secret);
    }

    /** That of the token with this secret. */
    public static String password(Bytes secret) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(secret.array());
    }

    /**
     * @param text  white space around it does not matter
     * @throws IllegalArgumentException with a sentence for people that holds nothing of the text, if it is no token or is mistyped
     */
    public static Token parse(String text) {
        String line = text.strip();
        if (line.isEmpty()) throw new IllegalArgumentException("the token is empty");
        if (!line.startsWith(PREFIX) || line.length() > LONGEST)
            throw new IllegalArgumentException("this is no token: one begins with " + PREFIX);
        byte[] whole;
        try {
            whole = Base64.getUrlDecoder().decode(line.substring(PREFIX.length()));
        } catch (IllegalArgumentException e) {
            throw mistyped(); // the cause would quote the text
        }
        byte[] body = Arrays.copyOf(whole, Math.max(0, whole.length - CHECKSUM));
        byte[] checksum = Arrays.copyOfRange(whole, body.length, whole.length);
        if (!Arrays.equals(checksum, Arrays.copyOf(Digest.of(body).bytes(), CHECKSUM))) throw mistyped();
        try {
            return CborIn.whole(body, Token::read);
        } catch (Malformed e) {
            throw new IllegalArgumentException("the token is of another version of Flotilla");
        }
    }

    private static IllegalArgumentException mistyped() {
        return new IllegalArgumentException("the token is mistyped or cut short: its checksum is wrong");
    }

    private static Token read(CborIn in) {
        in.array();
        FleetName fleet = new FleetName(in.text(64));
        Digest caKey = in.digest();
        List<URI> addresses = new ArrayList<>();
        for (String address : in.texts(MOST_ADDRESSES, LONGEST_ADDRESS)) addresses.add(URI.create(address));
        Token token = new Token(fleet, caKey, addresses, in.text(16), in.bytes(16), Instant.ofEpochSecond(in.number()));
        in.end();
        return token;
    }

    /** Without its secret. */
    @Override
    public String toString() {
        return "token " + id + " of fleet " + fleet;
    }

    /** The same secret, too; compared in constant time. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Token t
                && t.id.equals(id)
                && t.fleet.equals(fleet)
                && t.caKey.equals(caKey)
                && t.addresses.equals(addresses)
                && t.expires.equals(expires)
                && java.security.MessageDigest.isEqual(t.secret.array(), secret.array());
    }

    @Override
    public int hashCode() {
        return Objects.hash(id, fleet);
    }
}
