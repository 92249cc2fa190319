/**
 * Keys, tags, device files. In: the fleet's root secret. Out: what each device and client proves itself with. Secrets are never printed.
 * Threads: any. Start at {@link dev.flotilla.security.RootSecret}.
 */
package dev.flotilla.security;
