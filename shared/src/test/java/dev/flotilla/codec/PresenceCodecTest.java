package dev.flotilla.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.flotilla.link.Presence;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class PresenceCodecTest {
    @Test
    void theBytesAreThoseThatOtherVersionsRead() {
        assertEquals("{\"state\":\"online\"}", text(PresenceCodec.encode(Presence.ONLINE)));
        assertEquals("{\"state\":\"offline\"}", text(PresenceCodec.encode(Presence.OFFLINE)));
        assertEquals("{\"state\":\"degraded: storage\"}", text(PresenceCodec.encode(Presence.DEGRADED)));
        assertEquals("{\"start\":\"a1\",\"version\":\"0.1.0\"}", text(PresenceCodec.controller("a1", "0.1.0")));
        assertEquals("{\"start\":\"\"}", text(PresenceCodec.noController()));
    }

    @Test
    void whatIsWrittenIsReadAlsoWithFieldsOfANewerVersion() {
        for (Presence presence : Presence.values())
            assertEquals(presence, PresenceCodec.decode(PresenceCodec.encode(presence)));
        assertEquals("a1", PresenceCodec.start(PresenceCodec.controller("a1", "0.1.0")));
        assertEquals("", PresenceCodec.start(PresenceCodec.noController()));
        assertEquals("a1", PresenceCodec.start(bytes("{\"coap\": {\"start\": [\"b\"]}, \"start\": \"a1\"}")));
        assertEquals(Presence.ONLINE, PresenceCodec.decode(bytes("{\"since\": [{}], \"state\": \"online\"}")));
    }

    @Test
    void aDeviceIsThereOnlyIfItsStateSaysSo() {
        for (String said : List.of(
                "{\"state\":\"not online\"}",
                "{\"note\":\"online\",\"state\":\"offline\"}",
                "{\"note\":\"degraded\"}",
                "{\"state\":[\"online\"]}",
                "{\"state\":\"online\"",
                "online",
                "",
                "{\"state\":\"online\",\"note\":\"" + "a".repeat(1024) + "\"}"))
            assertEquals(Presence.OFFLINE, PresenceCodec.decode(bytes(said)), said);
    }

    @Test
    void aControllersPresenceThatIsNoObjectIsMalformed() {
        for (String said : List.of("", "[]", "\"start\"", "{\"start\":", "[".repeat(2000)))
            assertThrows(Malformed.class, () -> PresenceCodec.start(bytes(said)), said);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
