package dev.flotilla.loop;

import dev.flotilla.core.Core;
import dev.flotilla.core.Decision;
import dev.flotilla.core.Durability;
import dev.flotilla.core.Moment;
import dev.flotilla.core.Stamped;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The smallest machine with every kind of input: its ledger is a list of words. A word with a dot is durable, one with a comma lazy. */
final class Words implements Machine<Words.In, String, String> {
    sealed interface In {}

    record Begun() implements In {}

    /** Noted on disk, then said. */
    record Put(String word, boolean keep) implements In {}

    /** Noted lazily; nothing is said. */
    record Jot(String word) implements In {}

    /** Said, not noted. */
    record Say(String word) implements In {}

    /** Answered with the whole ledger, to the process itself. */
    record Ask() implements In {}

    record Wake(Duration after) implements In {}

    record Tick() implements In {}

    /** Its decision throws when it is half done. */
    record Poison() implements In {}

    static Put put(String word) {
        return new Put(word, false);
    }

    private static final class WordsCore implements Core<In, String, String> {
        private final List<String> ledger = new ArrayList<>();
        private Optional<Moment> wake = Optional.empty();

        @Override
        public Decision<String, String> decide(Stamped<In> stamped) {
            In in = stamped.input();
            if (in instanceof Begun) return noted("begun.", "say begun");
            if (in instanceof Put i) return noted(i.word() + ".", "say " + i.word());
            if (in instanceof Jot i) return noted(i.word() + ",", "do " + i.word());
            if (in instanceof Say i) return new Decision<>(List.of(), List.of("say " + i.word()));
            if (in instanceof Ask) return new Decision<>(List.of(), List.of("answer " + String.join(" ", ledger)));
            if (in instanceof Wake i) {
                wake = Optional.of(stamped.at().plus(i.after()));
                return new Decision<>(List.of(), List.of());
            }
            if (in instanceof Tick) {
                wake = Optional.empty();
                return new Decision<>(List.of(), List.of("say tick"));
            }
            apply("poison.");
            throw new IllegalStateException("poison");
        }

        private Decision<String, String> noted(String event, String effect) {
            apply(event);
            return new Decision<>(List.of(event), List.of(effect));
        }

        @Override
        public void apply(String event) {
            ledger.add(event);
        }

        @Override
        public Optional<Moment> wakeAt() {
            return wake;
        }

        @Override
        public byte[] snapshot() {
            return bytes(ledger);
        }
    }

    @Override
    public Core<In, String, String> birth(Optional<byte[]> snapshot, long seed) {
        WordsCore core = new WordsCore();
        snapshot.map(this::decode).orElse(List.of()).forEach(core::apply);
        return core;
    }

    @Override
    public In tick() {
        return new Tick();
    }

    @Override
    public Durability durability(String event) {
        return event.endsWith(",") ? Durability.LAZY : Durability.DURABLE;
    }

    @Override
    public byte[] encode(List<String> events) {
        return bytes(events);
    }

    @Override
    public List<String> decode(byte[] batch) {
        String text = new String(batch, StandardCharsets.UTF_8);
        List<String> words = text.isEmpty() ? List.of() : List.of(text.split(" "));
        for (String word : words)
            if (!word.matches(".*[.,]")) throw new IllegalArgumentException(word + " is no event");
        return words;
    }

    @Override
    public boolean keep(In input) {
        return input instanceof Begun || input instanceof Put i && i.keep();
    }

    @Override
    public boolean reads(In input) {
        return input instanceof Ask;
    }

    @Override
    public boolean speaks(String effect) {
        return effect.startsWith("say ");
    }

    private static byte[] bytes(List<String> words) {
        return String.join(" ", words).getBytes(StandardCharsets.UTF_8);
    }
}
