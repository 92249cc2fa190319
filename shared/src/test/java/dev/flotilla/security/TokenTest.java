package dev.flotilla.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.model.Bytes;
import dev.flotilla.model.Digest;
import dev.flotilla.model.FleetName;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenTest {
    private static final Token TOKEN = new Token(
            new FleetName("woods"),
            Digest.of(new byte[] {1}),
            List.of(URI.create("coaps://10.0.0.1:5684"), URI.create("mqtts://10.0.0.1:8883")),
            "0123456789abcdef",
            new Bytes(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}),
            Instant.ofEpochSecond(2_000_000_000));

    @Test
    void itIsReadAsItWasWrittenFromOneLineWithWhiteSpaceAroundIt() {
        assertEquals(TOKEN, Token.parse(" \n" + TOKEN.text() + "\r\n"));
        assertEquals(1, TOKEN.text().lines().count());
    }

    @Test
    void anyCharacterThatIsMistypedOrMissingIsFoundOutAndNothingOfTheTextIsTold() {
        String text = TOKEN.text();
        for (int i = 0; i < text.length(); i++) {
            String changed = text.substring(0, i) + (text.charAt(i) == 'x' ? 'y' : 'x') + text.substring(i + 1);
            refused(changed);
            refused(text.substring(0, i) + text.substring(i + 1));
            refused(text.substring(0, i));
        }
        refused(text + "A");
        refused("flotilla1.");
        refused("x".repeat(100_000));
    }

    private static void refused(String text) {
        var failure = assertThrows(IllegalArgumentException.class, () -> Token.parse(text), text);
        if (text.length() > 20) assertFalse(failure.getMessage().contains(text.substring(10)), failure.getMessage());
        assertTrue(failure.getCause() == null, "the cause may quote the text");
    }

    @Test
    void itsSecretStandsInItsTextAlone() {
        assertFalse(TOKEN.toString().contains(TOKEN.secret().toString()));
        assertEquals("token 0123456789abcdef of fleet woods", TOKEN.toString());
    }
}
