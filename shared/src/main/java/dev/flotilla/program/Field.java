package dev.flotilla.program;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import dev.flotilla.model.Input;
import dev.flotilla.model.Nearest;
import dev.flotilla.model.Quoted;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The value of one column in each record: of CSV a column of the header, of NDJSON a field of the object (not of objects within it), of lines the
 * whole line. One thread.
 */
public final class Field {
    private static final int LONGEST_NAME = 256;
    private static final int LISTED = 30;
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(64).build())
            .build();

    private final Input.Format format;
    private final String name;
    private final int index;
    private final CsvReader.CsvReaderBuilder csv = CsvReader.builder();

    private Field(Input.Format format, String name, int index) {
        this.format = format;
        this.name = name;
        this.index = index;
    }

    /**
     * That column of records of this format.
     *
     * @param file     the file's name, for messages
     * @param columns  the header's names for CSV
     * @param name     empty for lines
     * @throws IllegalArgumentException with a sentence for people, if there is no such column, or one is needed
     */
    public static Field of(String file, Input.Format format, List<String> columns, Optional<String> name) {
        String called = Quoted.plain(file, 200);
        if (format == Input.Format.LINES) {
            if (name.isPresent()) throw new IllegalArgumentException(called + " is plain lines, which have no columns");
            return new Field(format, "", 0);
        }
        if (format == Input.Format.NDJSON) {
            if (name.isEmpty()) throw new IllegalArgumentException("name the field of " + called + " to work on");
            if (name.get().length() > LONGEST_NAME)
                throw new IllegalArgumentException("a field's name has at most " + LONGEST_NAME + " characters");
            return new Field(format, name.get(), 0);
        }
        if (name.isEmpty())
            throw new IllegalArgumentException("name the column of " + called + " to work on: " + listed(columns));
        int index = columns.indexOf(name.get());
        if (index < 0) {
            throw new IllegalArgumentException(called + " has no column " + Quoted.of(name.get())
                    + Nearest.of(name.get(), columns)
                            .map(near -> "; did you mean " + Quoted.plain(near, 80) + "?")
                            .orElse(".")
                    + " Its columns are " + listed(columns));
        }
        if (columns.lastIndexOf(name.get()) != index)
            throw new IllegalArgumentException(called + " has more than one column " + Quoted.of(name.get()));
        return new Field(format, name.get(), index);
    }

    private static String listed(List<String> columns) {
        StringBuilder list = new StringBuilder();
        for (int i = 0; i < Math.min(LISTED, columns.size()); i++) {
            if (i > 0) list.append(", ");
            list.append(columns.get(i).isEmpty() ? "\"\"" : Quoted.plain(columns.get(i), 40));
        }
        if (columns.size() > LISTED)
            list.append(" and ").append(columns.size() - LISTED).append(" more");
        return list.toString();
    }

    /** The fields of one CSV record, say the header. @throws Unreadable if it is no CSV */
    public static List<String> fields(String record) throws Unreadable {
        return fields(CsvReader.builder(), record);
    }

    private static List<String> fields(CsvReader.CsvReaderBuilder csv, String record) throws Unreadable {
        try {
            return csv.ofSingleCsvRecord(record).getFields();
        } catch (CsvParseException e) {
            throw new Unreadable();
        }
    }

    /**
     * The value in the record where the reader stands; empty if it is missing: the record is too short, the field is not there or null, or there
     * are but spaces.
     *
     * @throws Unreadable if the record is no CSV or no JSON object, or the value is itself a list or an object
     */
    public Optional<String> read(RecordReader at) throws Unreadable {
        Optional<String> value = switch (format) {
            case LINES -> Optional.of(text(at));
            case CSV -> csv(at);
            case NDJSON -> json(at);
        };
        return value.isPresent() && value.get().isBlank() ? Optional.empty() : value;
    }

    /** Most records have no quotes: then commas are all there is to see, and only the wanted field becomes a text. */
    private Optional<String> csv(RecordReader at) throws Unreadable {
        byte[] bytes = at.buffer();
        int field = 0;
        int begin = at.from();
        int end = -1;
        for (int i = at.from(); i < at.to(); i++) {
            if (bytes[i] == '"') {
                List<String> fields = fields(csv, text(at));
                return index < fields.size() ? Optional.of(fields.get(index)) : Optional.empty();
            }
            if (bytes[i] != ',') continue;
            if (field == index) end = i;
            if (++field == index) begin = i + 1;
        }
        if (field < index) return Optional.empty();
        if (end < 0) end = at.to();
        return Optional.of(new String(bytes, begin, end - begin, StandardCharsets.UTF_8));
    }

    private Optional<String> json(RecordReader at) throws Unreadable {
        try (JsonParser in = JSON.createParser(at.buffer(), at.from(), at.to() - at.from())) {
            if (in.nextToken() != JsonToken.START_OBJECT) throw new Unreadable();
            Optional<String> value = Optional.empty();
            while (in.nextToken() == JsonToken.FIELD_NAME) {
                boolean wanted = in.currentName().equals(name);
                JsonToken token = in.nextToken();
                if (!wanted) in.skipChildren();
                else if (token.isStructStart()) throw new Unreadable();
                else value = token == JsonToken.VALUE_NULL ? Optional.empty() : Optional.of(in.getText());
            }
            if (in.currentToken() != JsonToken.END_OBJECT || in.nextToken() != null) throw new Unreadable();
            return value;
        } catch (IOException e) {
            throw new Unreadable();
        }
    }

    /** The whole record. */
    static String text(RecordReader at) {
        return new String(at.buffer(), at.from(), at.to() - at.from(), StandardCharsets.UTF_8);
    }

    /** The record cannot be read as its format says. */
    public static final class Unreadable extends Exception {
        private Unreadable() {
            super("the record cannot be read", null, false, false);
        }
    }
}
