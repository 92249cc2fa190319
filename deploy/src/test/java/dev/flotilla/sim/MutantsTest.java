package dev.flotilla.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The simulator finds each rule that is left out: the most important ones in every build, all with {@code -Dflotilla.full=true}.
 * {@code bench/mutants} prints the same table.
 */
class MutantsTest {
    private static final List<Mutant> QUICK = List.of(Mutant.MEETING_AGENT, Mutant.SETTLE_AFTER_COMMIT, Mutant.PERMIT);

    @BeforeAll
    static void failingDisksAreNoNewsHere() {
        System.setProperty("flotilla.log", "off");
    }

    @Test
    void everyMutantFitsTheCodeAndCompiles() {
        for (Mutant mutant : Mutant.values()) new Mutated(mutant).close();
    }

    @Test
    void aRuleThatIsLeftOutIsFound() {
        boolean full = Boolean.getBoolean("flotilla.full");
        assertEquals(List.of(), MutationTable.print(full ? List.of(Mutant.values()) : QUICK), "not found");
    }
}
