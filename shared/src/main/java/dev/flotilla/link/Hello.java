package dev.flotilla.link;

/**
 * Agent to controller: let us meet. Changes nothing that lasts.
 *
 * @param version      of the protocol that the agent speaks
 * @param hello        fresh 64 bits, not 0
 * @param boot         64 bits of this agent start, not 0
 * @param agentId      32 hexadecimal digits, born with the agent's journal
 * @param term         with {@code seq} the highest commit of a controller that this agent has met; 0, 0 for none
 * @param machineBoot  the machine's own boot id, for people; may be empty
 * @param software     the agent's version, for people
 */
public record Hello(
        int version, long hello, long boot, String agentId, long term, long seq, String machineBoot, String software)
        implements Envelope {
    /** The version that this code speaks. */
    public static final int VERSION = 1;
}
