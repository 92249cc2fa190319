package dev.flotilla.program;

import dev.flotilla.model.Input;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** The input of one task, ready to be read. */
public sealed interface ShardData {
    /** The integers from {@code from} up to, and without, {@code to}. */
    record Numbers(long from, long to) implements ShardData {}

    /**
     * Whole records without a header.
     *
     * @param name       of the file, for messages
     * @param columns    the header's names for CSV
     * @param length     of the bytes
     * @param firstLine  line of the file where they begin; 0: each record is preceded by its own line number and a tab
     */
    record Records(String name, Input.Format format, List<String> columns, long length, long firstLine, Source source)
            implements ShardData {}

    /** Opens the records; may be called more than once. */
    interface Source {
        InputStream open() throws IOException;
    }
}
