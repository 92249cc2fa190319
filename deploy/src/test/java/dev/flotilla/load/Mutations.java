package dev.flotilla.load;

import dev.flotilla.core.Dice;
import java.util.Arrays;
import java.util.List;

/** Makes bad bytes of good ones; the same dice, the same bytes. */
final class Mutations {
    private static final int LONGEST = 160 * 1024;
    /** Numbers at the borders of what CBOR, 32 and 64 bits hold. */
    private static final long[] BORDERS = {
        0,
        1,
        23,
        24,
        255,
        256,
        65_535,
        65_536,
        Integer.MAX_VALUE,
        1L << 31,
        1L << 32,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -1
    };

    private static final String[] WORDS = {
        "null",
        "1e999999999",
        "-0",
        "\"\\ud800\"",
        "{",
        "[",
        "\"",
        "}",
        "]",
        ": ",
        "\n",
        "- ",
        "&a *a",
        "!!int ",
        "0x",
        "99999999999999999999",
        "..",
        "0..9223372036854775807",
        "-9223372036854775808..1",
        "\t",
        "\u0000",
        "true",
        "36500d",
        "100%",
        "1/0",
        ","
    };

    private Mutations() {}

    static byte[] of(List<byte[]> good, Dice dice) {
        byte[] bytes = good.get(dice.below(good.size()));
        if (dice.below(16) == 0) return random(dice, dice.below(300));
        for (int i = 1 + dice.below(4); i > 0; i--) bytes = once(bytes, good, dice);
        return bytes.length > LONGEST ? Arrays.copyOf(bytes, LONGEST) : bytes;
    }

    private static byte[] once(byte[] bytes, List<byte[]> good, Dice dice) {
        int at = dice.below(bytes.length + 1);
        byte[] rest = Arrays.copyOfRange(bytes, at, bytes.length);
        byte[] head = Arrays.copyOf(bytes, at);
        return switch (dice.below(14)) {
            case 0, 1 -> changed(bytes, at, 1 << dice.below(8));
            case 2 -> changed(bytes, at, dice.below(256));
            case 3 -> head;
            case 4 -> joined(head, random(dice, 1 + dice.below(16)), rest);
            case 5 -> joined(head, Arrays.copyOfRange(rest, Math.min(rest.length, 1 + dice.below(8)), rest.length));
            case 6, 7 -> {
                byte[] other = good.get(dice.below(good.size()));
                yield joined(head, Arrays.copyOfRange(other, dice.below(other.length + 1), other.length));
            }
            case 8 -> joined(head, nested(dice), rest);
            case 9, 10 -> joined(head, header(dice), Arrays.copyOfRange(rest, Math.min(1, rest.length), rest.length));
            case 11 -> joined(head, new byte[] {(byte) 0xc0, (byte) 0xaf, (byte) 0xed, (byte) 0xa0, (byte) 0x80}, rest);
            case 12 ->
                joined(head, WORDS[dice.below(WORDS.length)].getBytes(java.nio.charset.StandardCharsets.UTF_8), rest);
            default -> {
                int from = dice.below(bytes.length + 1);
                byte[] part = Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + 1 + dice.below(64)));
                byte[] again = head;
                for (int i = 1 + dice.below(20); i > 0; i--) again = joined(again, part);
                yield joined(again, rest);
            }
        };
    }

    private static byte[] changed(byte[] bytes, int at, int how) {
        if (at == bytes.length) return bytes;
        byte[] changed = bytes.clone();
        changed[at] ^= (byte) how;
        return changed;
    }

    /** A CBOR header: any kind, a number or a length at a border. */
    private static byte[] header(Dice dice) {
        byte[] header = new byte[9];
        header[0] = (byte) (dice.below(8) << 5 | 27);
        long n = BORDERS[dice.below(BORDERS.length)] + dice.below(3) - 1;
        for (int i = 0; i < 8; i++) header[1 + i] = (byte) (n >> 56 - 8 * i);
        if (dice.below(2) == 0) return header;
        return new byte[] {(byte) (dice.below(8) << 5 | 26), header[5], header[6], header[7], header[8]};
    }

    /** Thousands of lists or objects within each other. */
    private static byte[] nested(Dice dice) {
        byte[] nested = new byte[1 << 1 + dice.below(14)];
        byte[] openings = {(byte) 0x81, (byte) 0x9f, '[', '{', (byte) 0xa1, (byte) 0xc2};
        Arrays.fill(nested, openings[dice.below(openings.length)]);
        return nested;
    }

    private static byte[] random(Dice dice, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) bytes[i] = (byte) dice.next();
        return bytes;
    }

    private static byte[] joined(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) length += part.length;
        byte[] all = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }
}
