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
import dev.flotilla.model.FleetName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminServiceTest {
    private static final FleetName FARM = new FleetName("farm");

    @TempDir
    Path folder;

    private final List<Input> asked = new ArrayList<>();

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
        ArtifactStore artifacts = ArtifactStore.at(folder.resolve("artifacts"));
        History history = new History(
                new ControllerMachine(FARM),
                () -> {
                    throw new JournalFailed(JournalFailed.Kind.STORAGE, "no log here", null);
                },
                artifacts);
        AdminService admin =
                new AdminService(new Topics(FARM), "1", asked::add, () -> false, () -> 0, artifacts, folder, history);
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
