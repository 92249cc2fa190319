package dev.flotilla.controller.place;

import dev.flotilla.model.DeviceId;
import java.util.List;
import java.util.Optional;

/** Chooses a device for the next task. Stateless; ties go to the first candidate by name, so equal histories choose alike. */
public interface PlacementPolicy {
    /** What users call it. */
    String name();

    /**
     * The device for one task.
     *
     * @param candidates  those that fit and have room, by name; at least one
     * @param last        the device that this job's task before went to
     */
    Candidate choose(List<Candidate> candidates, Optional<DeviceId> last);

    /** Why it chose so, in words for people; asked before the choice is taken. */
    String why(Candidate chosen, List<Candidate> candidates);
}
