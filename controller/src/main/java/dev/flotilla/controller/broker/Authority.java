package dev.flotilla.controller.broker;

import dev.flotilla.model.DeviceId;
import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * Says who a client of the broker is: its role, empty if it is to be refused. A broker lets a new session of a client id end the old one, so the
 * answer must depend on the client id too. Called by the broker's threads; must not wait.
 */
public interface Authority {
    /** False while it does not know yet whom it may let in: then devices are asked to come again in a moment. */
    default boolean ready() {
        return true;
    }

    /**
     * On loopback.
     *
     * @param password  of no use after the call
     */
    Optional<Role> authenticate(String user, byte[] password, String clientId);

    /** With a certificate that TLS has verified: the fleet's authority has signed it, and it has not expired. */
    default Optional<Role> certified(X509Certificate certificate, String clientId) {
        return Optional.empty();
    }

    /**
     * With TLS and without a certificate: who holds a token may join.
     *
     * @param secret  of no use after the call
     */
    default Optional<Role> joining(String token, byte[] secret, String clientId) {
        return Optional.empty();
    }

    /** What a client is, from which follows what it may write and read. */
    sealed interface Role {
        /** Writes and reads all of its fleet. */
        record Controller() implements Role {}

        /** Writes its own report and presence, reads its own order and the controller's presence. Its client id is its device id. */
        record Device(DeviceId device) implements Role {}

        /** Writes admin requests, reads the replies to its own client id, and all events. */
        record Client(String user) implements Role {}

        /** Asks to join, and reads the answer to its own client id. */
        record Joiner() implements Role {}
    }
}
