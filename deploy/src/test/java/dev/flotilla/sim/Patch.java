package dev.flotilla.sim;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A change of one shipped source file.
 *
 * @param file     below the repository's root
 * @param shipped  a piece of it that occurs exactly once; where its lines break does not matter
 * @param instead  what stands there without the rule
 */
record Patch(String file, String shipped, String instead) {
    static Patch shared(String name, String shipped, String instead) {
        return new Patch("shared/src/main/java/dev/flotilla/" + name + ".java", shipped, instead);
    }

    static Patch agent(String name, String shipped, String instead) {
        return new Patch("agent/src/main/java/dev/flotilla/agent/" + name + ".java", shipped, instead);
    }

    static Patch controller(String name, String shipped, String instead) {
        return new Patch("controller/src/main/java/dev/flotilla/controller/" + name + ".java", shipped, instead);
    }

    /** @throws AssertionError if the piece is not there, or more than once */
    String applyTo(String source) {
        StringBuilder anyBreaks = new StringBuilder();
        for (String word : shipped.strip().split("\\s+")) {
            if (anyBreaks.length() > 0) anyBreaks.append("\\s+");
            anyBreaks.append(Pattern.quote(word));
        }
        Matcher found = Pattern.compile(anyBreaks.toString()).matcher(source);
        String why = !found.find() ? "is not in " : "";
        int start = why.isEmpty() ? found.start() : 0;
        int end = why.isEmpty() ? found.end() : 0;
        if (why.isEmpty() && found.find()) why = "is more than once in ";
        if (!why.isEmpty())
            throw new AssertionError("this mutant no longer fits the code: mend it; " + why + file + ":\n" + shipped);
        return source.substring(0, start) + instead + source.substring(end);
    }
}
