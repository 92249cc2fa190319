package dev.flotilla.agent.app;

import dev.flotilla.security.OwnerOnly;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.OSInfo;

/**
 * SQLite's native library, unpacked once into the agent's directory. By itself SQLite JDBC unpacks a megabyte into the temporary directory at
 * each start, and a killed process leaves it there: too much for flash.
 */
final class SqliteLibrary {
    private static final String FOLDER = "org.sqlite.lib.path";

    private SqliteLibrary() {}

    /** Before the first use of SQLite. A folder that was set from outside stays; where none can be loaded from, SQLite JDBC does as it always does. */
    static void unpack(Path data) throws IOException {
        if (System.getProperty(FOLDER) != null) return;
        Path folder = data.resolve("native").resolve(SQLiteJDBCLoader.getVersion());
        Path library = folder.resolve("libsqlitejdbc.so");
        if (!Files.exists(library)) {
            String packed = "/org/sqlite/native/" + OSInfo.getNativeLibFolderPathForCurrentOS() + "/libsqlitejdbc.so";
            try (InputStream in = SQLiteJDBCLoader.class.getResourceAsStream(packed)) {
                if (in == null) return;
                OwnerOnly.write(library, in.readAllBytes());
            }
        }
        System.setProperty(FOLDER, folder.toAbsolutePath().toString());
    }
}
