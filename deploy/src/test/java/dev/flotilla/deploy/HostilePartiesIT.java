package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Contexts;
import dev.flotilla.security.DeviceFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fleet with a hostile line between its agents and the broker, and then with hostile clients: the answers are right all the same. */
class HostilePartiesIT {
    private static TestFleet fleet;
    private static HostileProxy line;
    private static int jobs;

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException {
        fleet = new TestFleet(folder).controller("--port", String.valueOf(TestFleet.freePort()));
        line = new HostileProxy(fleet.broker());
        for (String id : List.of("oak", "elm"))
            fleet.agent(id, "--broker", line.address().toString());
        fleet.ready("oak", "elm");
        fleet.end(submit(20, false)); // the first meetings and the first job are not what bytes are compared with
    }

    @AfterAll
    static void stop() throws IOException {
        if (line != null) line.close();
        if (fleet != null) fleet.close();
    }

    @Test
    void aLineThatDelaysRepeatsAndSwapsChangesNothing() {
        try (Rounds rounds = Rounds.of("hostile proxy: delays, repeats, reorders", 1, 20)) {
            double[] worst = {0};
            rounds.each(seed -> {
                HostileProxy.Mood mood = new HostileProxy.Mood(100, 0.2, 0.2, 0, 0, 0, 0);
                worst[0] = Math.max(worst[0], compared(mood, seed, rounds));
            });
            rounds.note(times(worst[0]));
        }
    }

    @Test
    void aLineThatCutsDiesAndFlipsBitsChangesNothing() {
        try (Rounds rounds = Rounds.of("hostile proxy: cuts and flipped bytes", 1, 20)) {
            double[] worst = {0};
            rounds.each(seed -> {
                HostileProxy.Mood mood = new HostileProxy.Mood(0, 0, 0, 0.01, 0.005, 0.1, 0.01);
                long flipped = line.flipped();
                long found = wrongTags("oak") + wrongTags("elm");
                worst[0] = Math.max(worst[0], compared(mood, seed, rounds));
                if (line.flipped() - flipped > 1) // a single one may have died with its connection
                assertTrue(wrongTags("oak") + wrongTags("elm") > found, "no flipped envelope is found out");
            });
            rounds.note(times(worst[0]));
        }
    }

    @Test
    void aFloodTakesNeitherTheMemoryNorTheOthersTurn() throws IOException {
        DeviceFile ash = device("ash");
        try (Rounds rounds = Rounds.of("flood by a device", 1, 20)) {
            rounds.each(seed -> {
                Duration span = Duration.ofSeconds(Boolean.getBoolean("flotilla.full") ? 30 : 6);
                long before = heap();
                CompletableFuture<Long> device =
                        CompletableFuture.supplyAsync(() -> Flood.ofDevice(ash, span, new Random(seed)));
                CompletableFuture<Long> admin = CompletableFuture.supplyAsync(() -> Flood.ofAdmin(
                        new Contexts(fleet.folder().resolve("config")).read("it"), span, new Random(seed)));
                String job = submit(200, false);
                long most = before;
                while (!device.isDone() || !admin.isDone()) most = Math.max(most, heap());
                whole(job, rounds);
                long peak = most;
                long said = device.join();
                long asked = admin.join();
                assertTrue(said >= Flood.LEAST && asked >= Flood.LEAST, said + " messages, " + asked + " requests");
                // what waits to be decided has 32 MiB, what waits within the broker 5 MiB for each client
                assertTrue(peak < before + (64 << 20), () -> "the heap grew from " + before + " to " + peak + " bytes");
                assertFalse(fleet.said("controller").contains("OutOfMemory"));
                assertTrue(fleet.said("controller").length() < 4 << 20, "the log is flooded");
                rounds.note(said + " messages and " + asked + " requests; heap in use " + (before >> 20)
                        + " MiB before, " + (peak >> 20) + " at most");
            });
        }
    }

    private static DeviceFile device(String id) throws IOException {
        Path file = fleet.folder().resolve(id + ".json");
        fleet.flotilla("device", "create", id, "--data", fleet.data().toString(), "-o", file.toString())
                .succeeded();
        return DeviceFile.read(file);
    }

    /** Bytes of the controller's heap that are in use, after a collection. */
    private static long heap() {
        String pid = String.valueOf(fleet.pid("controller"));
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Command.run(Map.of(), List.of(jcmd, pid, "GC.run")).succeeded();
        String info = Command.run(Map.of(), List.of(jcmd, pid, "GC.heap_info"))
                .succeeded()
                .out();
        long used = 0;
        for (String line : info.split("\n")) {
            if (line.matches(".*generation.*used.*"))
                used += Long.parseLong(line.replaceAll(".* used ([0-9]+)K.*", "$1")) << 10;
        }
        assertTrue(used > 0, info);
        return used;
    }

    /** Envelopes from it that were dropped so far, since they were not what was sealed. */
    private static long wrongTags(String device) {
        return fleet.ask("device.show", "{\"device\": \"" + device + "\"}")
                .path("ignored")
                .path("wrong tag")
                .asLong();
    }

    /** A repeatable job and one whose tasks run once at most, on a line of that kind. @return the bytes that either end sent for them */
    private static long bytesOf(HostileProxy.Mood mood, long seed, Rounds rounds) {
        long before = line.bytes();
        line.mood(mood, seed);
        try {
            String repeatable = submit(100, false);
            String once = submit(20, true);
            whole(repeatable, rounds);
            whole(once, rounds);
        } finally {
            line.mend();
        }
        long bytes = line.bytes() - before;
        fleet.ready("oak", "elm");
        System.out.println(mood + ": " + bytes + " bytes, harm " + line.harm() + ", flipped " + line.flipped());
        return bytes;
    }

    private static String submit(int shards, boolean once) {
        String job = "hostile-" + ++jobs;
        ObjectNode reply = fleet.ask(
                "job.submit",
                "{\"id\": \"" + job + "\", \"input\": {\"range\": \"0..1000000\"}, \"shard\": {\"count\": " + shards
                        + "}, \"program\": {\"builtin\": \"sum\", \"delay\": \"20ms\"}, \"once\": " + once
                        + ", \"lost_after\": \"" + (once ? "10m" : "4s") + "\"}");
        assertTrue(reply.path("ok").asBoolean(), reply::toString);
        return job;
    }

    /** @return its bytes by those of a good line, the larger of before and after: how many ends one report carries depends on the machine */
    private static double compared(HostileProxy.Mood mood, long seed, Rounds rounds) {
        long before = bytesOf(HostileProxy.Mood.GOOD, seed, rounds);
        long harm = line.harm();
        long bytes = bytesOf(mood, seed, rounds);
        assertTrue(line.harm() > harm, "the line did no harm");
        long good = Math.max(before, bytesOf(HostileProxy.Mood.GOOD, seed, rounds));
        double ratio = (double) bytes / good;
        assertTrue(ratio < 1.3, () -> bytes + " bytes, on a good line " + good);
        return ratio;
    }

    private static String times(double ratio) {
        return String.format(Locale.ROOT, "bytes %.2f times those of a good line, at most", ratio);
    }

    /** Waits for the job's end: the answer, each shard counted once, and the recovery log gives the same again. */
    private static void whole(String job, Rounds rounds) {
        ObjectNode result = fleet.end(job);
        assertEquals("done", result.path("state").asText(), result::toString);
        assertEquals("499999500000", result.path("value").asText(), result::toString);
        long total = result.at("/coverage/shards_total").asLong();
        long counted = 0;
        for (JsonNode device : result.at("/coverage/devices/by_device"))
            counted += device.path("shards").asLong();
        if (counted < total) rounds.lost(result.toString());
        if (counted > total) rounds.doubled(result.toString());
        JsonNode proof = fleet.ofJob("job.verify", job);
        assertTrue(proof.path("verified").asBoolean(), proof::toString);
    }
}
