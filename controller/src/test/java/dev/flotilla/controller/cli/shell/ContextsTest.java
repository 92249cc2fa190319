package dev.flotilla.controller.cli.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.model.FleetName;
import dev.flotilla.model.UserError;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContextsTest {
    @TempDir
    Path folder;

    private Contexts contexts;

    @BeforeEach
    void empty() {
        contexts = new Contexts(folder);
    }

    private static Context context(String fleet) {
        return new Context(new FleetName(fleet), URI.create("mqtt://127.0.0.1:1883"), "admin", "hush");
    }

    @Test
    void aContextIsReadableByItsOwnerAlone() throws IOException {
        contexts.write("farm", context("farm"));
        assertEquals(
                "rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("contexts/farm.json"))));
        assertEquals(context("farm"), contexts.read("farm"));
        assertFalse(contexts.read("farm").toString().contains("hush"), "no secret in what is printed");
        Files.setPosixFilePermissions(
                folder.resolve("contexts/farm.json"), PosixFilePermissions.fromString("rw-r--r--"));
        assertTrue(
                assertThrows(UserError.class, () -> contexts.read("farm")).why().contains("chmod 600"));
    }

    @Test
    void theLastWrittenIsCurrentUntilItGoes() throws IOException {
        contexts.write("farm", context("farm"));
        Optional<String> before = contexts.current();
        contexts.write("dev", context("dev"));
        assertEquals(Optional.of("dev"), contexts.current());
        assertEquals(List.of("dev", "farm"), contexts.names());
        contexts.remove("dev", before);
        assertEquals(Optional.of("farm"), contexts.current());
        contexts.remove("farm", Optional.empty());
        assertEquals(Optional.empty(), contexts.current());
    }

    @Test
    void theOnlyOneIsCurrentWithoutBeingNamed() throws IOException {
        contexts.write("farm", context("farm"));
        Files.delete(folder.resolve("current"));
        assertEquals(Optional.of("farm"), contexts.current());
    }

    @Test
    void aMistypedNameSuggestsTheNearest() throws IOException {
        contexts.write("farm", context("farm"));
        assertEquals(
                "did you mean farm?",
                assertThrows(UserError.class, () -> contexts.read("fram")).why());
    }
}
