package dev.flotilla.controller.broker;

import dev.flotilla.model.DeviceId;
import java.util.Optional;

/** Says who a client of the broker is. Called by the broker's threads; must not wait. */
public interface Authority {
    /**
     * The role of whoever shows this, empty if it is to be refused. A broker lets a new session of a client id end the old one, so the answer
     * must depend on the client id too.
     *
     * @param password  of no use after the call
     */
    Optional<Role> authenticate(String user, byte[] password, String clientId);

    /** What a client is, from which follows what it may write and read. */
    sealed interface Role {
        /** Writes and reads all of its fleet. */
        record Controller() implements Role {}

        /** Writes its own report and presence, reads its own order and the controller's presence. Its client id is its device id. */
        record Device(DeviceId device) implements Role {}

        /** Writes admin requests, reads the replies to its own client id, and all events. */
        record Client(String user) implements Role {}
    }
}
