/**
 * The admin service: JSON requests over MQTT, answered from the core, the artifact store and the recovery log (docs/admin-api.md). In: messages
 * from clients, who are authenticated but may be wrong. Out: one reply each. Threads: the carrier's for what is quick, its own two for files
 * and walks. Start at {@link dev.flotilla.controller.admin.AdminService}, the door: {@code Replies} carries the answers, {@code Requests} asks
 * the core, {@code Submissions} makes jobs, {@code Artifacts} takes files, {@code Inquiries} asks the log.
 */
package dev.flotilla.controller.admin;
