/**
 * Ids and facts that cannot be wrong: job, task, attempt, device, capacity, coverage, spec. Pure. In: text and numbers. Out: records that
 * refuse nonsense. Threads: immutable, so any. Start at {@link dev.flotilla.model.Spec}.
 */
package dev.flotilla.model;
