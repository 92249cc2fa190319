/**
 * How envelopes and admin messages travel: Paho MQTT 5. One supervisor owns a connection. In: bytes for a topic. Out: bytes from a topic, put
 * on the loop's queue by callbacks that never wait. Start at {@link dev.flotilla.carrier.Carrier}.
 */
package dev.flotilla.carrier;
