package dev.flotilla.controller.broker;

import com.hivemq.extension.sdk.api.ExtensionMain;
import com.hivemq.extension.sdk.api.auth.SimpleAuthenticator;
import com.hivemq.extension.sdk.api.auth.parameter.SimpleAuthInput;
import com.hivemq.extension.sdk.api.auth.parameter.SimpleAuthOutput;
import com.hivemq.extension.sdk.api.packets.auth.DefaultAuthorizationBehaviour;
import com.hivemq.extension.sdk.api.packets.connect.ConnackReasonCode;
import com.hivemq.extension.sdk.api.packets.connect.ConnectPacket;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartOutput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopOutput;
import com.hivemq.extension.sdk.api.services.Services;
import com.hivemq.extension.sdk.api.services.admin.AdminService;
import dev.flotilla.carrier.Topics;
import dev.flotilla.controller.broker.Authority.Role;
import dev.flotilla.model.DeviceId;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Stands between the broker and its clients: lets in whom the authority knows, with the permissions of its role. */
final class Gate implements ExtensionMain, SimpleAuthenticator {
    /** Connects of one device within that many seconds; an honest one waits longer from one to the next. */
    private static final int CONNECTS = 50;

    private static final int SECONDS = 10;

    private final Authority authority;
    private final Topics topics;
    private volatile AdminService broker;
    /** When devices connected last; only those whose password was right. */
    private final TreeMap<DeviceId, ArrayDeque<Long>> connects = new TreeMap<>();

    Gate(Authority authority, Topics topics) {
        this.authority = authority;
        this.topics = topics;
    }

    @Override
    public void extensionStart(ExtensionStartInput input, ExtensionStartOutput output) {
        Services.securityRegistry().setAuthenticatorProvider(client -> this);
        broker = Services.adminService(); // last: it is the sign that the gate stands
    }

    @Override
    public void extensionStop(ExtensionStopInput input, ExtensionStopOutput output) {}

    /** True once each client passes through here; until then the broker may let in anybody. */
    boolean stands() {
        return broker != null;
    }

    /** The port that the broker listens on, once it has started. */
    int port() {
        return broker.getServerInformation().getListener().iterator().next().getPort();
    }

    @Override
    public void onConnect(SimpleAuthInput input, SimpleAuthOutput output) {
        ConnectPacket connect = input.getConnectPacket();
        Optional<Role> role = role(connect);
        if (role.isPresent() && role.get() instanceof Role.Device device && !mayConnect(device.device())) {
            output.failAuthentication(ConnackReasonCode.CONNECTION_RATE_EXCEEDED);
            return;
        }
        if (role.isEmpty()) {
            output.failAuthentication(ConnackReasonCode.NOT_AUTHORIZED);
            return;
        }
        output.getDefaultPermissions().clear();
        output.getDefaultPermissions().setDefaultBehaviour(DefaultAuthorizationBehaviour.DENY);
        output.getDefaultPermissions().addAll(Permissions.of(role.get(), topics, connect.getClientId()));
        output.authenticateSuccessfully();
    }

    /** Each connect costs a handshake and ends the one before. */
    private synchronized boolean mayConnect(DeviceId device) {
        long now = System.nanoTime();
        ArrayDeque<Long> last = connects.computeIfAbsent(device, d -> new ArrayDeque<>());
        if (last.size() == CONNECTS) {
            if (now - last.getFirst() < TimeUnit.SECONDS.toNanos(SECONDS)) return false;
            last.removeFirst();
        }
        last.add(now);
        return true;
    }

    private Optional<Role> role(ConnectPacket connect) {
        String clientId = connect.getClientId();
        if (connect.getUserName().isEmpty() || connect.getPassword().isEmpty()) return Optional.empty();
        if (!clientId.matches("[A-Za-z0-9._-]{1,64}")) return Optional.empty(); // it becomes part of a topic filter
        ByteBuffer shown = connect.getPassword().get();
        byte[] password = new byte[shown.remaining()];
        shown.get(password);
        return authority
                .authenticate(connect.getUserName().get(), password, clientId)
                .filter(role ->
                        !(role instanceof Role.Device r) || r.device().value().equals(clientId));
    }
}
