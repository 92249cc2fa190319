/**
 * How a device becomes one of the fleet: the fleet's certificate authority, tokens, and what is answered to who joins (PROTOCOL section 9). In: a
 * public key and a token's proof. Out: a certificate and keys. Threads: any. Start at {@link dev.flotilla.controller.enrol.CertificateAuthority}.
 */
package dev.flotilla.controller.enrol;
