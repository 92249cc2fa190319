package dev.flotilla.security;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Keys and certificates as text (RFC 7468). */
final class Pem {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z ]+)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");

    private Pem() {}

    static String block(String label, byte[] der) {
        String text = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(der);
        return "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n";
    }

    /** @throws IllegalArgumentException if a block holds no base64; the message does not quote it */
    static List<byte[]> blocks(String label, String text) {
        List<byte[]> found = new ArrayList<>();
        Matcher blocks = BLOCK.matcher(text);
        while (blocks.find()) {
            if (!blocks.group(1).equals(label)) continue;
            try {
                found.add(Base64.getMimeDecoder().decode(blocks.group(2)));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("a block " + label + " is damaged");
            }
        }
        return found;
    }
}
