package dev.flotilla.loop;

import java.util.List;

/** Does the deeds that a core decided on. Called by the loop's thread, after the commit; never blocks; what it learns comes back as an input. */
public interface Hands<F> {
    /** Starts these, in order; {@code seq} is the journal's last commit. */
    void start(List<F> effects, long seq);

    /**
     * The core was rebuilt from the journal, as after a start: whatever was under way for the old one must end. Inputs that are offered before
     * this returns are decided next; if the journal cannot be written now, they are kept until it can, behind what was kept of the batch that
     * failed.
     */
    void rebuilt();
}
