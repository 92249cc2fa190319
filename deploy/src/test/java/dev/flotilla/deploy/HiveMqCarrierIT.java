package dev.flotilla.deploy;

import dev.flotilla.controller.broker.CarrierContract;
import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;

/** The carrier's contract over HiveMQ CE in its container, which lets in anybody. */
class HiveMqCarrierIT extends CarrierContract {
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

    @Override
    protected boolean guards() {
        return false;
    }
}
