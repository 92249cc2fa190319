package dev.flotilla.agent.app;

import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.MqttCarrier;
import dev.flotilla.carrier.MqttSettings;
import dev.flotilla.carrier.Topics;
import dev.flotilla.codec.Malformed;
import dev.flotilla.log.Log;
import dev.flotilla.model.Exit;
import dev.flotilla.model.UserError;
import dev.flotilla.security.JoinAnswer;
import dev.flotilla.security.JoinRequest;
import dev.flotilla.security.Tls;
import dev.flotilla.security.Token;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Asks a controller to join, over MQTT with TLS: the broker is known by the key of the authority that the token names, and so is the answer. */
final class Joiner implements Carrier.Listener {
    private static final Duration CONNECT = Duration.ofSeconds(15);
    /** For an answer, before the same is asked again. */
    private static final Duration ANSWER = Duration.ofSeconds(5);

    private static final int MOST_ASKED = 6;

    private final Token token;
    private final JoinRequest request;
    private final BlockingQueue<News> news = new LinkedBlockingQueue<>();

    /** What the carrier told: that it is up, an answer, or why there is none. */
    private record News(boolean up, Optional<JoinAnswer> answer, boolean refused, String why) {}

    private Joiner(Token token, JoinRequest request) {
        this.token = token;
        this.request = request;
    }

    /** Tries the token's addresses in turn. @throws UserError if none gives an answer */
    static JoinAnswer ask(Token token, JoinRequest request) throws InterruptedException {
        StringBuilder why = new StringBuilder();
        for (URI address : token.addresses()) {
            if (!"mqtts".equals(address.getScheme())) continue;
            Joiner joiner = new Joiner(token, request);
            Optional<JoinAnswer> answer = joiner.at(address, why);
            if (answer.isPresent()) return answer.get();
        }
        throw new UserError(
                Exit.NO_CONTROLLER,
                "no controller of fleet " + token.fleet() + " answers",
                why.length() == 0 ? "the token names no address that this version can use" : why.toString(),
                "look whether the controller runs and its port can be reached from here, then give the command again");
    }

    private Optional<JoinAnswer> at(URI address, StringBuilder why) throws InterruptedException {
        byte[] random = new byte[6];
        new SecureRandom().nextBytes(random);
        String client = "join-" + token.id() + "-" + HexFormat.of().formatHex(random);
        Topics topics = new Topics(token.fleet());
        MqttCarrier carrier = new MqttCarrier(
                new MqttSettings(
                        address,
                        Optional.of(Tls.pinned(token.caKey())),
                        client,
                        Optional.of(token.id()),
                        Optional.of(token.password().toCharArray()),
                        Duration.ofSeconds(30),
                        List.of(topics.joinAnswered(client)),
                        Optional.empty(),
                        Optional.empty(),
                        "join"),
                this);
        carrier.start();
        try {
            return converse(carrier, topics.joinAsked(client), address, why);
        } finally {
            carrier.close(Optional.empty());
        }
    }

    private Optional<JoinAnswer> converse(Carrier carrier, String topic, URI address, StringBuilder why)
            throws InterruptedException {
        long until = System.nanoTime() + CONNECT.toNanos();
        String last = "it does not answer";
        for (int asked = 0; asked < MOST_ASKED; ) {
            long wait = asked == 0 ? until - System.nanoTime() : ANSWER.toNanos();
            News next = news.poll(Math.max(0, wait), TimeUnit.NANOSECONDS);
            if (next != null && next.answer().isPresent()) return next.answer();
            if (next != null && next.refused())
                throw new UserError(
                        Exit.NOT_AUTHORISED,
                        "the controller at " + address + " does not take the token",
                        next.why(),
                        "flotilla token create          on the controller's machine makes another");
            if (next != null && !next.up()) {
                last = next.why();
                continue;
            }
            if (next == null && asked == 0) break;
            if (carrier.connected()) {
                carrier.publish(
                        new Carrier.Message(topic, request.bytes(), 1, false, Optional.empty(), Optional.empty()));
                last = "the broker is there, and no controller answers";
            }
            asked++;
        }
        why.append(why.length() == 0 ? "" : "; ").append(address).append(": ").append(last);
        return Optional.empty();
    }

    @Override
    public void up() {
        news.add(new News(true, Optional.empty(), false, ""));
    }

    @Override
    public void down(String why) {
        news.add(new News(false, Optional.empty(), false, why));
    }

    @Override
    public void takenOver() {
        down("another client has the same id");
    }

    @Override
    public void refused(String why) {
        news.add(new News(false, Optional.empty(), true, why));
    }

    /** One that the token's authority has not signed for this key is nobody's. */
    @Override
    public void received(Carrier.Message message) {
        try {
            Optional<JoinAnswer> answer = JoinAnswer.open(message.payload(), request.keyHash(), token.caKey());
            if (answer.isPresent()) news.add(new News(true, answer, false, ""));
            else Log.warn("join.answer-not-signed", "topic", message.topic());
        } catch (Malformed e) {
            Log.warn("join.answer-malformed", "why", e);
        }
    }
}
