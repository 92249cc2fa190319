package dev.flotilla.sim;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/**
 * The product without one rule: the patched sources are compiled, and a class loader of its own has them before the class path. So the cores,
 * the loop and the world around them are all the mutant's, and the shipped classes know nothing of it. What knows of neither core is shared with
 * all, since it is compiled to machine code anew for each loader. One thread.
 */
final class Mutated implements AutoCloseable {
    /** A law that broke: which, how, and in which history, from 1. */
    record Found(String law, String how, long histories) {}

    /** Deploy's folder is where its tests run. */
    private static final Path ROOT =
            Path.of(System.getProperty("basedir", "")).toAbsolutePath().getParent();

    private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();
    /** One for all: it remembers what it has read of the class path. */
    private static final StandardJavaFileManager FILES =
            COMPILER == null ? null : COMPILER.getStandardFileManager(null, null, StandardCharsets.UTF_8);

    private final Path classes;
    private final URLClassLoader loader;

    /** @throws AssertionError if a patch does not fit its source, or the patched source does not compile */
    Mutated(Mutant mutant) {
        try {
            classes = Files.createTempDirectory("flotilla-mutant");
            compile(patched(mutant), mutant);
            loader = new Own(
                    urls(), mutant.patches.stream().anyMatch(p -> p.file().startsWith("shared/")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Has cores and simulator of its own; with a rule of shared code left out, all of the product. */
    private static final class Own extends URLClassLoader {
        private final List<String> own;

        Own(URL[] urls, boolean all) {
            super(urls, Mutated.class.getClassLoader());
            own = all
                    ? List.of("dev.flotilla.")
                    : List.of("dev.flotilla.agent.", "dev.flotilla.controller.", "dev.flotilla.sim.");
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (own.stream().noneMatch(name::startsWith)) return super.loadClass(name, resolve);
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded != null ? loaded : findClass(name);
            }
        }
    }

    /** The files that change, by their path below the root. */
    private static TreeMap<String, String> patched(Mutant mutant) throws IOException {
        TreeMap<String, String> sources = new TreeMap<>();
        for (Patch patch : mutant.patches) {
            if (!sources.containsKey(patch.file()))
                sources.put(patch.file(), Files.readString(ROOT.resolve(patch.file()), StandardCharsets.UTF_8));
            sources.compute(patch.file(), (file, source) -> patch.applyTo(source));
        }
        return sources;
    }

    private void compile(TreeMap<String, String> sources, Mutant mutant) throws IOException {
        List<Path> files = new ArrayList<>();
        for (Map.Entry<String, String> source : sources.entrySet()) {
            Path file = classes.resolve(source.getKey());
            Files.createDirectories(file.getParent());
            files.add(Files.writeString(file, source.getValue(), StandardCharsets.UTF_8));
        }
        if (COMPILER == null) throw new AssertionError("this Java has no compiler: a JDK is needed");
        StringWriter errors = new StringWriter();
        synchronized (FILES) {
            FILES.setLocationFromPaths(StandardLocation.CLASS_OUTPUT, List.of(classes));
            boolean compiles = COMPILER.getTask(
                            errors,
                            FILES,
                            null,
                            List.of("-proc:none", "-nowarn", "-implicit:none"),
                            null,
                            FILES.getJavaFileObjectsFromPaths(files))
                    .call();
            if (!compiles) throw new AssertionError(mutant + " does not compile: mend it\n" + errors);
        }
    }

    private URL[] urls() throws MalformedURLException {
        List<URL> urls = new ArrayList<>();
        urls.add(classes.toUri().toURL());
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator))
            urls.add(Path.of(entry).toUri().toURL());
        return urls.toArray(URL[]::new);
    }

    /** Lives through histories from seed 1 until a law breaks, at most that many. */
    Optional<Found> search(long most) {
        LongFunction<Optional<Map.Entry<String, String>>> history = history();
        for (long seed = 1; seed <= most; seed++) {
            Optional<Map.Entry<String, String>> broken = history.apply(seed);
            if (broken.isPresent()) {
                long histories = seed;
                return broken.map(b -> new Found(b.getKey(), b.getValue(), histories));
            }
        }
        return Optional.empty();
    }

    @SuppressWarnings("unchecked")
    private LongFunction<Optional<Map.Entry<String, String>>> history() {
        try {
            return (LongFunction<Optional<Map.Entry<String, String>>>)
                    loader.loadClass(History.class.getName()).getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        try {
            loader.close();
            List<Path> all;
            try (Stream<Path> walk = Files.walk(classes)) {
                all = walk.sorted(Comparator.reverseOrder()).toList();
            }
            for (Path path : all) Files.delete(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
