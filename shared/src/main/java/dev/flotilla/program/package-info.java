/**
 * The builtins: a map over one shard, an exact fold over its results; and how records are read. Pure, but for the pause that {@code --delay} asks
 * for. In: a shard's numbers or records. Out: a partial result, merged in any split to the same bytes. A new builtin is one class and a line in
 * {@link dev.flotilla.program.Builtins}. Start at {@link dev.flotilla.program.Builtin}.
 */
package dev.flotilla.program;
