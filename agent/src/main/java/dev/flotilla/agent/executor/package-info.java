/**
 * What runs an attempt: the builtins, on threads of this process. In: a spec and a shard. Out: {@link dev.flotilla.agent.core.Input.Ended}.
 * Threads: one a slot, and one for timeouts. Start at {@link dev.flotilla.agent.executor.BuiltinExecutor}.
 */
package dev.flotilla.agent.executor;
