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
import dev.flotilla.log.Log;
import dev.flotilla.security.Identity;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Stands between the broker and its clients: lets in whom the authority knows, with the permissions of its role. */
final class Gate implements ExtensionMain, SimpleAuthenticator {
    /** Connects of one device or token within that many seconds; an honest one waits longer from one to the next. */
    private static final int CONNECTS = 50;

    private static final int SECONDS = 10;
    /** Wrong guesses from one address within that many seconds. */
    private static final int GUESSES = 5;

    private static final int GUESSES_WITHIN = 60;
    /** Addresses that are remembered. */
    private static final int ADDRESSES = 10_000;

    private final Authority authority;
    private final Topics topics;
    private volatile AdminService broker;
    /** When each one connected last whose certificate, password or token was right. */
    private final TreeMap<String, ArrayDeque<Long>> connects = new TreeMap<>();
    /** When each address guessed wrong. */
    private final TreeMap<String, ArrayDeque<Long>> wrong = new TreeMap<>();

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
        Services.clientService().disconnectClient(clientId).whenComplete((ended, failure) -> {
            if (failure != null) Log.warn("broker.session-not-ended", "client", clientId, "why", failure);
        });
    }

    @Override
    public void onConnect(SimpleAuthInput input, SimpleAuthOutput output) {
        ConnectPacket connect = input.getConnectPacket();
        ConnectionInformation connection = input.getConnectionInformation();
        boolean guesses = !isHere(connection) && certificate(connection).isEmpty();
        String address =
                connection.getInetAddress().map(InetAddress::getHostAddress).orElse("");
        if (guesses && !mayGuess(address)) {
            output.failAuthentication(ConnackReasonCode.CONNECTION_RATE_EXCEEDED);
            return;
        }
        Optional<Role> role = role(connect, connection);
        boolean ours = role.isPresent() && (role.get() instanceof Role.Controller || role.get() instanceof Role.Client);
        if (!ours && !authority.ready()) {
            output.failAuthentication(ConnackReasonCode.SERVER_UNAVAILABLE);
            return;
        }
        if (guesses && role.isEmpty()) guessed(address);
        Optional<String> proven = proven(connect, connection, role);
        if (proven.isPresent() && !mayConnect(proven.get())) {
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

    /** Who that is, let in or not, as far as it was proved: a name that anybody may write must not take another's share. */
    private static Optional<String> proven(
            ConnectPacket connect, ConnectionInformation connection, Optional<Role> role) {
        Optional<X509Certificate> certificate = certificate(connection);
        if (certificate.isPresent()) return certificate.map(shown -> "certificate " + Identity.name(shown));
        if (role.isEmpty()) return Optional.empty();
        if (role.get() instanceof Role.Device device) return Optional.of("device " + device.device());
        return role.get() instanceof Role.Joiner
                ? connect.getUserName().map(token -> "token " + token)
                : Optional.empty();
    }

    /** Each connect costs a handshake and ends the one before. */
    private synchronized boolean mayConnect(String whom) {
        long now = System.nanoTime();
        ArrayDeque<Long> last = connects.computeIfAbsent(whom, w -> new ArrayDeque<>());
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
        Optional<X509Certificate> certificate = certificate(connection);
        return (certificate.isPresent()
                        ? authority.certified(certificate.get(), clientId)
                        : byPassword(connect, isHere(connection), clientId))
                .filter(role ->
                        !(role instanceof Role.Device r) || r.device().value().equals(clientId));
    }

    private static boolean isHere(ConnectionInformation connection) {
        return connection
                .getListener()
                .filter(listener -> listener.getListenerType() == ListenerType.TCP_LISTENER)
                .isPresent();
    }

    private static Optional<X509Certificate> certificate(ConnectionInformation connection) {
        return connection.getClientTlsInformation().flatMap(ClientTlsInformation::getClientCertificate);
    }

    /** Whoever shows neither a certificate nor a right token is let try so often. */
    private synchronized boolean mayGuess(String address) {
        long old = System.nanoTime() - TimeUnit.SECONDS.toNanos(GUESSES_WITHIN);
        wrong.values().forEach(times -> times.removeIf(time -> time - old < 0));
        wrong.values().removeIf(ArrayDeque::isEmpty);
        return !wrong.containsKey(address) || wrong.get(address).size() < GUESSES;
    }

    private synchronized void guessed(String address) {
        if (wrong.size() >= ADDRESSES && !wrong.containsKey(address)) wrong.pollFirstEntry();
        wrong.computeIfAbsent(address, a -> new ArrayDeque<>()).add(System.nanoTime());
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
