/**
 * Bytes to envelopes and events, and back: CBOR, streamed, within limits. Pure. In: bytes that nobody trusts. Out: records, or a refusal.
 * Start at {@link dev.flotilla.codec.CborIn} and {@link dev.flotilla.codec.CborOut}.
 */
package dev.flotilla.codec;
