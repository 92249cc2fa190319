/**
 * The builtins: a map over one shard, an exact fold over its results. Pure. In: a shard's numbers or records. Out: a partial result, merged in
 * any split to the same bytes. A new builtin is one class and a line in {@code Builtins}. Start at {@link dev.flotilla.program.Builtin}.
 */
package dev.flotilla.program;
