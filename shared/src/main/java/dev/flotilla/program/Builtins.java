package dev.flotilla.program;

import dev.flotilla.model.Nearest;
import dev.flotilla.model.Quoted;
import java.util.List;

/** The programs that ship with Flotilla. A new one is a class and a line here. */
public final class Builtins {
    private static final List<Builtin> ALL =
            List.of(new Sum(), new Count(), new Min(), new Max(), new Mean(), new Nop());

    private Builtins() {}

    /** All of them, in the order that people read them. */
    public static List<Builtin> all() {
        return ALL;
    }

    /** The one of that name. @throws IllegalArgumentException with a sentence that names the nearest and all */
    public static Builtin find(String name) {
        for (Builtin builtin : ALL) if (builtin.name().equals(name)) return builtin;
        List<String> known = ALL.stream().map(Builtin::name).toList();
        throw new IllegalArgumentException("no program is called " + Quoted.of(name)
                + Nearest.of(name, known)
                        .map(near -> "; did you mean " + near + "?")
                        .orElse(".")
                + " There are " + String.join(", ", known));
    }
}
