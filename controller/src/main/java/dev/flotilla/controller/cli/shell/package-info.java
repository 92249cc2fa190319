/**
 * What every command needs: which controller is meant, and a client of its admin API (docs/admin-api.md). In: flags, environment, context files.
 * Out: requests over MQTT, replies as JSON. Threads: one command's; the carrier's put replies on queues. Start at
 * {@link dev.flotilla.controller.cli.shell.Shell}.
 */
package dev.flotilla.controller.cli.shell;
