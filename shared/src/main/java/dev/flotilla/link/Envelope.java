package dev.flotilla.link;

/** What travels between one agent and the controller. */
public sealed interface Envelope permits Hello, Greeting, Report, Order {}
