package dev.flotilla.controller.cli.ui;

import java.time.Duration;

/**
 * Work on its way: on a terminal one line that is drawn again, in a pipe a line now and then. Notes are lines of their own that stay. Any thread.
 */
public final class Progress implements AutoCloseable {
    private static final long REDRAW_NANOS = Duration.ofMillis(80).toNanos();
    private static final long LINE_NANOS = Duration.ofSeconds(15).toNanos();
    private static final int BAR = 24;

    private final Terminal terminal;
    private long shownAt;
    private String shown = "";
    private boolean drawn;
    private boolean closed;

    public Progress(Terminal terminal) {
        this.terminal = terminal;
        this.shownAt = System.nanoTime();
    }

    /** A bar, {@code part} of {@code whole}, and words after it. */
    public synchronized void at(long part, long whole, String words) {
        if (closed) return;
        long now = System.nanoTime();
        String text = terminal.errIsTty() ? bar(part, whole) + " " + words : words;
        if (text.equals(shown)) return;
        boolean last = part == whole;
        if (terminal.errIsTty()) {
            if (drawn && !last && now - shownAt < REDRAW_NANOS) return;
            terminal.err().print("\r\u001b[K" + Table.cut(text, terminal.columns() - 1));
            terminal.err().flush();
            drawn = true;
        } else {
            if (now - shownAt < LINE_NANOS) return;
            terminal.say(text);
        }
        shown = text;
        shownAt = now;
    }

    static String bar(long part, long whole) {
        int full = whole <= 0 ? 0 : (int) Math.min(BAR, part * BAR / whole);
        return "[" + "#".repeat(full) + ".".repeat(BAR - full) + "]";
    }

    /** A line that stays. */
    public synchronized void note(String line) {
        clear();
        terminal.say(line);
        shown = "";
    }

    private void clear() {
        if (drawn) {
            terminal.err().print("\r\u001b[K");
            terminal.err().flush();
        }
        drawn = false;
    }

    /** Takes the bar away. */
    @Override
    public synchronized void close() {
        clear();
        closed = true;
    }
}
