package dev.flotilla.deploy;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import dev.flotilla.agent.core.AgentCore;
import dev.flotilla.controller.core.ControllerCore;
import dev.flotilla.loop.Machine;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Imports point down, and what must replay from its inputs has nothing else to go by: docs/architecture.md, "the rooms". */
class RoomsTest {
    private static final String ROOT = "dev.flotilla.";
    private static final String[] PURE = rooms(
            "model",
            "core",
            "link",
            "shard",
            "program",
            "codec",
            "agent.core",
            "controller.core",
            "controller.place",
            "controller.fold");
    private static final JavaClasses FLOTILLA = new ClassFileImporter()
            .importLocations(Stream.of(Machine.class, AgentCore.class, ControllerCore.class)
                    .map(each -> Location.of(
                            each.getProtectionDomain().getCodeSource().getLocation()))
                    .toList());

    /** What a pure room may not use. A rule reads: a class, or a class and its method. */
    private record Forbidden(String rule, String reason) {
        boolean matches(String used) {
            return Pattern.matches(rule, used);
        }
    }

    private static final String REPLAY = "a history must replay from its inputs: ";
    private static final List<Forbidden> FORBIDDEN = List.of(
            new Forbidden(
                    "java\\.lang\\.System\\.(nanoTime|currentTimeMillis)|java\\.time\\..*\\.now|java\\.time\\.(Clock|InstantSource).*|java\\.util\\.Date.*",
                    REPLAY + "time arrives with the input, as a Moment"),
            new Forbidden(
                    "java\\.util\\.(Random|SplittableRandom|UUID\\.randomUUID).*|java\\.util\\.random\\..*|java\\.util\\.concurrent\\.ThreadLocalRandom.*"
                            + "|java\\.security\\.SecureRandom.*|java\\.lang\\.Math\\.random|java\\.util\\.Collections\\.shuffle",
                    REPLAY + "random numbers arrive with the input, as Dice"),
            new Forbidden(
                    "java\\.util\\.(Linked)?Hash(Map|Set|table)|java\\.util\\.(Weak|Identity)HashMap|java\\.util\\.(Map|Set)\\.(of|ofEntries|copyOf)"
                            + "|java\\.util\\.stream\\.Collectors\\.(toMap|toSet|toUnmodifiableMap|toUnmodifiableSet|groupingBy|partitioningBy)",
                    REPLAY + "these have no order that is part of the decision; take a TreeMap or TreeSet"),
            new Forbidden(
                    "java\\.lang\\.(Thread|ThreadLocal|Runtime|Process|ProcessBuilder|Object\\.(wait|notify|notifyAll))(\\..*)?|java\\.util\\.(Timer|concurrent\\..*)"
                            + "|java\\.lang\\.System\\.(getenv|getProperty|exit|identityHashCode)",
                    REPLAY + "one thread calls a core, and the process around it is the shell's"),
            new Forbidden(
                    "java\\.io\\.(File|Console|RandomAccess|Print).*|java\\.nio\\.(file|channels)\\..*|java\\.(net|sql)\\..*|javax\\.net\\..*|org\\.sqlite\\..*"
                            + "|org\\.eclipse\\.paho\\..*|com\\.hivemq\\..*",
                    "a core does no input or output: it decides on effects, and an edge carries them out after the commit"),
            new Forbidden(
                    "java\\.lang\\.System\\.(out|err)|org\\.slf4j\\..*|java\\.util\\.logging\\..*|java\\.lang\\.System\\$Logger.*|dev\\.flotilla\\.log\\..*",
                    "what a core has to say is an event or an effect; the simulator runs millions of them"));

    @Test
    void aPureRoomUsesNoClockNoDiceNoThreadNoFileNoSocketNoLoggerAndNoUnorderedCollection() {
        // Waiting is all that the program nop does.
        check(classes()
                .that()
                .resideInAnyPackage(PURE)
                .and()
                .doNotHaveFullyQualifiedName("dev.flotilla.program.Pause")
                .should(useNothingForbidden()));
    }

    @Test
    void aPureRoomImportsOnlyPureRooms() {
        // The loop's interface to a core is the one exception: it is how a core says what it is.
        check(classes()
                .that()
                .resideInAnyPackage(PURE)
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(PURE)
                        .or(resideOutsideOfPackage("dev.flotilla.."))
                        .or(type(Machine.class)))
                .because("what a pure room imports must replay too"));
    }

    @Test
    void agentAndControllerNeverImportEachOtherAndSharedKnowsNeither() {
        check(noClasses()
                .that()
                .resideInAPackage("dev.flotilla.agent..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.flotilla.controller..")
                .because("the agent is weighed, and runs where no controller is"));
        check(noClasses()
                .that()
                .resideInAPackage("dev.flotilla.controller..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.flotilla.agent..")
                .because("all that a controller knows of an agent is what the link says"));
        check(noClasses()
                .that()
                .resideOutsideOfPackages(rooms("agent..", "controller..", "deploy.."))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(rooms("agent..", "controller.."))
                .because("shared is what both sides speak; it knows neither of them"));
    }

    @Test
    void importsPointDownFromAppOverEdgesToCore() {
        check(noClasses()
                .that()
                .resideOutsideOfPackages(rooms("agent.app", "controller.app", "controller.cli.."))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(rooms("agent.app", "controller.app"))
                .because("only the wiring knows all the parts"));
        check(noClasses()
                .that()
                .resideOutsideOfPackage("dev.flotilla.controller.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.flotilla.controller.cli..")
                .because("the CLI is one client of the admin service among others"));
        check(noClasses()
                .that()
                .resideOutsideOfPackages(rooms("sim..", "deploy.."))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.flotilla.sim..")
                .because("the product does not know that it can be simulated"));
        check(slices().assignedFrom(new Rooms())
                .should()
                .beFreeOfCycles()
                .because("a stranger must be able to read one room without the others"));
    }

    @Test
    void everyRoomHasItsSign() {
        SortedSet<String> rooms = new TreeSet<>();
        SortedSet<String> signed = new TreeSet<>();
        for (JavaClass each : FLOTILLA) {
            if (each.getSimpleName().equals("package-info")) signed.add(each.getPackageName());
            else rooms.add(each.getPackageName());
        }
        assertEquals(
                rooms,
                signed,
                "each package needs a package-info.java: what lives here, in, out, threads, where to start");
    }

    /** One slice a room; codec, shard and program are one, since a plan, a shard's data and their bytes need each other. */
    private static final class Rooms implements SliceAssignment {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass each) {
            if (!each.getPackageName().startsWith(ROOT)) return SliceIdentifier.ignore();
            String room = each.getPackageName().substring(ROOT.length());
            return SliceIdentifier.of(
                    List.of("codec", "shard", "program").contains(room) ? "codec, shard, program" : room);
        }

        @Override
        public String getDescription() {
            return "rooms";
        }
    }

    private static ArchCondition<JavaClass> useNothingForbidden() {
        return new ArchCondition<>("use no clock, dice, thread, file, socket, logger or unordered collection") {
            @Override
            public void check(JavaClass item, ConditionEvents events) {
                for (Dependency used : item.getDirectDependenciesFromSelf()) {
                    forbid(item, used.getTargetClass().getName(), used.getDescription(), events);
                }
                for (JavaAccess<?> used : item.getAccessesFromSelf()) {
                    String name = used.getTargetOwner().getName() + "."
                            + used.getTarget().getName();
                    forbid(item, name, used.getDescription(), events);
                }
            }
        };
    }

    private static void forbid(JavaClass item, String used, String description, ConditionEvents events) {
        for (Forbidden each : FORBIDDEN) {
            if (each.matches(used)) events.add(SimpleConditionEvent.violated(item, each.reason() + ": " + description));
        }
    }

    private static void check(ArchRule rule) {
        rule.check(FLOTILLA);
    }

    private static String[] rooms(String... names) {
        String[] packages = new String[names.length];
        for (int i = 0; i < names.length; i++) packages[i] = ROOT + names[i];
        return packages;
    }
}
