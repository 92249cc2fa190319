package dev.flotilla.controller.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.Topics;
import dev.flotilla.codec.Malformed;
import dev.flotilla.controller.core.Input;
import dev.flotilla.controller.core.View;
import dev.flotilla.controller.enrol.Enrolment;
import dev.flotilla.log.Log;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Quoted;
import dev.flotilla.security.JoinRequest;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tokens for clients, and answers for who joins with one. Any thread. What is asked is proved, and what is answered is signed, by one thread of its
 * own: neither the carrier nor the loop waits for it, and beyond a few that wait, who joins is not heard and asks again.
 */
final class Joining implements AutoCloseable {
    private static final int MOST_USES = 10_000;
    private static final Duration LONGEST = Duration.ofDays(366);
    private static final int MOST_LABELS = 32;

    private static final int WAITING = 32;

    private final ThreadPoolExecutor prover = new ThreadPoolExecutor(
            1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING), task -> new Thread(task, "joining"));
    private final AtomicLong dropped = new AtomicLong();
    private final Topics topics;
    private final Requests requests;
    private final Replies replies;
    private final Optional<Enrolment> enrolment;

    Joining(Topics topics, Requests requests, Replies replies, Optional<Enrolment> enrolment) {
        this.topics = topics;
        this.requests = requests;
        this.replies = replies;
        this.enrolment = enrolment;
    }

    /** A device's whole id. */
    static String device(Fields fields) {
        return fields.parsed("device", () -> new DeviceId(fields.text("device")))
                .value();
    }

    void create(JsonNode request, Replies.Reply reply) {
        if (enrolment.isEmpty())
            throw Refusal.usage(
                    null,
                    "no token was made",
                    "this controller takes no devices from other machines",
                    "flotilla controller --listen 8883          or flotilla device create ID, a file for this machine");
        Fields fields = new Fields("", request, "uses", "expires_s", "labels", "replaces", "approve");
        long uses = fields.maybeNumber("uses").orElse(1);
        if (uses < 1 || uses > MOST_USES)
            throw Refusal.usage(
                    "uses", "no token was made", "it has 1 to " + MOST_USES + " uses, not " + uses, "--uses 60");
        long seconds = fields.maybeNumber("expires_s").orElse(Duration.ofDays(1).toSeconds());
        if (seconds < 1 || seconds > LONGEST.toSeconds())
            throw Refusal.usage("expires_s", "no token was made", "it is good for 1 s to 366 days", "--expires 24h");
        Optional<DeviceId> replaces = fields.has("replaces")
                ? Optional.of(fields.parsed("replaces", () -> new DeviceId(fields.text("replaces"))))
                : Optional.empty();
        if (replaces.isPresent() && uses != 1)
            throw Refusal.usage(
                    "uses", "no token was made", "one device replaces another: such a token has one use", "--uses 1");
        TreeMap<String, String> labels = labels(fields.textMap("labels"));
        boolean approve = fields.flag("approve", false);
        if (approve && replaces.isPresent())
            throw Refusal.usage(
                    "approve",
                    "no token was made",
                    "whoever joins with it would throw " + replaces.get() + " out before you approve",
                    "leave one of --replaces and --approve out");
        Instant now = Instant.now();
        Instant expires = Instant.ofEpochSecond(now.getEpochSecond() + seconds);
        requests.write(
                view -> {
                    if (view instanceof View.TokenMade made) reply.send(made(made));
                    else reply.send(view);
                },
                id -> new Input.TokenAsked(
                        id, enrolment.get().freshId(), (int) uses, expires, labels, replaces, approve, now));
    }

    private ObjectNode made(View.TokenMade made) {
        ObjectNode out = Json.MAPPER.createObjectNode();
        out.put("ok", true).put("id", made.token());
        out.put("token", enrolment.orElseThrow().token(made.token(), made.expires()));
        out.put("expires", made.expires().toString());
        return out;
    }

    private static TreeMap<String, String> labels(SortedMap<String, String> given) {
        TreeMap<String, String> labels = new TreeMap<>(given);
        for (var label : labels.entrySet()) {
            if (!label.getKey().matches("[A-Za-z0-9_.-]{1,64}")
                    || !label.getValue().matches("[^\\p{Cntrl}]{1,64}"))
                throw Refusal.usage(
                        "labels",
                        Quoted.plain(label.getKey() + "=" + label.getValue(), 80) + " is no label",
                        "a label is name=value: a name of letters, digits, _ . - and a value, each of at most 64 characters",
                        "-l site=berlin");
        }
        if (labels.size() > MOST_LABELS)
            throw Refusal.usage(
                    "labels", "no token was made", "it has at most " + MOST_LABELS + " labels", "-l site=berlin");
        return labels;
    }

    void asked(String client, byte[] bytes) {
        if (enrolment.isEmpty()) return;
        try {
            prover.execute(() -> prove(client, bytes));
        } catch (RejectedExecutionException full) {
            dropped(client, "too many ask at once");
        }
    }

    /** A line in the log for the first, and then for twice as many each time. */
    private void dropped(String client, Object why) {
        long count = dropped.incrementAndGet();
        if (Long.bitCount(count) == 1) Log.warn("join.dropped", "client", client, "why", why, "so_far", count);
    }

    private void prove(String client, byte[] bytes) {
        JoinRequest request;
        try {
            request = JoinRequest.read(bytes);
        } catch (Malformed e) {
            dropped(client, e);
            return;
        }
        // the broker has checked the secret of the token that the client's id names
        Optional<PublicKey> key = client.startsWith("join-" + request.token())
                ? request.provenKey(enrolment.get().fleet())
                : Optional.empty();
        if (key.isEmpty()) {
            dropped(client, "it does not prove its key");
            return;
        }
        try {
            requests.write(
                    view -> answer(client, request, key.get(), view),
                    id -> new Input.JoinAsked(id, request.token(), request.keyHash(), request.host(), Instant.now()));
        } catch (Refusal refusal) {
            dropped(client, refusal.problem().why());
        }
    }

    /** What stands in the way for a while is not said: who joins asks again. */
    private void answer(String client, JoinRequest request, PublicKey key, View view) {
        if (view instanceof View.Problem problem && !problem.code().equals("not-authorised")) {
            dropped(client, problem.why());
            return;
        }
        try {
            prover.execute(() -> replies.publish(Carrier.Message.of(
                    topics.joinAnswered(client), enrolment.orElseThrow().answer(request, key, view))));
        } catch (RejectedExecutionException full) {
            dropped(client, "too many are answered at once");
        }
    }

    @Override
    public void close() {
        prover.shutdownNow();
    }
}
