package dev.flotilla.program;

import dev.flotilla.model.Input;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Cuts a stream into records, one pass, in memory of one record. Whoever cuts a file and whoever reads a shard of it use this class, so they
 * agree on every border.
 *
 * <p>A line ends with LF or CRLF; the last one may end with the stream. Lines of nothing but spaces and tabs are no records. In CSV a field that
 * begins with a quote holds everything up to the closing quote, line ends too, as in RFC 4180. NUL bytes are refused: no text has them.
 *
 * <p>One thread.
 */
public final class RecordReader {
    /** The longest record in bytes: a quote that is never closed is found here, not at the end of a gigabyte. */
    public static final int LONGEST = 1 << 20;

    private enum At {
        NUMBER,
        FIELD,
        PLAIN,
        QUOTED,
        CLOSED
    }

    private final InputStream from;
    private final boolean quotes;
    private final boolean numbered;
    private byte[] buffer = new byte[64 * 1024];
    private int limit;
    private int next;
    private int begin;
    private int end;
    private int text;
    private long dropped;
    private long nextLine;
    private long line;

    /** @param firstLine  line of the file where the stream begins; 0: each record is preceded by its own line number and a tab */
    public RecordReader(InputStream from, Input.Format format, long firstLine) {
        this.from = from;
        this.quotes = format == Input.Format.CSV;
        this.numbered = firstLine == 0;
        this.nextLine = firstLine;
    }

    /**
     * Goes on to the next record.
     *
     * @return false at the end of the stream
     * @throws BadRecord if a quote is never closed, a record is longer than {@link #LONGEST}, or a NUL byte is met
     */
    public boolean next() throws IOException {
        do {
            if (!scan()) return false;
        } while (blank());
        return true;
    }

    /** Holds the record from {@link #from} to {@link #to}; of use until the next call of {@link #next}. */
    public byte[] buffer() {
        return buffer;
    }

    /** Where the record begins in the buffer, its line number left out. */
    public int from() {
        return text;
    }

    /** Where it ends in the buffer, its line end left out. */
    public int to() {
        return end;
    }

    /** The line of the file where the record begins, from 1. */
    public long line() {
        return line;
    }

    /** Where the record begins in the stream. */
    public long offset() {
        return dropped + begin;
    }

    private boolean scan() throws IOException {
        begin = next;
        line = nextLine;
        long quoteLine = 0;
        long number = 0;
        At at = numbered ? At.NUMBER : quotes ? At.FIELD : At.PLAIN;
        text = 0;
        for (; ; ) {
            if (next == limit && !fill(at == At.QUOTED, quoteLine)) {
                if (next == begin) return false;
                if (at == At.QUOTED) throw new BadRecord(quoteLine, "a quote is opened and never closed");
                if (at == At.NUMBER) throw new BadRecord(0, "a record without its line number");
                end = next;
                break;
            }
            byte b = buffer[next++];
            if (b == 0) throw new BadRecord(nextLine, "a NUL byte, so the file is binary");
            if (at == At.NUMBER) {
                if (b == '\t') {
                    text = next - begin;
                    line = quoteLine = nextLine = number;
                    at = quotes ? At.FIELD : At.PLAIN;
                } else if (b < '0' || b > '9' || next - begin > 18)
                    throw new BadRecord(0, "a record without its line number");
                else number = 10 * number + b - '0';
            } else if (b == '\n') {
                nextLine++;
                if (at == At.QUOTED) continue;
                end = next - 1;
                break;
            } else if (quotes) {
                if (at == At.QUOTED) {
                    if (b == '"') at = At.CLOSED;
                } else if (b == ',') at = At.FIELD;
                else if (b == '"' && at != At.PLAIN) {
                    if (at == At.FIELD) quoteLine = nextLine;
                    at = At.QUOTED;
                } else at = At.PLAIN;
            }
        }
        text += begin;
        if (end > text && buffer[end - 1] == '\r') end--;
        return true;
    }

    private boolean blank() {
        if (numbered) return false;
        for (int i = text; i < end; i++) if (buffer[i] != ' ' && buffer[i] != '\t') return false;
        return true;
    }

    /** Reads more behind the record under way, which it moves to the buffer's start; false at the end of the stream. */
    private boolean fill(boolean quoted, long quoteLine) throws IOException {
        if (begin > 0) {
            System.arraycopy(buffer, begin, buffer, 0, limit - begin);
            dropped += begin;
            limit -= begin;
            next -= begin;
            begin = 0;
        } else if (limit == buffer.length) {
            if (limit >= LONGEST) {
                if (quoted) throw new BadRecord(quoteLine, "a quote is opened and not closed within 1 MiB");
                throw new BadRecord(line, "a record is longer than 1 MiB");
            }
            buffer = Arrays.copyOf(buffer, 2 * limit);
        }
        int read = from.read(buffer, limit, buffer.length - limit);
        if (read < 0) return false;
        limit += read;
        return true;
    }
}
