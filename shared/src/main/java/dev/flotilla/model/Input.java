package dev.flotilla.model;

import java.util.List;

/** What a job works on. */
public sealed interface Input {
    /** How many units of work there are: numbers of a range, records of a file. */
    long size();

    /** One line for people, say {@code 0 to 999,999: 1,000,000 numbers}. */
    String words();

    /** The integers from {@code from} up to, and without, {@code to}. */
    record Range(long from, long to) implements Input {
        /** @throws IllegalArgumentException if the range is empty, reversed, or longer than 2^63-1 */
        public Range {
            if (to < from)
                throw new IllegalArgumentException("the range " + from + ".." + to + " ends before it begins");
            if (to == from)
                throw new IllegalArgumentException(
                        "the range " + from + ".." + to + " holds no number: its end is excluded");
            if (to - from < 0)
                throw new IllegalArgumentException("the range " + from + ".." + to + " is longer than 2^63-1");
        }

        @Override
        public long size() {
            return to - from;
        }

        @Override
        public String words() {
            return String.format(java.util.Locale.ROOT, "%,d to %,d: %,d numbers", from, to - 1, to - from);
        }
    }

    /**
     * The records of one file.
     *
     * @param file     digest of the file as it was handed in
     * @param name     what to call it in messages; never opened as a path
     * @param columns  the header's names for CSV; empty otherwise
     * @param records  how many records it has, its header not counted; at least 1
     */
    record Records(Digest file, String name, Format format, List<String> columns, long records) implements Input {
        public Records {
            columns = List.copyOf(columns);
            if (records < 1) throw new IllegalArgumentException("the file " + Quoted.of(name) + " holds no record");
        }

        @Override
        public long size() {
            return records;
        }

        @Override
        public String words() {
            return String.format(
                    java.util.Locale.ROOT, "%s: %,d records (%s)", Quoted.plain(name, 200), records, format.word());
        }
    }

    /** How a file is cut into records. */
    enum Format {
        /** RFC 4180 with a header line. */
        CSV,
        /** One JSON object a line. */
        NDJSON,
        /** One record a line. */
        LINES;

        /** The word that people read and write. */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }
}
