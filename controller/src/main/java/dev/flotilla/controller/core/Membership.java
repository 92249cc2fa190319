package dev.flotilla.controller.core;

import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Quoted;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Who belongs to the fleet: tokens, who joins with them, and who is removed (PROTOCOL section 9). Times are of this machine's clock. */
final class Membership {
    /** How long a certificate is good for. */
    private static final Duration LIFE = Duration.ofDays(365);
    /** Tokens that are kept, used up and expired ones too: the oldest of those go first. */
    private static final int MOST_TOKENS = 1000;

    private static final int LONGEST_NAME = 40;
    /** The key version of a device file: nobody who joins gets a key that is in one. */
    private static final int FILES = 1;

    private final Ledger ledger;
    private final Sessions sessions;
    private final Rows rows;

    Membership(Ledger ledger, Sessions sessions, Rows rows) {
        this.ledger = ledger;
        this.sessions = sessions;
        this.rows = rows;
    }

    /** A start: the edges hear of every member. */
    void begun(Step step) {
        for (Member member : ledger.members.values()) step.start(standing(member));
        step.start(new Effect.StandingsTold());
    }

    private static Effect.Standing standing(Member member) {
        return new Effect.Standing(member.device, member.state, member.keyVersion, member.key);
    }

    void tokenAsked(Step step, Input.TokenAsked in) {
        if (in.replaces().isPresent() && !isKnown(in.replaces().get())) {
            refuse(
                    step,
                    in.request(),
                    View.Problem.of(
                            "not-found",
                            3,
                            "no device is called " + in.replaces().get(),
                            "a token can replace a device that is known",
                            "flotilla device list"));
            return;
        }
        List<String> over = ledger.tokens.values().stream()
                .filter(token -> !open(token, in.wall()))
                .sorted(Comparator.comparing(token -> token.expires))
                .map(token -> token.id)
                .toList();
        if (ledger.tokens.size() - over.size() >= MOST_TOKENS) {
            refuse(
                    step,
                    in.request(),
                    View.Problem.of(
                            "usage",
                            2,
                            "no token was made",
                            MOST_TOKENS + " are open already",
                            "flotilla token list ; flotilla token revoke ID"));
            return;
        }
        step.emit(new Event.TokenMade(
                in.token(),
                in.uses(),
                in.expires(),
                in.labels(),
                in.replaces(),
                in.approve(),
                over.subList(0, Math.max(0, ledger.tokens.size() + 1 - MOST_TOKENS))));
        step.start(Effect.Note.of("token.made", "token", in.token(), "uses", in.uses(), "expires", in.expires()));
        step.start(new Effect.Reply(in.request(), new View.TokenMade(in.token(), in.expires())));
    }

    void revokeAsked(Step step, Input.RevokeAsked in) {
        TokenState token = ledger.tokens.get(in.token());
        if (token == null) {
            refuse(
                    step,
                    in.request(),
                    View.Problem.of(
                            "not-found",
                            3,
                            "no token is called " + Quoted.plain(in.token(), 80),
                            "its id is what flotilla token list shows",
                            "flotilla token list"));
            return;
        }
        if (!token.revoked) step.emit(new Event.TokenRevoked(token.id));
        step.start(new Effect.Reply(in.request(), new View.Revoked(token.id)));
    }

    private static boolean open(TokenState token, Instant wall) {
        return !token.revoked && token.joined.size() < token.uses && wall.isBefore(token.expires);
    }

    private boolean isKnown(DeviceId device) {
        return ledger.devices.containsKey(device) || ledger.members.containsKey(device);
    }

    /** A key that was answered gets the same answer again, whatever became of the token since. */
    void joinAsked(Step step, Input.JoinAsked in) {
        TokenState token = ledger.tokens.get(in.token());
        if (token == null) {
            refuse(step, in.request(), refused("the controller does not know this token"));
            return;
        }
        DeviceId before = token.joined.get(in.key());
        if (before != null) {
            Member member = ledger.members.get(before);
            if (member.state == Member.State.REMOVED || !member.key.equals(Optional.of(in.key())))
                refuse(step, in.request(), refused(before + " was removed, or has joined again since"));
            else answer(step, in.request(), member);
            return;
        }
        if (token.revoked) refuse(step, in.request(), refused("the token was revoked"));
        else if (token.joined.size() >= token.uses)
            refuse(
                    step,
                    in.request(),
                    refused("the token was used "
                            + (token.uses == 1 ? "already" : token.uses + " times, as often as it may be")));
        else if (!in.wall().isBefore(token.expires))
            refuse(step, in.request(), refused("the token expired at " + token.expires));
        else join(step, in, token);
    }

    private void join(Step step, Input.JoinAsked in, TokenState token) {
        DeviceId device = token.replaces.orElseGet(() -> free(step, in.name()));
        Member old = ledger.members.get(device);
        int version = (old == null ? FILES : old.keyVersion) + 1;
        leave(step, device, "it was replaced");
        step.emit(new Event.Joined(
                device, token.id, in.key(), version, token.approve, in.wall().plus(LIFE), token.labels));
        Member member = ledger.members.get(device);
        step.start(standing(member));
        step.start(Effect.Note.of("device.joined", "device", device, "token", token.id, "approve", token.approve));
        step.start(new Effect.TellDevice(device, token.approve ? "pending" : "joined"));
        answer(step, in.request(), member);
    }

    private static void answer(Step step, long request, Member member) {
        step.start(new Effect.Reply(
                request,
                new View.Joined(
                        member.device.value(),
                        member.state == Member.State.PENDING,
                        member.keyVersion,
                        member.until,
                        member.labels)));
    }

    /** The host's name if nobody has it, else with a suffix that is drawn. Names of the controller and its clients are nobody's. */
    private DeviceId free(Step step, String host) {
        String name = host.toLowerCase(java.util.Locale.ROOT)
                .replaceFirst("\\..*", "")
                .replaceAll("[^a-z0-9-]+", "-")
                .replaceAll("^-+|-+$", "");
        if (name.isEmpty() || name.matches("(admin|controller|join)(-.*)?|localhost")) name = "device";
        if (name.length() > LONGEST_NAME) name = name.substring(0, LONGEST_NAME);
        DeviceId id = new DeviceId(name);
        while (isKnown(id)) {
            StringBuilder suffix = new StringBuilder();
            for (int i = 0; i < 4; i++) suffix.append("abcdefghijkmnpqrstuvwxyz23456789".charAt(step.dice.below(32)));
            id = new DeviceId(name + "-" + suffix);
        }
        return id;
    }

    void approveAsked(Step step, Input.ApproveAsked in) {
        Member member = ledger.members.get(new DeviceId(in.device()));
        if (member == null || member.state != Member.State.PENDING) {
            refuse(
                    step,
                    in.request(),
                    View.Problem.of(
                            "not-found",
                            3,
                            in.device() + " does not wait for a word",
                            member == null ? "no device of that name has joined" : "it is " + word(member.state),
                            "flotilla device list"));
            return;
        }
        step.emit(new Event.DeviceApproved(member.device));
        step.start(standing(member));
        step.start(new Effect.Reply(in.request(), new View.Approved(member.device.value())));
    }

    /**
     * At once: what it says from now on is nothing; its attempts are gone, and what had a permit is held. Also one that was never met: its file may
     * have been stolen before its first use.
     */
    void removeAsked(Step step, Input.RemoveDeviceAsked in) {
        DeviceId device = new DeviceId(in.device());
        Member member = ledger.members.get(device);
        if (member != null && member.state == Member.State.REMOVED) {
            refuse(
                    step,
                    in.request(),
                    View.Problem.of(
                            "not-found",
                            3,
                            "no device is called " + in.device(),
                            "it was removed already",
                            "flotilla device list"));
            return;
        }
        boolean known = isKnown(device);
        leave(step, device, "it was removed");
        step.emit(new Event.DeviceRemoved(device));
        step.start(standing(ledger.members.get(device)));
        step.start(new Effect.TellDevice(device, "removed"));
        step.start(Effect.Note.of("device.removed", "device", device));
        step.start(new Effect.Reply(in.request(), new View.DeviceRemoved(device.value(), known)));
    }

    private void leave(Step step, DeviceId id, String why) {
        DeviceState device = ledger.devices.get(id);
        if (device != null && !device.unsettled.isEmpty())
            rows.gone(step, device, new ArrayList<>(device.unsettled.keySet()), why);
        sessions.forget(id);
    }

    /** Whatever is still on its way from a device that was removed is nobody's. */
    boolean isOut(DeviceId device) {
        Member member = ledger.members.get(device);
        return member != null && member.state != Member.State.ACTIVE;
    }

    View tokens(Instant wall) {
        List<View.Token> all = new ArrayList<>();
        for (TokenState token : ledger.tokens.values()) {
            String state = token.revoked
                    ? "revoked"
                    : token.joined.size() >= token.uses ? "used" : wall.isBefore(token.expires) ? "open" : "expired";
            all.add(new View.Token(
                    token.id,
                    state,
                    token.joined.size(),
                    token.uses,
                    token.expires,
                    token.labels,
                    token.replaces.map(DeviceId::value),
                    token.approve,
                    new TreeSet<>(token.joined.values())
                            .stream().map(DeviceId::value).toList()));
        }
        return new View.TokenList(all);
    }

    static String word(Member.State state) {
        return state.name().toLowerCase(java.util.Locale.ROOT);
    }

    private static View.Problem refused(String why) {
        return View.Problem.of(
                "not-authorised",
                4,
                "the device may not join",
                why,
                "flotilla token create          makes another token");
    }

    private static void refuse(Step step, long request, View.Problem problem) {
        step.start(new Effect.Reply(request, problem));
    }
}
