package dev.flotilla.security;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.model.DeviceId;
import dev.flotilla.model.FleetName;
import dev.flotilla.security.LinkKey.Direction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class LinkKeyTest {
    private static final FleetName FLEET = new FleetName("shop");
    private static final DeviceId OAK = new DeviceId("oak");
    private static final byte[] BODY = "how things are".getBytes(StandardCharsets.UTF_8);

    private final LinkKey key = new LinkKey(new byte[32]);
    private final byte[] sealed = key.seal(Direction.UP, FLEET, OAK, BODY);

    @Test
    void whatWasSealedOpensToTheSameBytes() {
        assertArrayEquals(BODY, key.open(Direction.UP, FLEET, OAK, sealed).orElseThrow());
        byte[] empty = key.seal(Direction.DOWN, FLEET, OAK, new byte[0]);
        assertEquals(LinkKey.TAG, empty.length);
        assertArrayEquals(
                new byte[0], key.open(Direction.DOWN, FLEET, OAK, empty).orElseThrow());
    }

    @Test
    void itOpensOnlyForTheDirectionTheFleetTheDeviceAndTheKeyThatItWasSealedFor() {
        byte[] otherKey = new byte[32];
        otherKey[31] = 1;
        assertTrue(key.open(Direction.DOWN, FLEET, OAK, sealed).isEmpty());
        assertTrue(key.open(Direction.UP, new FleetName("shop2"), OAK, sealed).isEmpty());
        assertTrue(key.open(Direction.UP, FLEET, new DeviceId("elm"), sealed).isEmpty());
        assertTrue(new LinkKey(otherKey).open(Direction.UP, FLEET, OAK, sealed).isEmpty());
    }

    @Test
    void fleetAndDeviceCannotBeShiftedIntoOneAnother() {
        byte[] ab = key.seal(Direction.UP, new FleetName("a"), new DeviceId("bc"), BODY);
        assertTrue(key.open(Direction.UP, new FleetName("ab"), new DeviceId("c"), ab)
                .isEmpty());
    }

    @Test
    void everyChangedBitIsFoundAndSoIsEveryMissingEnd() {
        for (int bit = 0; bit < sealed.length * 8; bit++) {
            byte[] changed = sealed.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            assertTrue(key.open(Direction.UP, FLEET, OAK, changed).isEmpty(), "bit " + bit);
        }
        for (int length = 0; length < sealed.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(sealed, length);
            assertTrue(key.open(Direction.UP, FLEET, OAK, cut).isEmpty(), "length " + length);
        }
    }

    /** Computed by another implementation; a change here is a new protocol version. */
    @Test
    void theTagIsTheOneOfTheProtocol() {
        assertEquals("12b24fdf214a178fce38496aa595ae36", HexFormat.of().formatHex(sealed, 0, LinkKey.TAG));
    }

    @Test
    void itsTextGivesItBackAndIsNotInToString() {
        assertArrayEquals(
                BODY,
                LinkKey.parse(key.text()).open(Direction.UP, FLEET, OAK, sealed).orElseThrow());
        assertFalse(key.toString().contains(key.text()));
        assertThrows(IllegalArgumentException.class, () -> LinkKey.parse("c2hvcnQ"));
        assertThrows(IllegalArgumentException.class, () -> LinkKey.parse("not base64!"));
    }
}
