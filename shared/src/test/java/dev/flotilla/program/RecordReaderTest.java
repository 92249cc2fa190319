package dev.flotilla.program;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import dev.flotilla.model.Input.Format;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecordReaderTest {
    private static final List<String> PIECES =
            List.of("a", "b", "1", ",", ",", "\"", "\"", "\"\"", "\n", "\r\n", "\u00fc");

    /** fastcsv reads the whole text in one go; we cut it into records first. Where it finds a text sound, both see the same. */
    @Test
    void recordsFieldsAndLinesAreThoseOfAWholeReading() throws Exception {
        int sound = 0;
        for (long seed = 1; seed <= 30_000; seed++) {
            Random random = new Random(seed);
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(24); n > 0; n--) text.append(PIECES.get(random.nextInt(PIECES.size())));
            List<String> whole = new ArrayList<>();
            try (CsvReader<CsvRecord> csv = CsvReader.builder()
                    .allowExtraFields(true)
                    .allowMissingFields(true)
                    .ofCsvRecord(text.toString())) {
                for (CsvRecord record : csv) whole.add(record.getStartingLineNumber() + " " + record.getFields());
            } catch (CsvParseException e) {
                continue;
            }
            try {
                assertEquals(whole, cut(text.toString(), random), "seed " + seed + ": " + text);
                sound++;
            } catch (BadRecord e) {
                assertTrue(e.getMessage().endsWith("never closed"), "fastcsv lets the end close a quote, seed " + seed);
            }
        }
        assertTrue(sound > 5_000, sound + " texts were compared");
    }

    private static List<String> cut(String text, Random random) throws Exception {
        byte[] bytes = text.getBytes(UTF_8);
        List<String> records = new ArrayList<>();
        RecordReader reader = new RecordReader(drops(bytes, random), Format.CSV, 1);
        while (reader.next()) {
            List<String> fields = Field.fields(Field.text(reader));
            assertEquals(
                    text.getBytes(UTF_8)[(int) reader.offset()],
                    reader.buffer()[reader.from()],
                    "the offset is that of the record");
            List<String> columns = new ArrayList<>();
            for (int i = 0; i < fields.size(); i++) columns.add("c" + i);
            for (int i = 0; i < fields.size(); i++) {
                Optional<String> value =
                        Field.of("f", Format.CSV, columns, Optional.of("c" + i)).read(reader);
                assertEquals(fields.get(i).isBlank() ? Optional.empty() : Optional.of(fields.get(i)), value);
            }
            records.add(reader.line() + " " + fields);
        }
        return records;
    }

    /** A stream that gives some bytes at a time, as a slow file does. */
    private static InputStream drops(byte[] bytes, Random random) {
        return new ByteArrayInputStream(bytes) {
            @Override
            public int read(byte[] to, int offset, int length) {
                return super.read(to, offset, Math.min(length, 1 + random.nextInt(4)));
            }
        };
    }

    @Test
    void recordsLongerThanTheBufferAreReadWhole() throws IOException {
        StringBuilder text = new StringBuilder();
        Random random = new Random(3);
        List<Integer> lengths = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            lengths.add(1 + random.nextInt(300_000));
            text.append("x".repeat(lengths.get(i))).append('\n');
        }
        RecordReader reader =
                new RecordReader(new ByteArrayInputStream(text.toString().getBytes(UTF_8)), Format.LINES, 1);
        for (int i = 0; i < 50; i++) {
            assertTrue(reader.next());
            assertEquals(lengths.get(i), reader.to() - reader.from());
            assertEquals(i + 1, reader.line());
        }
        assertTrue(!reader.next());
    }
}
