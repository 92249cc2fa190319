package dev.flotilla.model;

/** Text from outside, made safe to print: quoted, cut short, control characters escaped. */
public final class Quoted {
    private static final int LONGEST = 80;

    private Quoted() {}

    /** The text in double quotes, at most 80 characters of it, control characters as {@code \\uXXXX}; {@code nothing} for null. */
    public static String of(String text) {
        return text == null ? "nothing" : '"' + plain(text, LONGEST) + '"';
    }

    /** The text without quotes, at most {@code longest} characters of it, control characters as {@code \\uXXXX}. */
    public static String plain(String text, int longest) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < Math.min(longest, text.length()); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT)
                out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        return text.length() > longest ? out + "..." : out.toString();
    }
}
