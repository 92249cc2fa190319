package dev.flotilla.controller.fold;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.codec.CborIn;
import dev.flotilla.codec.CborOut;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.program.Partial;
import dev.flotilla.program.ShardData;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FoldTreeTest {
    private static final Builtin SUM = Builtins.find("sum");

    private static Partial sum(long from, long to) throws Exception {
        return SUM.map(new ShardData.Numbers(from, to), ProgramCall.of("sum"), Builtin.Stop.NEVER)
                .partial();
    }

    @Test
    void everyOrderOfArrivalGivesTheSameBytesAndTheSameValue() throws Exception {
        for (int tasks : List.of(1, 2, 3, 5, 8, 13, 100)) {
            byte[] first = null;
            for (long seed = 1; seed <= 20; seed++) {
                List<Integer> order = new ArrayList<>();
                for (int i = 0; i < tasks; i++) order.add(i);
                Collections.shuffle(order, new Random(seed));
                FoldTree tree = new FoldTree(tasks);
                for (int i : order) tree.add(i, sum(i * 10L, i * 10L + 10));
                assertEquals(
                        Optional.of(BigDecimal.valueOf(tasks * 10L * (tasks * 10L - 1) / 2)),
                        tree.value().orElseThrow().answer().value(),
                        "seed " + seed);
                assertEquals(1, tree.size(), "a whole tree is one node");
                byte[] bytes = bytes(tree);
                if (first == null) first = bytes;
                assertArrayEquals(first, bytes, tasks + " tasks, seed " + seed);
            }
        }
    }

    @Test
    void memoryHoldsTheGapsAlone() throws Exception {
        FoldTree tree = new FoldTree(100_000_000L);
        for (long i = 0; i < 50_000; i++) if (i != 777) tree.add(i, sum(i, i + 1));
        assertTrue(tree.size() < 40, tree.size() + " nodes");
        assertFalse(tree.has(777));
        assertTrue(tree.has(776) && tree.has(0) && tree.has(49_999));
        assertEquals(49_999, tree.counted());
    }

    @Test
    void aSecondResultOfATaskHasNowhereToGo() throws Exception {
        FoldTree tree = new FoldTree(4);
        tree.add(0, sum(0, 1));
        tree.add(1, sum(1, 2));
        assertThrows(IllegalStateException.class, () -> tree.add(0, sum(0, 1)));
    }

    @Test
    void aTreeWithGapsIsReadBackAsItWas() throws Exception {
        FoldTree tree = new FoldTree(9);
        for (long i : List.of(0L, 1L, 4L, 8L)) tree.add(i, sum(i, i + 1));
        CborIn in = new CborIn(bytes(tree));
        FoldTree again = FoldTree.read(in, 9, SUM);
        assertArrayEquals(bytes(tree), bytes(again));
        assertEquals(4, again.counted());
        assertTrue(again.has(8) && !again.has(7));
    }

    private static byte[] bytes(FoldTree tree) {
        CborOut out = new CborOut();
        tree.write(out);
        return out.bytes();
    }
}
