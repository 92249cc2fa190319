/**
 * Sharding strategies: which part of an input is shard i. Pure. In: an input and a sharding. Out: shard i, computed when asked for; for files
 * a plan of slices, made in one pass. Start at {@link dev.flotilla.shard.Ranges} and {@link dev.flotilla.shard.ShardPlan}.
 */
package dev.flotilla.shard;
