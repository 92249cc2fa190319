package dev.flotilla.link;

/**
 * Controller to agent: the answer to a hello.
 *
 * @param hello     echoed; 0 when the controller does not know it
 * @param greeting  fresh 64 bits; 0 says "say hello again"
 * @param term      the controller's start number
 * @param seq       its journal's last commit
 */
public record Greeting(long hello, long greeting, long term, long seq) implements Envelope {
    /** The same with the journal's last commit, which only an edge has. */
    public Greeting at(long commit) {
        return new Greeting(hello, greeting, term, commit);
    }
}
