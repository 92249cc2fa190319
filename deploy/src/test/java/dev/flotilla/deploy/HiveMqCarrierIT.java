package dev.flotilla.deploy;

import dev.flotilla.controller.broker.TellingCarrierContract;
import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;

/** The carrier's contract over HiveMQ CE in its container, which lets in anybody. */
class HiveMqCarrierIT extends TellingCarrierContract {
    @BeforeAll
    static void start() {
        HiveMq.start();
    }

    @Override
    protected URI broker() {
        return HiveMq.start();
    }

    @Override
    protected Optional<Login> login(String clientId) {
        return Optional.empty();
    }
}
