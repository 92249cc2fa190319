/**
 * The fold tree: partial results of tasks, merged with their siblings as soon as both are there. Pure. In: results by task index, in any order.
 * Out: one value, and what it covers. Start at {@link dev.flotilla.controller.fold.FoldTree}.
 */
package dev.flotilla.controller.fold;
