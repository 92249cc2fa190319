package dev.flotilla.deploy;

import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.MqttCarrier;
import dev.flotilla.carrier.MqttSettings;
import dev.flotilla.carrier.Topics;
import dev.flotilla.codec.EnvelopeCodec;
import dev.flotilla.codec.PresenceCodec;
import dev.flotilla.controller.cli.shell.Context;
import dev.flotilla.link.Envelope;
import dev.flotilla.link.Greeting;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Presence;
import dev.flotilla.link.Report;
import dev.flotilla.link.Row;
import dev.flotilla.link.RowGroup;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import dev.flotilla.security.DeviceFile;
import dev.flotilla.security.LinkKey;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** Clients with valid credentials that say as much as the broker takes, and never wait for an answer. */
final class Flood {
    /** So many are said even if the time is up, on a slow machine. */
    static final long LEAST = 100;

    private static final Duration LONGEST = Duration.ofMinutes(1);

    private Flood() {}

    /** Says what the device may say, and what it may not, until the time is up. @return how many messages */
    static long ofDevice(DeviceFile device, Duration span, Random random) {
        Topics topics = new Topics(device.fleet());
        Meeting meeting = new Meeting(device);
        try (MqttCarrier carrier = carrier(
                device.broker(),
                device.device().value(),
                device.user(),
                device.password(),
                topics.order(device.device()),
                meeting)) {
            AtomicLong n = new AtomicLong();
            long boot = random.nextLong();
            meeting.hello = random.nextLong();
            return flood(carrier, span, () -> {
                Envelope envelope;
                int kind = random.nextInt(10);
                if (kind == 0) {
                    Presence presence = random.nextBoolean() ? Presence.ONLINE : Presence.OFFLINE;
                    return Carrier.Message.of(topics.presence(device.device()), PresenceCodec.encode(presence));
                } else if (kind == 1) {
                    byte[] garbage = new byte[random.nextInt(900_000)];
                    random.nextBytes(garbage);
                    return Carrier.Message.of(topics.report(device.device()), garbage);
                } else if (kind == 2) {
                    byte[] garbage = new byte[random.nextInt(100_000)];
                    random.nextBytes(garbage);
                    return sealed(topics, device, garbage);
                } else if (kind == 3 || meeting.greeting == 0) {
                    meeting.hello = random.nextLong();
                    envelope = new Hello(Hello.VERSION, meeting.hello, boot, "a".repeat(32), 0, 0, "", "flood");
                } else envelope = meeting.report(n.incrementAndGet(), random);
                return sealed(topics, device, EnvelopeCodec.encode(envelope));
            });
        }
    }

    /** Asks for everything an admin may ask for, until the time is up. @return how many requests */
    static long ofAdmin(Context context, Duration span, Random random) {
        Topics topics = new Topics(context.fleet());
        String client = "admin-flood";
        String reply = topics.reply(context.user(), client);
        try (MqttCarrier carrier =
                carrier(context.broker(), client, context.user(), context.password(), reply, message -> {})) {
            List<String> verbs =
                    List.of("job.list", "device.list", "job.verify", "artifact.put", "job.submit", "explain");
            return flood(carrier, span, () -> {
                String verb = verbs.get(random.nextInt(verbs.size()));
                String request = "{}";
                if (verb.equals("job.verify")) request = "{\"job\": \"flooded-1\"}";
                if (verb.equals("explain")) request = "{\"id\": \"flooded-1\"}";
                if (verb.equals("job.submit"))
                    request = "{\"id\": \"flooded-" + random.nextInt(50)
                            + "\", \"input\": {\"range\": \"0..10\"}, \"program\": {\"builtin\": \"sum\"}}";
                if (verb.equals("artifact.put")) {
                    byte[] data = new byte[64 * 1024];
                    random.nextBytes(data);
                    request = "{\"digest\": \"" + "0".repeat(64) + "\", \"offset\": 0, \"total\": 1000000, \"data\": \""
                            + Base64.getEncoder().encodeToString(data) + "\"}";
                }
                return new Carrier.Message(
                        topics.admin(verb),
                        request.getBytes(StandardCharsets.UTF_8),
                        random.nextInt(2),
                        false,
                        Optional.of(reply),
                        Optional.empty());
            });
        }
    }

    private static long flood(Carrier carrier, Duration span, Supplier<Carrier.Message> messages) {
        long begin = System.nanoTime();
        long sent = 0;
        while (true) {
            Duration so = Duration.ofNanos(System.nanoTime() - begin);
            if (so.compareTo(span) >= 0 && sent >= LEAST || so.compareTo(LONGEST) >= 0) return sent;
            if (carrier.publish(messages.get())) sent++;
            else Thread.onSpinWait();
        }
    }

    private static Carrier.Message sealed(Topics topics, DeviceFile device, byte[] body) {
        byte[] sealed = device.linkKey().seal(LinkKey.Direction.UP, device.fleet(), device.device(), body);
        return Carrier.Message.of(topics.report(device.device()), sealed);
    }

    private interface Heard {
        void message(Carrier.Message message);
    }

    private static MqttCarrier carrier(
            URI broker, String client, String user, String password, String topic, Heard heard) {
        MqttCarrier carrier = new MqttCarrier(
                new MqttSettings(
                        broker,
                        Optional.empty(),
                        client,
                        Optional.of(user),
                        Optional.of(password.toCharArray()),
                        Duration.ofSeconds(30),
                        List.of(topic),
                        Optional.empty(),
                        Optional.empty(),
                        "flood"),
                new Carrier.Listener() {
                    @Override
                    public void up() {}

                    @Override
                    public void down(String why) {}

                    @Override
                    public void received(Carrier.Message message) {
                        heard.message(message);
                    }

                    @Override
                    public void takenOver() {}

                    @Override
                    public void refused(String why) {}
                });
        carrier.start();
        return carrier;
    }

    /** Meets the controller as an agent does, and then reports what never was. */
    private static final class Meeting implements Heard {
        private final DeviceFile device;
        volatile long hello;
        volatile long greeting;

        Meeting(DeviceFile device) {
            this.device = device;
        }

        @Override
        public void message(Carrier.Message message) {
            Optional<byte[]> body =
                    device.linkKey().open(LinkKey.Direction.DOWN, device.fleet(), device.device(), message.payload());
            if (body.isPresent() && EnvelopeCodec.decode(body.get()) instanceof Greeting g && g.hello() == hello)
                greeting = g.greeting();
        }

        /** Full, with as many rows as an envelope may have, and facts that are new each time. */
        Report report(long n, Random random) {
            TreeMap<String, String> facts = new TreeMap<>();
            for (int i = 0; i < 60; i++)
                facts.put("fact-" + i, Long.toHexString(random.nextLong()).repeat(10));
            List<Row> rows = new ArrayList<>();
            int count = random.nextInt(16_000);
            for (int i = 1; i <= count; i++) rows.add(new Row(i, 1, AttemptState.RUNNING, i, 1, Optional.empty()));
            return new Report(
                    hello,
                    greeting,
                    n,
                    0,
                    true,
                    count,
                    List.of(new RowGroup(new JobId("flooded-1"), new Digest("0".repeat(64)), rows)),
                    Optional.empty(),
                    Optional.of(new Capacity(
                            4, 0, 1, 1, OptionalDouble.empty(), OptionalDouble.empty(), facts, new TreeMap<>())),
                    Instant.EPOCH,
                    Duration.ZERO,
                    Optional.empty());
        }
    }
}
