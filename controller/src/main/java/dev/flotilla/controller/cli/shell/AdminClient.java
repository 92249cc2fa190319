package dev.flotilla.controller.cli.shell;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.MqttCarrier;
import dev.flotilla.carrier.MqttSettings;
import dev.flotilla.carrier.Topics;
import dev.flotilla.model.Exit;
import dev.flotilla.model.JobId;
import dev.flotilla.model.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A client of the admin API. Every request may be sent twice, since a lost reply looks like a lost request; the API is made for that. Used by one
 * thread; the carrier's threads only fill its queues.
 */
public final class AdminClient implements AutoCloseable {
    /** For a broker that is not there to come. */
    private static final Duration COME = Duration.ofSeconds(3);
    /** For a broker, and a controller, that is there and has much to do. */
    private static final Duration CONNECT = Duration.ofSeconds(15);

    private static final Duration ANSWER = Duration.ofSeconds(10);
    /** A request that reads or cuts files takes its time. */
    private static final Duration LONG_ANSWER = Duration.ofMinutes(2);

    private static final Duration AGAIN = Duration.ofSeconds(2);
    private static final Duration LONG_AGAIN = Duration.ofSeconds(20);
    private static final Duration OFFLINE = Duration.ofMillis(100);
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(20);
    private static final String NO_USER = "anonymous";

    private final Context context;
    private final Topics topics;
    private final String replyTo;
    private final Carrier carrier;
    private final BlockingQueue<Carrier.Message> replies = new LinkedBlockingQueue<>();
    private final BlockingQueue<Optional<ObjectNode>> news = new LinkedBlockingQueue<>();
    private final BlockingQueue<Link> changes = new LinkedBlockingQueue<>();
    private volatile String down = "";
    private int asked;

    private enum Link {
        UP,
        DOWN,
        REFUSED
    }

    /**
     * Connects.
     *
     * @param job  hears of this job's events, if it is the job's whole id
     * @throws UserError if no broker answers, or it refuses
     */
    public static AdminClient open(Context context, Optional<String> job) {
        AdminClient client = new AdminClient(context, job.filter(id -> id.matches("[a-z0-9-]{1,64}")));
        try {
            client.connect();
            return client;
        } catch (UserError e) {
            client.close();
            throw e;
        }
    }

    private AdminClient(Context context, Optional<String> job) {
        this.context = context;
        topics = new Topics(context.fleet());
        byte[] random = new byte[8];
        new SecureRandom().nextBytes(random);
        String clientId = "admin-" + HexFormat.of().formatHex(random);
        replyTo = topics.reply(context.user().isEmpty() ? NO_USER : context.user(), clientId);
        List<String> subscriptions = new ArrayList<>(List.of(replyTo));
        job.ifPresent(id -> subscriptions.add(topics.jobEvent(new JobId(id))));
        MqttCarrier mqtt = new MqttCarrier(
                new MqttSettings(
                        context.broker(),
                        Optional.empty(),
                        clientId,
                        Optional.of(context.user()).filter(user -> !user.isEmpty()),
                        Optional.of(context.password())
                                .filter(password -> !password.isEmpty())
                                .map(String::toCharArray),
                        KEEP_ALIVE,
                        subscriptions,
                        Optional.empty(),
                        Optional.empty(),
                        "admin"),
                new Ears());
        carrier = mqtt;
        mqtt.start();
    }

    private void connect() {
        long start = System.nanoTime();
        while (true) {
            Link link = take(changes, start + (down.isEmpty() ? CONNECT : COME).toNanos());
            if (link == Link.UP) return;
            if (link == Link.REFUSED) {
                throw new UserError(
                        Exit.NOT_AUTHORISED,
                        "the broker at " + context.broker() + " refuses user " + context.user(),
                        down,
                        "flotilla context list          the controller writes a fresh context when it starts");
            }
            if (link == null) throw nobody(down.isEmpty() ? "the broker does not answer" : down);
        }
    }

    private UserError nobody(String why) {
        return new UserError(
                Exit.NO_CONTROLLER,
                "no controller answers at " + context.broker() + " (fleet " + context.fleet() + ")",
                why,
                "flotilla controller          or flotilla dev; flotilla context list shows which are known");
    }

    /** @throws UserError what the controller refuses, or that none answers */
    public ObjectNode ask(String verb, ObjectNode request) {
        return ask(verb, request, ANSWER)
                .orElseThrow(() -> nobody(
                        carrier.connected()
                                ? "the broker is there, the controller is not"
                                : "the link to the broker is down: " + down));
    }

    /** A request that makes the controller read files or its log. */
    public ObjectNode askLong(String verb, ObjectNode request) {
        return ask(verb, request, LONG_ANSWER, LONG_AGAIN)
                .orElseThrow(() -> nobody("no reply within " + LONG_ANSWER.toMinutes() + " min"));
    }

    /**
     * The reply, or empty if there was none in time.
     *
     * @throws UserError what the controller refuses
     */
    public Optional<ObjectNode> ask(String verb, ObjectNode request, Duration patience) {
        return ask(verb, request, patience, AGAIN);
    }

    private Optional<ObjectNode> ask(String verb, ObjectNode request, Duration patience, Duration again) {
        byte[] payload = Replies.bytes(request);
        int first = asked + 1;
        long end = System.nanoTime() + patience.toNanos();
        long pause = again.toNanos();
        while (System.nanoTime() < end) {
            byte[] correlation = String.valueOf(++asked).getBytes(StandardCharsets.US_ASCII);
            boolean sent = carrier.publish(new Carrier.Message(
                    topics.admin(verb), payload, 1, false, Optional.of(replyTo), Optional.of(correlation)));
            long until = System.nanoTime() + (sent ? pause : OFFLINE.toNanos());
            Optional<ObjectNode> reply = reply(first, Math.min(end, until));
            if (reply.isPresent()) return Optional.of(checked(reply.get()));
            if (sent) pause *= 2;
        }
        return Optional.empty();
    }

    /** The reply to any sending of this request, from that number on. */
    private Optional<ObjectNode> reply(int first, long end) {
        while (true) {
            Carrier.Message message = take(replies, end);
            if (message == null) return Optional.empty();
            String number = message.correlation()
                    .map(c -> new String(c, StandardCharsets.US_ASCII))
                    .orElse("");
            if (!number.matches("[0-9]{1,9}") || Integer.parseInt(number) < first) continue;
            try {
                return Optional.of(Replies.parse(message.payload()));
            } catch (IOException e) {
                throw new UserError(
                        Exit.FAILED,
                        "the controller's reply cannot be read",
                        String.valueOf(e.getMessage()),
                        "use a CLI of the controller's version");
            }
        }
    }

    private static ObjectNode checked(ObjectNode reply) {
        if (reply.path("ok").asBoolean()) return reply;
        JsonNode error = reply.path("error");
        Exit exit = Exit.FAILED;
        for (Exit known : Exit.values()) if (known.code() == error.path("exit").asInt()) exit = known;
        throw new UserError(
                exit,
                error.path("what").asText("the controller refuses"),
                error.path("why").asText(),
                error.path("next").asText());
    }

    /** Waits for news of the job, at most so long; empty if there was none. Only the newest is given. */
    public Optional<ObjectNode> news(Duration patience) {
        Optional<ObjectNode> newest = take(news, System.nanoTime() + patience.toNanos());
        if (newest == null) return Optional.empty();
        for (Optional<ObjectNode> next = news.poll(); next != null; next = news.poll()) newest = next;
        return newest;
    }

    /** True if the link to the broker is down, or was since this was last asked. */
    public boolean wasCut() {
        boolean cut = !carrier.connected();
        for (Link change = changes.poll(); change != null; change = changes.poll()) cut |= change == Link.DOWN;
        return cut;
    }

    /** Null when the time is up. */
    private static <T> T take(BlockingQueue<T> queue, long end) {
        try {
            return queue.poll(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserError(Exit.INTERRUPTED, "interrupted", "the command was ended from outside", "run it again");
        }
    }

    @Override
    public void close() {
        carrier.close();
    }

    private final class Ears implements Carrier.Listener {
        @Override
        public void up() {
            changes.add(Link.UP);
        }

        @Override
        public void down(String why) {
            down = why;
            changes.add(Link.DOWN);
        }

        @Override
        public void refused(String why) {
            down = why;
            changes.add(Link.REFUSED);
        }

        @Override
        public void takenOver() {
            down("another client took the session over");
        }

        @Override
        public void received(Carrier.Message message) {
            if (message.topic().equals(replyTo)) {
                replies.add(message);
                return;
            }
            try {
                news.add(Optional.of(Replies.parse(message.payload())));
            } catch (IOException e) {
                // News are hints: what cannot be read is made up for by the next question.
                news.add(Optional.empty());
            }
        }
    }
}
