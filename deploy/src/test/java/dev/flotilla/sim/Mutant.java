package dev.flotilla.sim;

/** A rule left out, to see that the laws can be broken: the world does to the core's inputs what the core would otherwise refuse. */
enum Mutant {
    NONE,
    /** Envelopes of another meeting, and old ones, are taken for new ones of the present meeting, on both sides. */
    MEETING,
    /** The same, and nobody watches envelopes: only what comes of it can show. */
    MEETING_UNWATCHED,
    /** An agent takes any order for the permit that it asks for. */
    PERMIT;

    boolean leavesOutTheMeeting() {
        return this == MEETING || this == MEETING_UNWATCHED;
    }
}
