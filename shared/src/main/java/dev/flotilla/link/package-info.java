/**
 * The four envelopes of the link: hello, greeting, report, order; and what both sides do alike with them. Pure. Every message says how things
 * are, never what to add to them (PROTOCOL sections 3 and 4). Start at {@link dev.flotilla.link.Report} and {@link dev.flotilla.link.Order}.
 */
package dev.flotilla.link;
