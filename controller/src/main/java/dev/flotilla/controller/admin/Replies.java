package dev.flotilla.controller.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.Topics;
import dev.flotilla.controller.core.View;
import dev.flotilla.log.Log;
import dev.flotilla.model.Quoted;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Carries answers to clients, one for each request, and counts the requests that have none yet: each client has its share. Any thread. */
final class Replies {
    /** What the broker takes at once, in bytes. */
    static final int LARGEST = 128 * 1024;

    /**
     * Requests that are not answered yet and name the same topic for their answers: a client that asks in a loop must not keep the others out. It
     * writes that topic itself, and the broker tells nobody who sent a message: one that means harm and has a password is bounded by
     * {@link Requests#WAITING} alone, together with all the others.
     */
    private static final int SHARE = 32;

    private final String clients;
    /** Requests that are not answered yet, by the topic of their answers. */
    private final Map<String, Integer> shares = new ConcurrentHashMap<>();

    private volatile Carrier carrier;

    Replies(Topics topics) {
        clients = "flotilla/1/" + topics.fleet() + "/client/";
    }

    void speakThrough(Carrier through) {
        carrier = through;
    }

    boolean publish(Carrier.Message message) {
        return carrier.publish(message);
    }

    /** Where the answer to that request goes; empty if it can have none, or its client has its share of unanswered ones and is told so. */
    Optional<Reply> begin(String verb, Carrier.Message request) {
        if (request.replyTo().isEmpty() || !isAClients(request.replyTo().get())) {
            Log.warn("admin.no-reply-topic", "verb", Quoted.plain(verb, 64));
            return Optional.empty();
        }
        Reply reply = new Reply(request.replyTo().get(), request.correlation());
        return reply.begun() ? Optional.of(reply) : Optional.empty();
    }

    private boolean isAClients(String topic) {
        return topic.startsWith(clients)
                && topic.endsWith("/reply")
                && topic.length() < 256
                && topic.indexOf('+') < 0
                && topic.indexOf('#') < 0;
    }

    /** Where one request's answer goes. */
    final class Reply {
        /** Where it goes, which tells one client from another. */
        final String topic;

        private final Optional<byte[]> correlation;
        /** The same request, sent again before this one was answered. */
        private final List<Reply> again = new ArrayList<>();

        private boolean sent;

        private Reply(String topic, Optional<byte[]> correlation) {
            this.topic = topic;
            this.correlation = correlation;
        }

        void send(View view) {
            send(Json.reply(view));
        }

        void send(ObjectNode reply) {
            send(Json.bytes(reply));
        }

        /** False if that topic has its share of unanswered requests: its client is told so, and that is all. */
        private boolean begun() {
            if (shares.merge(topic, 1, Integer::sum) <= SHARE) return true;
            ended();
            byte[] busy = Json.reply(Refusal.full().problem());
            publish(new Carrier.Message(topic, busy, 0, false, Optional.empty(), correlation));
            return false;
        }

        /** It needs no answer any more. */
        void ended() {
            shares.computeIfPresent(topic, (t, n) -> n == 1 ? null : n - 1);
        }

        /** Whether that one will get this one's answer; false if it is sent already. */
        synchronized boolean answers(Reply other) {
            return !sent && again.add(other);
        }

        private void send(byte[] payload) {
            synchronized (this) {
                sent = true;
            }
            again.forEach(other -> other.send(payload));
            ended();
            if (published(payload)) return;
            Log.warn("admin.reply-dropped", "topic", topic, "bytes", payload.length);
            // perhaps it is larger than the broker takes: then the client should not wait for nothing
            if (payload.length > LARGEST) published(Json.reply(tooLarge(payload.length)));
        }

        private boolean published(byte[] payload) {
            return publish(new Carrier.Message(topic, payload, 1, false, Optional.empty(), correlation));
        }

        private static View.Problem tooLarge(int bytes) {
            return new View.Problem(
                    "degraded",
                    5,
                    "the reply could not be sent",
                    "it has " + bytes + " bytes, and the broker may not take that much at once",
                    "ask for one job or device, not for all",
                    Optional.empty());
        }
    }
}
