/**
 * Jobs, attempts, meetings, coverage: what one fleet's controller decides. Pure. In: what devices report and clients ask. Out: events for the
 * recovery log, orders and replies for after the commit. Threads: the loop's. Start at {@link dev.flotilla.controller.core.ControllerCore}.
 */
package dev.flotilla.controller.core;
