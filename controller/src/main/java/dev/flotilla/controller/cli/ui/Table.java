package dev.flotilla.controller.cli.ui;

import java.util.ArrayList;
import java.util.List;

/**
 * Rows under headings, as wide as the terminal at most: columns that may be cut give way first, the widest first. In a pipe nothing is cut.
 */
public final class Table {
    private static final String GAP = "  ";
    private static final int LEAST = 6;

    private final List<Column> columns = new ArrayList<>();
    private final List<List<String>> rows = new ArrayList<>();

    private record Column(String heading, boolean right, boolean flexible) {}

    /** A column that is shown whole. */
    public Table column(String heading) {
        columns.add(new Column(heading, false, false));
        return this;
    }

    /** A column of numbers. */
    public Table number(String heading) {
        columns.add(new Column(heading, true, false));
        return this;
    }

    /** A column that is cut where the terminal is narrow. */
    public Table flexible(String heading) {
        columns.add(new Column(heading, false, true));
        return this;
    }

    /** One cell a column. */
    public Table row(String... cells) {
        if (cells.length != columns.size())
            throw new IllegalArgumentException(cells.length + " cells for " + columns.size() + " columns");
        rows.add(List.of(cells));
        return this;
    }

    /** Its lines, without blanks at their ends. */
    public List<String> lines(int width) {
        int[] widths = new int[columns.size()];
        for (int c = 0; c < widths.length; c++) {
            widths[c] = columns.get(c).heading.length();
            for (List<String> row : rows)
                widths[c] = Math.max(widths[c], row.get(c).length());
        }
        fit(widths, width);
        List<String> lines = new ArrayList<>();
        lines.add(line(columns.stream().map(Column::heading).toList(), widths));
        for (List<String> row : rows) lines.add(line(row, widths));
        return lines;
    }

    private void fit(int[] widths, int width) {
        while (true) {
            long total = (long) GAP.length() * (widths.length - 1);
            int widest = -1;
            for (int c = 0; c < widths.length; c++) {
                total += widths[c];
                boolean shrinks = columns.get(c).flexible && widths[c] > LEAST;
                if (shrinks && (widest < 0 || widths[c] > widths[widest])) widest = c;
            }
            if (total <= width || widest < 0) return;
            widths[widest]--;
        }
    }

    private String line(List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int c = 0; c < widths.length; c++) {
            if (c > 0) line.append(GAP);
            String cell = cut(cells.get(c), widths[c]);
            String blanks = " ".repeat(widths[c] - cell.length());
            line.append(columns.get(c).right ? blanks + cell : cell + blanks);
        }
        return line.toString().stripTrailing();
    }

    /** The text, its end replaced by dots where it is longer. */
    public static String cut(String text, int width) {
        return text.length() <= width
                ? text
                : text.substring(0, Math.max(0, width - 2)) + "..".substring(0, Math.min(2, width));
    }
}
