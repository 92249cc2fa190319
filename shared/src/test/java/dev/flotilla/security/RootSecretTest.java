package dev.flotilla.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.model.DeviceId;
import dev.flotilla.model.FleetName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RootSecretTest {
    private static final FleetName FLEET = new FleetName("shop");
    private static final DeviceId OAK = new DeviceId("oak");

    @TempDir
    Path dir;

    @Test
    void itIsMadeOnceReadableByItsOwnerAlone() throws IOException {
        Path file = dir.resolve("root.secret");
        RootSecret made = RootSecret.at(file);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals(
                made.linkKey(FLEET, OAK).text(),
                RootSecret.at(file).linkKey(FLEET, OAK).text());
        try (var files = Files.list(dir)) {
            assertEquals(List.of(file), files.toList(), "a temporary file was left behind");
        }
    }

    @Test
    void everyPurposeDeviceAndFleetHasItsOwnKey() throws IOException {
        RootSecret root = RootSecret.at(dir.resolve("root.secret"));
        List<String> all = List.of(
                root.linkKey(FLEET, OAK).text(),
                root.devicePassword(FLEET, OAK),
                root.clientPassword(FLEET, "oak"),
                root.linkKey(FLEET, new DeviceId("elm")).text(),
                root.linkKey(new FleetName("lab"), OAK).text());
        assertEquals(all.size(), new TreeSet<>(all).size());
        assertNotEquals(
                root.devicePassword(FLEET, OAK),
                RootSecret.at(dir.resolve("other.secret")).devicePassword(FLEET, OAK));
    }

    @Test
    void oneThatOthersCanReachOrThatIsDamagedIsRefusedWithTheRemedy() throws IOException {
        Path file = dir.resolve("root.secret");
        RootSecret.at(file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        IOException open = assertThrows(IOException.class, () -> RootSecret.at(file));
        assertTrue(open.getMessage().contains("chmod 600 " + file), open.getMessage());

        OwnerOnly.write(file, new byte[31]);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        IOException damaged = assertThrows(IOException.class, () -> RootSecret.at(file));
        assertTrue(damaged.getMessage().contains("31"), damaged.getMessage());
    }
}
