/**
 * Balancing policies: which device gets which task, and why; and the terms that a job asks of a device. Pure. In: candidates. Out: a choice.
 * Start at {@link dev.flotilla.controller.place.PlacementPolicy}.
 */
package dev.flotilla.controller.place;
