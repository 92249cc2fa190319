package dev.flotilla.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.model.DeviceId;
import dev.flotilla.model.FleetName;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceFileTest {
    @TempDir
    Path dir;

    private DeviceFile written(Path file) throws IOException {
        DeviceFile oak = DeviceFile.of(
                        RootSecret.at(dir.resolve("root")),
                        new FleetName("woods"),
                        new DeviceId("oak"),
                        URI.create("mqtt://127.0.0.1:1883"))
                .labelled(new TreeMap<>(Map.of("site", "berlin", "n", "1")));
        oak.write(file);
        return oak;
    }

    @Test
    void itIsReadAsItWasWrittenAndTheOwnerAloneCanReadIt() throws IOException {
        Path file = dir.resolve("oak.json");
        DeviceFile oak = written(file);
        DeviceFile read = DeviceFile.read(file);
        assertEquals(oak.labels(), read.labels());
        assertEquals(oak.password(), read.password());
        assertEquals(oak.linkKey().text(), read.linkKey().text());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertFalse(oak.toString().contains(oak.password()));
    }

    /** A certificate is a file for this test: who signs it does not matter here. */
    @Test
    void oneWithACertificateHasNoPasswordAndOneWithTheWrongProofIsRefused() throws IOException {
        Identity identity = new Identity(
                Identity.freshKey().getPrivate(),
                Identity.certificates(Files.readString(Path.of("src/test/data/device.pem"))));
        DeviceFile oak = DeviceFile.of(
                RootSecret.at(dir.resolve("root")),
                new FleetName("woods"),
                new DeviceId("oak"),
                URI.create("mqtts://10.0.0.1:8883"),
                identity);
        Path file = dir.resolve("oak.json");
        oak.write(file);
        DeviceFile read = DeviceFile.read(file);
        assertEquals(identity.chainText(), read.identity().orElseThrow().chainText());
        assertEquals(identity.keyText(), read.identity().orElseThrow().keyText());
        assertEquals("", read.password());
        Files.writeString(file, Files.readString(file).replace("mqtts:", "mqtt:"));
        var failure = assertThrows(IOException.class, () -> DeviceFile.read(file));
        assertTrue(failure.getMessage().contains("lacks the field user"), failure.getMessage());
    }

    @Test
    void oneWithoutLabelsOrWithFieldsOfALaterVersionIsReadToo() throws IOException {
        Path file = dir.resolve("oak.json");
        written(file);
        String text = Files.readString(file);
        Files.writeString(file, text.replaceAll("(?s)\"labels\".*?}", "\"later\" : { \"x\" : [ 1 ] }"));
        assertEquals(0, DeviceFile.read(file).labels().size());
    }

    @Test
    void damageIsNamedWithoutASecret() throws IOException {
        Path file = dir.resolve("oak.json");
        DeviceFile oak = written(file);
        String text = Files.readString(file);
        for (String broken : new String[] {
            text.replace("\",", "\""),
            text.substring(0, text.length() / 2),
            "[]",
            text.replace("link_key", "key"),
            text.replace("{", "{\"x\": " + "[".repeat(2000))
        }) {
            Files.writeString(file, broken);
            String said =
                    assertThrows(IOException.class, () -> DeviceFile.read(file)).getMessage();
            assertTrue(said.startsWith(file.toString()), said);
            assertFalse(said.contains(oak.password()), said);
        }
    }

    @Test
    void oneThatOthersCanReadIsRefusedWithTheRemedy() throws IOException {
        Path file = dir.resolve("oak.json");
        written(file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertTrue(assertThrows(IOException.class, () -> DeviceFile.read(file))
                .getMessage()
                .contains("chmod 600"));
    }
}
