/**
 * A whole fleet on this machine, for {@code dev} and {@code demo}: controller and agents as processes of their own, which end with the one that
 * started them, however it ends. In: how many. Out: a context to reach the controller. Threads: one watches each process. Start at
 * {@link dev.flotilla.controller.cli.local.Fleet}.
 */
package dev.flotilla.controller.cli.local;
