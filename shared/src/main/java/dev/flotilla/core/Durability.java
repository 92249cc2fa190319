package dev.flotilla.core;

/** How soon an event must be on disk. What is in memory only is no event but a session's state. */
public enum Durability {
    /** Commit now: something that is said rests on it. */
    DURABLE,
    /** Rides with the next commit; any commit that lets something out over the link takes it along. */
    LAZY
}
