package dev.flotilla.controller.broker;

import com.hivemq.extension.sdk.api.ExtensionMain;
import com.hivemq.extension.sdk.api.auth.SimpleAuthenticator;
import com.hivemq.extension.sdk.api.auth.parameter.SimpleAuthInput;
import com.hivemq.extension.sdk.api.auth.parameter.SimpleAuthOutput;
import com.hivemq.extension.sdk.api.client.parameter.ClientTlsInformation;
import com.hivemq.extension.sdk.api.client.parameter.ConnectionInformation;
import com.hivemq.extension.sdk.api.client.parameter.ListenerType;
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
import java.security.cert.X509Certificate;
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

    /** The port of its listener of that type, once it has started. */
    int port(ListenerType type) {
        return broker.getServerInformation().getListener().stream()
                .filter(listener -> listener.getListenerType() == type)
                .findFirst()
                .orElseThrow()
                .getPort();
    }

    /** Ends the session of that client, if it has one. */
    void end(String clientId) {
        Services.clientService().disconnectClient(clientId);
    }

    @Override
    public void onConnect(SimpleAuthInput input, SimpleAuthOutput output) {
        ConnectPacket connect = input.getConnectPacket();
        Optional<Role> role = role(connect, input.getConnectionInformation());
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

    private Optional<Role> role(ConnectPacket connect, ConnectionInformation connection) {
        String clientId = connect.getClientId();
        if (!clientId.matches("[A-Za-z0-9._-]{1,64}")) return Optional.empty(); // it becomes part of a topic filter
        boolean here = connection
                .getListener()
                .filter(listener -> listener.getListenerType() == ListenerType.TCP_LISTENER)
                .isPresent();
        Optional<X509Certificate> certificate =
                connection.getClientTlsInformation().flatMap(ClientTlsInformation::getClientCertificate);
        return (certificate.isPresent()
                        ? authority.certified(certificate.get(), clientId)
                        : byPassword(connect, here, clientId))
                .filter(role ->
                        !(role instanceof Role.Device r) || r.device().value().equals(clientId));
    }

    /** Passwords are for this machine; elsewhere there are certificates, and tokens for who has none yet. */
    private Optional<Role> byPassword(ConnectPacket connect, boolean here, String clientId) {
        if (connect.getUserName().isEmpty() || connect.getPassword().isEmpty()) return Optional.empty();
        String user = connect.getUserName().get();
        ByteBuffer shown = connect.getPassword().get();
        byte[] password = new byte[shown.remaining()];
        shown.get(password);
        return here ? authority.authenticate(user, password, clientId) : authority.joining(user, password, clientId);
    }
}
