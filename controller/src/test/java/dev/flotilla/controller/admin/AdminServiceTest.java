package dev.flotilla.controller.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.carrier.Carrier;
import dev.flotilla.carrier.Topics;
import dev.flotilla.controller.core.ControllerMachine;
import dev.flotilla.controller.core.Input;
import dev.flotilla.controller.core.View;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.loop.Loop;
import dev.flotilla.model.FleetName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminServiceTest {
    private static final FleetName FARM = new FleetName("farm");

    /** A file system that never has a byte left. */
    private static final Path FULL = Path.of("/proc");

    @TempDir
    Path folder;

    private final List<Input> asked = new ArrayList<>();
    private volatile Loop.Trouble trouble = Loop.Trouble.NONE;

    /** Takes replies of at most so many bytes, as a broker does. */
    private record Replies(int largest, List<String> heard) implements Carrier {
        @Override
        public boolean publish(Message message) {
            if (message.payload().length > largest) return false;
            return heard.add(new String(message.payload(), StandardCharsets.UTF_8));
        }

        @Override
        public boolean connected() {
            return true;
        }

        @Override
        public void close(Optional<Message> farewell) {}
    }

    @Test
    void whoeverWaitsWhenTheCoreIsRebuiltIsToldToAskAgain() throws Exception {
        Replies replies = new Replies(1 << 20, new ArrayList<>());
        try (AdminService admin = service(replies)) {
            for (String verb : List.of("controller.info", "job.list", "device.list")) admin.received(verb, request());
            assertEquals(3, asked.size());
            admin.forgotten();
            assertEquals(3, replies.heard().size());
            for (String reply : replies.heard()) assertTrue(reply.contains("did not answer in time"), reply);
        }
    }

    @Test
    void whatWouldWriteIsRefusedWithTheRemedyThatFits() throws Exception {
        Replies replies = new Replies(1 << 20, new ArrayList<>());
        try (AdminService admin = service(replies)) {
            trouble = Loop.Trouble.STORAGE;
            admin.received("job.cancel", request("admin-1", "{\"job\": \"sum\"}"));
            assertTrue(replies.heard().get(0).contains("\"degraded\""), replies.toString());
            assertTrue(replies.heard().get(0).contains("free space"), replies.toString());
            trouble = Loop.Trouble.DAMAGED;
            admin.received("job.cancel", request("admin-1", "{\"job\": \"sum\"}"));
            assertTrue(replies.heard().get(1).contains("\"damaged\""), replies.toString());
            assertTrue(replies.heard().get(1).contains("flotilla controller restore"), replies.toString());
            assertEquals(List.of(), asked);
            admin.received("job.list", request());
            admin.unread(((Input.Asked) asked.get(0)).request());
            assertTrue(replies.heard().get(2).contains("\"damaged\""), replies.toString());
        }
    }

    @Test
    void onAFullDiskTheCoreJudgesASubmitAndADamagedJournalIsSaidBeforeTheLackOfRoom() throws Exception {
        BlockingQueue<Input> inputs = new LinkedBlockingQueue<>();
        Replies replies = new Replies(1 << 20, new CopyOnWriteArrayList<>());
        String digest = "0".repeat(64);
        String chunk = "{\"digest\": \"" + digest + "\", \"offset\": 0, \"total\": 3, \"data\": \"YWJj\"}";
        try (AdminService admin = service(replies, inputs::add, FULL)) {
            admin.received(
                    "job.submit",
                    request(
                            "admin-1",
                            "{\"id\": \"sum\", \"input\": {\"range\": \"0..9\"},"
                                    + " \"shard\": {\"count\": 3}, \"program\": {\"builtin\": \"sum\"}}"));
            assertEquals(List.of(), replies.heard());
            assertTrue(((Input.Submitted) inputs.take()).shortOfDisk());
            admin.received("artifact.put", request("admin-1", chunk));
            await(() -> replies.heard().size() == 1);
            assertTrue(replies.heard().get(0).contains("less than 64 MiB"), replies.toString());
            trouble = Loop.Trouble.DAMAGED;
            admin.received("artifact.put", request("admin-1", chunk));
            await(() -> replies.heard().size() == 2);
            assertTrue(replies.heard().get(1).contains("\"damaged\""), replies.toString());
        }
    }

    @Test
    void aDiskThatHasRoomAgainIsNoticed() throws Exception {
        Path work = Files.createSymbolicLink(folder.resolve("work"), FULL);
        Replies replies = new Replies(1 << 20, new ArrayList<>());
        try (AdminService admin = service(replies, asked::add, work)) {
            assertTrue(state(admin, replies).contains("\"degraded: storage\""), replies.toString());
            Files.delete(work);
            Files.createDirectory(work);
            await(() -> state(admin, replies).contains("\"ready\""));
        }
    }

    private String state(AdminService admin, Replies replies) {
        admin.received("controller.info", request());
        Input.Asked info = (Input.Asked) asked.get(asked.size() - 1);
        admin.replied(info.request(), new View.Info("farm", 1, 0, 0, Optional.empty()));
        asked.clear();
        return replies.heard().remove(0);
    }

    @Test
    void aReplyThatTheBrokerDoesNotTakeIsAnsweredAllTheSame() throws Exception {
        Replies replies = new Replies(1 << 20, new ArrayList<>());
        try (AdminService admin = service(replies)) {
            admin.received("job.list", request());
            View.Problem huge = new View.Problem("usage", 2, "w".repeat(2 << 20), "", "", Optional.empty());
            admin.replied(((Input.Asked) asked.get(0)).request(), huge);
            assertTrue(replies.heard().get(0).contains("the reply could not be sent"), replies.toString());
        }
    }

    @Test
    void aNumberWithAnExponentThatNoNumberHasIsRefusedAndNotLeftUnanswered() throws Exception {
        Replies replies = new Replies(1 << 20, new ArrayList<>());
        try (AdminService admin = service(replies)) {
            admin.received("job.list", request("admin-1", "{\"from\": 11e999999999000}"));
            assertTrue(replies.heard().get(0).contains("the request is no JSON"), replies.toString());
        }
    }

    @Test
    void aVerifyThatIsAskedForAgainWhileItIsUnderWayIsDoneOnceAndAnsweredTwice() throws Exception {
        BlockingQueue<Input> inputs = new LinkedBlockingQueue<>();
        Replies replies = new Replies(1 << 20, new CopyOnWriteArrayList<>());
        try (AdminService admin = service(replies, inputs::add)) {
            for (int i = 0; i < 3; i++) admin.received("job.verify", request("admin-1", "{\"job\": \"sum\"}"));
            Input.Asked first = next(inputs);
            admin.received("job.verify", request("admin-2", "{\"job\": \"sum\"}"));
            Input.Asked another = next(inputs); // another client's question is its own
            View.Problem gone = new View.Problem("not-found", 3, "gone", "", "", Optional.empty());
            admin.replied(first.request(), gone);
            await(() -> replies.heard().size() == 3);
            admin.replied(another.request(), gone);
            await(() -> replies.heard().size() == 4);
            admin.received("job.verify", request("admin-1", "{\"job\": \"sum\"}"));
            next(inputs); // a later question is a new one
            assertEquals(0, inputs.size());
        }
    }

    private static Input.Asked next(BlockingQueue<Input> inputs) throws InterruptedException {
        Input next = inputs.poll(30, TimeUnit.SECONDS);
        assertTrue(next instanceof Input.Asked, () -> next + " within 30 s");
        return (Input.Asked) next;
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, "not within 30 s");
            Thread.onSpinWait();
        }
    }

    @Test
    void aClientThatNeverWaitsIsTurnedAwayAndTheOthersAreNot() throws Exception {
        Replies replies = new Replies(1 << 20, new ArrayList<>());
        try (AdminService admin = service(replies)) {
            for (int i = 0; i < 1000; i++) admin.received("job.list", request());
            assertEquals(32, asked.size());
            assertEquals(1000 - 32, replies.heard().size());
            assertTrue(
                    replies.heard().get(0).contains("\"busy\""), replies.heard().get(0));
            admin.received("job.list", request("admin-2", ""));
            assertEquals(33, asked.size());
            admin.replied(
                    ((Input.Asked) asked.get(0)).request(), new View.Problem("usage", 2, "", "", "", Optional.empty()));
            admin.received("job.list", request());
            assertEquals(34, asked.size(), "an answer makes room for the next request");
        }
    }

    private AdminService service(Carrier carrier) throws Exception {
        return service(carrier, asked::add);
    }

    private AdminService service(Carrier carrier, Consumer<Input> loop) throws Exception {
        return service(carrier, loop, folder);
    }

    private AdminService service(Carrier carrier, Consumer<Input> loop, Path work) throws Exception {
        ArtifactStore artifacts = ArtifactStore.at(folder.resolve("artifacts"));
        History history = new History(
                new ControllerMachine(FARM),
                () -> {
                    throw new JournalFailed(JournalFailed.Kind.STORAGE, "no log here", null);
                },
                artifacts);
        AdminService admin = new AdminService(
                new Topics(FARM), "1", loop, () -> trouble, () -> 0, artifacts, work, history, Optional.empty());
        admin.speakThrough(carrier);
        return admin;
    }

    private static Carrier.Message request() {
        return request("admin-1", "");
    }

    private static Carrier.Message request(String client, String json) {
        return new Carrier.Message(
                "flotilla/1/farm/admin/any",
                json.getBytes(StandardCharsets.UTF_8),
                1,
                false,
                Optional.of("flotilla/1/farm/client/admin/" + client + "/reply"),
                Optional.empty());
    }
}
