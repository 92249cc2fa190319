package dev.flotilla.controller.enrol;

import dev.flotilla.controller.core.View;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.FleetName;
import dev.flotilla.security.JoinAnswer;
import dev.flotilla.security.JoinRequest;
import dev.flotilla.security.RootSecret;
import dev.flotilla.security.Token;
import java.net.URI;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/** Makes tokens, and the answers to who joins with them; what is allowed was decided by then. Any thread. */
public final class Enrolment {
    private final FleetName fleet;
    private final RootSecret root;
    private final CertificateAuthority authority;
    private final URI broker;
    private final SecureRandom random = new SecureRandom();

    /** @param broker  where devices find it, {@code mqtts://host:port}: there they join, too */
    public Enrolment(FleetName fleet, RootSecret root, CertificateAuthority authority, URI broker) {
        this.fleet = fleet;
        this.root = root;
        this.authority = authority;
        this.broker = broker;
    }

    public FleetName fleet() {
        return fleet;
    }

    /** The id of a token to be made. */
    public String freshId() {
        byte[] id = new byte[8];
        random.nextBytes(id);
        return HexFormat.of().formatHex(id);
    }

    /** The token's text, a secret. */
    public String token(String id, Instant expires) {
        return new Token(fleet, authority.keyHash(), List.of(broker), id, root.tokenSecret(fleet, id), expires).text();
    }

    /**
     * What the core has decided, as the device hears it.
     *
     * @param key   the request's, proven
     * @param view  {@link View.Joined} or {@link View.Problem}
     */
    public byte[] answer(JoinRequest request, PublicKey key, View view) {
        return JoinAnswer.seal(
                words(key, view), request.keyHash(), authority.certificate(), bytes -> authority.sign(bytes));
    }

    private JoinAnswer words(PublicKey key, View view) {
        if (view instanceof View.Problem p) return new JoinAnswer.Refused(p.what(), p.why(), p.next());
        View.Joined joined = (View.Joined) view;
        DeviceId device = new DeviceId(joined.device());
        if (joined.pending()) return new JoinAnswer.Pending(device);
        return new JoinAnswer.Joined(
                device,
                authority.device(device, key, joined.until()),
                broker,
                root.linkKey(fleet, device, joined.keyVersion()),
                joined.labels());
    }
}
