package dev.flotilla.agent.probe;

import dev.flotilla.model.Exit;
import dev.flotilla.model.Nearest;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;

/** The profiles that there are, in the order of their names. The launcher chooses the JVM flags by firmware-profiles/jvm-flags.sh, by the same rule. */
public final class Profiles {
    private static final String RESOURCES = "/dev/flotilla/profiles/";

    private final List<ProfileText> profiles;

    Profiles(List<ProfileText> profiles) {
        this.profiles = List.copyOf(profiles);
    }

    /** Those that the agent has within itself. @throws IOException if one cannot be read: our own bug */
    public static Profiles shipped() throws IOException {
        List<ProfileText> profiles = new ArrayList<>();
        for (String name : new String(resource("index"), StandardCharsets.UTF_8).split("\n")) {
            String file = name + ".yaml";
            profiles.add(ProfileText.profile(file, new String(resource(file), StandardCharsets.UTF_8)));
        }
        return new Profiles(profiles);
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = Profiles.class.getResourceAsStream(RESOURCES + name)) {
            if (in == null) throw new IOException("the profile file " + name + " is missing from this agent");
            return in.readAllBytes();
        }
    }

    /** Those of a folder, which the launcher names: what is changed there counts. @throws UserError if one is wrong, with file, line and field */
    public static Profiles in(Path folder) throws IOException {
        TreeSet<Path> files = new TreeSet<>();
        try (DirectoryStream<Path> yaml = Files.newDirectoryStream(folder, "*.yaml")) {
            yaml.forEach(files::add);
        }
        List<ProfileText> profiles = new ArrayList<>();
        for (Path file : files) {
            try {
                profiles.add(ProfileText.profile(file.toString(), Files.readString(file)));
            } catch (IllegalArgumentException | IOException e) {
                throw unusable("a profile cannot be used", file, e);
            }
        }
        return new Profiles(profiles);
    }

    private static UserError unusable(String what, Path file, Exception e) {
        String why = e instanceof IllegalArgumentException ? e.getMessage() : e.toString();
        return new UserError(
                Exit.USAGE, what, why, "mend " + file + ", then: flotilla-agent profile          shows what holds");
    }

    /**
     * How the agent behaves on this machine: the profile that fits best, or the one that was asked for; then the site file, then flags.
     *
     * @param named  by a flag; it beats the site file
     * @param site   the site file, if there is one
     * @param slots  by a flag
     * @param cores  of this machine
     * @throws UserError if no profile fits, none is called so, or the site file is wrong
     */
    public Chosen choose(Hardware hardware, Optional<String> named, Optional<Path> site, OptionalInt slots, int cores) {
        Optional<ProfileText> local = site.map(Profiles::site);
        Optional<String> asked = local.map(s -> s.fields().get("profile")).map(ProfileText.Field::text);
        ProfileText profile;
        String why;
        if (named.isPresent()) {
            profile = named(named.get());
            why = "the flag --profile names it";
        } else if (asked.isPresent()) {
            profile = named(asked.get());
            why = local.get().origin("profile") + " names it";
        } else {
            profile = choose(hardware);
            why = Match.of(profile.fields()).words() + others(hardware, profile);
        }
        try {
            return Chosen.of(profile, why, hardware, local, slots, cores);
        } catch (IllegalArgumentException e) {
            throw unusable("the profile and the site file do not go together", site.orElse(Path.of(profile.file())), e);
        }
    }

    private static ProfileText site(Path file) {
        try {
            return ProfileText.site(file.toString(), Files.readString(file));
        } catch (IllegalArgumentException | IOException e) {
            throw unusable("the site file cannot be used", file, e);
        }
    }

    /** The most specific one that fits. @throws UserError if none does, with what was found */
    ProfileText choose(Hardware hardware) {
        ProfileText best = null;
        for (ProfileText profile : profiles) {
            Match match = Match.of(profile.fields());
            if (match.fits(hardware)
                    && (best == null || match.rank() > Match.of(best.fields()).rank())) best = profile;
        }
        if (best != null) return best;
        throw new UserError(
                Exit.FAILED,
                "no profile fits this machine",
                "it is " + hardware.words() + "; there are " + String.join(", ", names()),
                "flotilla-agent run --profile " + names().get(0) + " ...          to run as that class of device");
    }

    private String others(Hardware hardware, ProfileText chosen) {
        List<String> fit = profiles.stream()
                .filter(p -> p != chosen && Match.of(p.fields()).fits(hardware))
                .map(Profiles::name)
                .toList();
        return fit.isEmpty() ? "" : " (" + String.join(", ", fit) + " would fit too, and say less of it)";
    }

    /** The one of that name. @throws UserError if there is none */
    private ProfileText named(String name) {
        for (ProfileText profile : profiles) if (name(profile).equals(name)) return profile;
        throw new UserError(
                Exit.USAGE,
                "no profile is called " + Quoted.of(name),
                "there are " + String.join(", ", names()),
                "flotilla-agent run --profile " + Nearest.of(name, names()).orElse(names().get(0)) + " ...");
    }

    static String name(ProfileText profile) {
        return profile.fields().get("name").text();
    }

    private List<String> names() {
        return profiles.stream().map(Profiles::name).toList();
    }
}
