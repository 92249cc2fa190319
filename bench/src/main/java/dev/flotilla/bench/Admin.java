package dev.flotilla.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.MqttCarrier;
import dev.flotilla.carrier.MqttSettings;
import dev.flotilla.carrier.Topics;
import dev.flotilla.model.FleetName;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** A client of the admin API that keeps time: requests by correlation, and the moment at which a job's last event came. Any thread. */
final class Admin implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CLIENT = "admin-bench";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Topics topics;
    private final String replyTo;
    private final MqttCarrier carrier;
    private final CountDownLatch up = new CountDownLatch(1);
    private final AtomicLong correlations = new AtomicLong();
    private final Map<String, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<Long>> ends = new ConcurrentHashMap<>();

    /** Connects as a context file says. */
    Admin(Path context) throws IOException, InterruptedException {
        JsonNode file = JSON.readTree(context.toFile());
        topics = new Topics(new FleetName(file.get("fleet").asText()));
        String user = file.get("user").asText();
        replyTo = topics.reply(user, CLIENT);
        carrier = new MqttCarrier(
                new MqttSettings(
                        URI.create(file.get("broker").asText()),
                        Optional.empty(),
                        CLIENT,
                        Optional.of(user),
                        Optional.of(file.get("password").asText().toCharArray()),
                        Duration.ofSeconds(30),
                        List.of(replyTo, topics.jobEvents()),
                        Optional.empty(),
                        Optional.empty(),
                        "bench"),
                new Ears());
        carrier.start();
        if (!up.await(PATIENCE.toSeconds(), TimeUnit.SECONDS))
            throw new IOException("no connection to " + file.get("broker"));
    }

    /** Asks, and waits for the reply. @throws IOException if it says no, or nothing */
    JsonNode ask(String verb, ObjectNode request) throws IOException, InterruptedException {
        String correlation = Long.toString(correlations.incrementAndGet());
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        waiting.put(correlation, answer);
        boolean sent = carrier.publish(new Carrier.Message(
                topics.admin(verb),
                JSON.writeValueAsBytes(request),
                1,
                false,
                Optional.of(replyTo),
                Optional.of(correlation.getBytes(StandardCharsets.UTF_8))));
        if (!sent) throw new IOException(verb + " was not sent");
        try {
            JsonNode reply = answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (!reply.get("ok").asBoolean()) throw new IOException(verb + ": " + reply.get("error"));
            return reply;
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException(verb + " got no answer", e);
        }
    }

    static ObjectNode request() {
        return JSON.createObjectNode();
    }

    /** A job of that many tasks that do nothing. */
    static ObjectNode nop(String id, long tasks) {
        ObjectNode job = request().put("id", id);
        job.putObject("input").put("range", "0.." + tasks);
        job.putObject("shard").put("count", tasks);
        job.putObject("program").put("builtin", "nop");
        return job;
    }

    /** Submits and waits for the job's last event. @return nanoseconds from the submit's sending to that event */
    long run(ObjectNode job) throws IOException, InterruptedException {
        CompletableFuture<Long> end = new CompletableFuture<>();
        ends.put(job.get("id").asText(), end);
        long start = System.nanoTime();
        ask("job.submit", job);
        try {
            return end.get(10, TimeUnit.MINUTES) - start;
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("job " + job.get("id") + " did not end", e);
        }
    }

    @Override
    public void close() {
        carrier.close();
    }

    private final class Ears implements Carrier.Listener {
        @Override
        public void up() {
            up.countDown();
        }

        @Override
        public void down(String why) {
            System.err.println("bench: link down: " + why);
        }

        @Override
        public void refused(String why) {
            System.err.println("bench: refused: " + why);
        }

        @Override
        public void takenOver() {
            System.err.println("bench: another bench runs on this fleet");
        }

        @Override
        public void received(Carrier.Message message) {
            long now = System.nanoTime();
            try {
                JsonNode json = JSON.readTree(message.payload());
                if (message.topic().equals(replyTo)) {
                    String correlation = new String(message.correlation().orElseThrow(), StandardCharsets.UTF_8);
                    CompletableFuture<JsonNode> asked = waiting.remove(correlation);
                    if (asked != null) asked.complete(json);
                } else if (json.get("final").asBoolean()) {
                    CompletableFuture<Long> end = ends.remove(json.get("job").asText());
                    if (end != null) end.complete(now);
                }
            } catch (IOException e) {
                System.err.println("bench: unreadable message on " + message.topic() + ": " + e.getMessage());
            }
        }
    }
}
