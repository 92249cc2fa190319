package dev.flotilla.controller.app;

import dev.flotilla.controller.broker.Authority;
import dev.flotilla.controller.enrol.CertificateAuthority;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.FleetName;
import dev.flotilla.security.Identity;
import dev.flotilla.security.RootSecret;
import dev.flotilla.security.Token;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * Who may connect to the embedded broker: on loopback this controller, and devices and clients whose passwords come from the fleet's root secret;
 * elsewhere devices by their certificates.
 */
public final class FleetAuthority implements Authority {
    static final String CONTROLLER = "controller";
    static final String ADMIN = "admin";
    private static final String JOIN = "join";
    private final FleetName fleet;
    private final RootSecret root;
    private final String controllerPassword;
    private final Standings standings;

    FleetAuthority(FleetName fleet, RootSecret root, String controllerPassword, Standings standings) {
        this.fleet = fleet;
        this.root = root;
        this.controllerPassword = controllerPassword;
        this.standings = standings;
    }

    @Override
    public boolean ready() {
        return standings.known();
    }

    @Override
    public Optional<Role> authenticate(String user, byte[] password, String clientId) {
        if (user.equals(CONTROLLER))
            return same(password, controllerPassword) ? Optional.of(new Role.Controller()) : Optional.empty();
        if (user.equals(ADMIN)) {
            return same(password, root.clientPassword(fleet, ADMIN)) && clientId.startsWith(ADMIN + "-")
                    ? Optional.of(new Role.Client(ADMIN))
                    : Optional.empty();
        }
        if (!user.matches("[a-z0-9-]{1,64}") || !clientId.equals(user) || isReserved(user)) return Optional.empty();
        DeviceId device = new DeviceId(user);
        return same(password, root.devicePassword(fleet, device)) && standings.admits(device)
                ? Optional.of(new Role.Device(device))
                : Optional.empty();
    }

    /** A device's certificate opens the session of its own name. */
    @Override
    public Optional<Role> certified(X509Certificate certificate, String clientId) {
        String name = Identity.name(certificate);
        boolean device = Identity.role(certificate).equals(CertificateAuthority.Role.DEVICE.word())
                && name.matches("[a-z0-9-]{1,64}")
                && !isReserved(name)
                && name.equals(clientId)
                && standings.admits(new DeviceId(name), Identity.hash(certificate.getPublicKey()));
        return device ? Optional.of(new Role.Device(new DeviceId(name))) : Optional.empty();
    }

    /** Whether the token is still good is decided when it is used to join. */
    @Override
    public Optional<Role> joining(String token, byte[] secret, String clientId) {
        boolean right = token.matches("[0-9a-f]{16}")
                && same(secret, Token.password(root.tokenSecret(fleet, token)))
                && clientId.startsWith(JOIN + "-" + token);
        return right ? Optional.of(new Role.Joiner()) : Optional.empty();
    }

    /** True if a device of that id could take over the session of the controller, of an admin client, or of who joins. */
    public static boolean isReserved(String device) {
        return List.of(CONTROLLER, ADMIN, JOIN).stream()
                .anyMatch(name -> device.equals(name) || device.startsWith(name + "-"));
    }

    private static boolean same(byte[] shown, String right) {
        return MessageDigest.isEqual(shown, right.getBytes(StandardCharsets.UTF_8));
    }
}
