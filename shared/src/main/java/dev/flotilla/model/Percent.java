package dev.flotilla.model;

import java.math.BigDecimal;

/** A share of shards, 0 to 100 %. */
public record Percent(BigDecimal value) {
    /** All of them. */
    public static final Percent ALL = new Percent(BigDecimal.valueOf(100));

    public Percent {
        value = value.scale() < 0 ? value.setScale(0) : value;
        if (value.signum() < 0 || value.compareTo(BigDecimal.valueOf(100)) > 0)
            throw new IllegalArgumentException("a share is 0 % to 100 %");
        if (value.scale() > 6 || value.precision() > 9)
            throw new IllegalArgumentException("a share has at most six decimals");
    }

    /** Reads {@code 95%} or {@code 57/60}. @throws IllegalArgumentException with a sentence for people */
    public static Percent parse(String text) {
        if (text.matches("[0-9]{1,3}(\\.[0-9]{1,6})?%"))
            return new Percent(new BigDecimal(text.substring(0, text.length() - 1)));
        if (text.matches("[0-9]{1,9}/[1-9][0-9]{0,8}")) {
            String[] parts = text.split("/");
            return new Percent(new BigDecimal(parts[0])
                    .multiply(BigDecimal.valueOf(100))
                    .divide(new BigDecimal(parts[1]), 6, java.math.RoundingMode.CEILING)
                    .stripTrailingZeros());
        }
        throw new IllegalArgumentException("a share is written 95% or 57/60, not " + Quoted.of(text));
    }

    /** True if {@code part} of {@code whole} is at least this share; exact. */
    public boolean reached(long part, long whole) {
        return BigDecimal.valueOf(part)
                        .multiply(BigDecimal.valueOf(100))
                        .compareTo(value.multiply(BigDecimal.valueOf(whole)))
                >= 0;
    }

    @Override
    public String toString() {
        return value.toPlainString() + "%";
    }
}
