package dev.flotilla.controller.fold;

import dev.flotilla.codec.CborIn;
import dev.flotilla.codec.CborOut;
import dev.flotilla.codec.Malformed;
import dev.flotilla.model.Limits;
import dev.flotilla.program.BadResult;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Partial;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A fixed binary tree over the task indexes 0 .. tasks-1. A node of level l at position p stands for the indexes whose upper bits are p; it is
 * there once all of them are, and then its children are not. So memory holds the gaps alone, a second result of a task has nowhere to go, and
 * the tree is the same for every order of arrival (I10).
 */
public final class FoldTree {
    private final long tasks;
    private final List<NavigableMap<Long, Partial>> levels = new ArrayList<>();
    /** Which indexes are in: runs of neighbours, first to one past the last. */
    private final NavigableMap<Long, Long> runs = new TreeMap<>();

    private long counted;

    /** An empty tree over that many tasks, at least 1. */
    public FoldTree(long tasks) {
        this.tasks = tasks;
        for (int level = 0; level == 0 || nodes(level - 1) > 1; level++) levels.add(new TreeMap<>());
    }

    /** How many nodes a level has. */
    private long nodes(int level) {
        return ((tasks - 1) >> level) + 1;
    }

    /** True if the task's result is in. */
    public boolean has(long index) {
        Map.Entry<Long, Long> run = runs.floorEntry(index);
        return run != null && index < run.getValue();
    }

    /** Notes that these are in: from {@code first} up to, and without, {@code end}; none of them was. */
    private void mark(long first, long end) {
        Map.Entry<Long, Long> before = runs.lowerEntry(first);
        boolean joins = before != null && before.getValue() == first;
        Long after = runs.remove(end);
        runs.put(joins ? before.getKey() : first, after == null ? end : after);
    }

    /** Takes in a task's result. @throws IllegalStateException if it is in already: whoever counts must ask {@link #has} first */
    public void add(long index, Partial result) {
        if (index < 0 || index >= tasks || has(index))
            throw new IllegalStateException("task " + index + " of " + tasks + " cannot be counted");
        counted++;
        mark(index, index + 1);
        Partial node = result;
        int level = 0;
        long at = index;
        while (level + 1 < levels.size()) {
            long sibling = at ^ 1;
            if (sibling < nodes(level)) {
                Partial other = levels.get(level).remove(sibling);
                if (other == null) break;
                node = (at & 1) == 0 ? node.merge(other) : other.merge(node);
            }
            at >>= 1;
            level++;
        }
        levels.get(level).put(at, node);
    }

    /** How many tasks are in. */
    public long counted() {
        return counted;
    }

    /** How many nodes are held: the price of the gaps. */
    public long size() {
        long size = 0;
        for (NavigableMap<Long, Partial> level : levels) size += level.size();
        return size;
    }

    /** The fold over everything that is in; empty if nothing is. */
    public Optional<Partial> value() {
        Partial all = null;
        for (NavigableMap<Long, Partial> level : levels) {
            for (Partial node : level.values()) all = all == null ? node : all.merge(node);
        }
        return Optional.ofNullable(all);
    }

    /** Writes the nodes. */
    public void write(CborOut out) {
        out.array(2).put(counted).array((int) size());
        for (int level = 0; level < levels.size(); level++) {
            int at = level;
            levels.get(level)
                    .forEach((position, node) -> out.array(3)
                            .put(at)
                            .put(position)
                            .put(new dev.flotilla.model.Bytes(node.encode()))
                            .end());
        }
        out.end().end();
    }

    /** Reads what {@link #write} wrote. */
    public static FoldTree read(CborIn in, long tasks, Builtin program) {
        FoldTree tree = new FoldTree(tasks);
        in.array();
        tree.counted = in.number(0, tasks);
        in.eachArray(Integer.MAX_VALUE, node -> {
            int level = (int) node.number(0, tree.levels.size() - 1);
            long position = node.number(0, tree.nodes(level) - 1);
            tree.mark(position << level, Math.min(tasks, (position + 1) << level));
            try {
                return tree.levels
                        .get(level)
                        .put(
                                position,
                                program.decode(node.bytes(2 * Limits.INLINE).array()));
            } catch (BadResult e) {
                throw new Malformed("a node of the fold", e);
            }
        });
        in.end();
        return tree;
    }
}
