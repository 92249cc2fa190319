package dev.flotilla.controller.core;

import static dev.flotilla.controller.core.ControllerHistory.given;
import static dev.flotilla.controller.core.ControllerHistory.policy;
import static dev.flotilla.controller.core.ControllerHistory.slots;
import static dev.flotilla.controller.core.ControllerHistory.spec;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.controller.core.ControllerHistory.Device;
import dev.flotilla.core.Moment;
import dev.flotilla.link.Detail;
import dev.flotilla.link.Presence;
import dev.flotilla.link.RowGroup;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Capacity;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Who is given work and who is not. */
class PlacingTest {
    @Test
    void aSmallJobIsNotStarvedByABigOneThatCameFirst() {
        var history =
                given().meets("oak", slots(1)).submitted("big", 100, "60s").submitted("small", 1, "60s");
        int held = history.device("oak").assigned.size();
        assertTrue(history.device("oak").groups.values().stream()
                .allMatch(g -> g.job().value().equals("big")));
        history.reports("oak", history.finished("oak", "big/0#1"));
        assertTrue(history.device("oak").assigned.size() > held);
        assertTrue(history.device("oak").groups.values().stream()
                .anyMatch(g -> g.job().value().equals("small")));
    }

    @Test
    void aTaskThatMayRunAgainAndFindsNoRoomAsksForNoTickInThePast() {
        var history = given().meets("oak", slots(1)).submitted("sum", 4, "60s");
        history.reports("oak", history.ended("oak", "sum/0#1", AttemptState.FAILED, "x"));
        history.reports("oak", history.accepted("oak", "sum/3#1"));
        history.at("5s");
        assertTrue(new Moment(5_000_000_000L).isBefore(history.core.wakeAt().orElseThrow()));
    }

    @Test
    void aDeviceThatIsOfflineGetsNothingNew() {
        var history = given().meets("oak", slots(1)).meets("elm", slots(1));
        history.decide(new Input.PresenceSeen(new DeviceId("oak"), Presence.OFFLINE));
        history.submitted("sum", 2, "60s");
        assertTrue(history.device("oak").assigned.isEmpty());
        assertEquals(2, history.device("elm").assigned.size());
    }

    @Test
    void aDeviceThatCannotWriteItsJournalSaysSoAndGetsNothingNewUntilItIsHeard() {
        var history = given().meets("oak", slots(1)).meets("elm", slots(1));
        history.decide(new Input.PresenceSeen(new DeviceId("oak"), Presence.DEGRADED));
        assertEquals("degraded: storage", state(history, "oak"));
        history.submitted("sum", 2, "60s");
        assertTrue(history.device("oak").assigned.isEmpty());
        history.meets("oak", slots(1));
        assertEquals("ready", state(history, "oak"));
        history.submitted("next", 9, "60s");
        assertFalse(history.device("oak").assigned.isEmpty());

        history.restarted().decide(new Input.PresenceSeen(new DeviceId("oak"), Presence.DEGRADED));
        assertEquals("degraded: storage", state(history, "oak"), "it cannot say hello to a new controller");
    }

    @Test
    void aDeviceBelowItsReserveOfDiskGetsNothingNewAndAJobSaysWhy() {
        var full = new Capacity.Storage(Limits.RESERVE - 1, OptionalLong.of(7));
        Capacity c = slots(1);
        var history = given().meets(
                        "oak",
                        new Capacity(1, 0, 1, 1, c.celsius(), c.speed(), c.facts(), c.labels(), Optional.of(full)));
        String why = "no device that fits is online, not paused, and has 64 MiB of disk left";
        var submission = (View.Submission) history.submit("sum", spec(2), policy("60s", false, 3)).effects().stream()
                .filter(e -> e instanceof Effect.Reply)
                .map(e -> ((Effect.Reply) e).view())
                .findFirst()
                .orElseThrow();
        assertEquals(List.of(why + ": the job waits for one"), submission.notes());
        assertTrue(history.device("oak").assigned.isEmpty());
        assertEquals("degraded: storage", state(history, "oak"));
        assertEquals(List.of(why), ((View.JobDetail) history.ask(new Input.Query.Job("sum"))).placementNotes());
        var detail = (View.DeviceDetail) history.ask(new Input.Query.Device("oak"));
        assertEquals(Optional.of(new View.Disk(Limits.RESERVE - 1, Optional.of(7L))), detail.disk());
    }

    private static Capacity fact(String name, String value) {
        Capacity c = slots(1);
        var facts = new TreeMap<>(c.facts());
        facts.put(name, value);
        return new Capacity(1, 0, 1, 1, c.celsius(), c.speed(), facts, c.labels());
    }

    @Test
    void aDeviceThatSaysItIsPausedGetsNothingNewUntilItGoesOn() {
        var history = given().meets("oak", fact(Capacity.PAUSED, "hot: from 78 C on, until 70 C"));
        history.submitted("sum", 2, "60s");
        assertTrue(history.device("oak").assigned.isEmpty());
        assertEquals("paused", state(history, "oak"));
        assertEquals(
                List.of("no device that fits is online, not paused, and has 64 MiB of disk left"),
                ((View.JobDetail) history.ask(new Input.Query.Job("sum"))).placementNotes());
        history.meets("elm", fact(Capacity.WINDOW, "1"));
        assertEquals(1, history.device("elm").assigned.size(), "no more than it holds");
        assertEquals("ready", state(history, "elm"));
    }

    private static String state(ControllerHistory history, String device) {
        return ((View.DeviceDetail) history.ask(new Input.Query.Device(device)))
                .summary()
                .state();
    }

    @Test
    void aDeviceThatRefusesRestsLongerEachTimeSoThatTheJournalDoesNotGrowByIt() {
        var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
        history.reports("oak", history.ended("oak", "sum/0#1", AttemptState.REFUSED, "unknown-spec"));
        assertEquals(1, history.device("oak").assigned.size());
        history.at("2s").reports("oak", history.ended("oak", "sum/0#2", AttemptState.REFUSED, "unknown-spec"));
        assertEquals(2, history.device("oak").assigned.size());
        history.at("3s");
        assertEquals(2, history.device("oak").assigned.size());
        history.at("5s");
        assertEquals(3, history.device("oak").assigned.size());
        history.reports("oak", history.finished("oak", "sum/0#3"));
        assertEquals("done", history.result("sum").state());
    }

    @Test
    void aDeviceThatRefusesOneJobForEverWorksOnTheOthersAndIsAskedLessAndLessOften() {
        var history =
                given().meets("oak", slots(1)).submitted("never", 1, "60s").submitted("sum", 100, "60s");
        int asked = 0;
        int done = 0;
        Device oak = history.device("oak");
        for (int second = 0; second < 30; second++) {
            history.at(second + "s");
            List<RowGroup> rows = new ArrayList<>();
            for (var e : oak.assigned.entrySet()) {
                String attempt = oak.groups.get(e.getKey()).job() + "/"
                        + e.getValue().index() + "#" + e.getValue().attempt();
                if (attempt.startsWith("never")) {
                    rows.add(history.ended("oak", attempt, AttemptState.REFUSED, "unknown-program: it has none"));
                    asked++;
                } else {
                    Detail ran = new Detail(
                            Duration.ofSeconds(1),
                            Duration.ZERO,
                            1,
                            Optional.of(ControllerHistory.result(e.getValue().index(), spec(100))),
                            "");
                    rows.add(history.row("oak", attempt, AttemptState.FINISHED, 3, Optional.of(ran)));
                    done++;
                }
            }
            oak.assigned.clear();
            history.reports("oak", rows.toArray(RowGroup[]::new));
        }
        assertEquals(5, asked);
        assertTrue(done >= 80, done + " done: it has room for three each second");
    }

    @Test
    void aDeviceThatHasNoRoomGetsNothingOfAnyJobBeforeItHasRested() {
        for (String rule : List.of("disk: less than 64 MiB are left", "window: it holds 1024 attempts at most")) {
            var history = given().meets("oak", slots(1)).submitted("sum", 1, "60s");
            history.reports("oak", history.ended("oak", "sum/0#1", AttemptState.REFUSED, rule));
            history.submitted("more", 2, "60s");
            assertEquals(1, history.device("oak").assigned.size(), rule);
            history.at("1s");
            assertEquals(4, history.device("oak").assigned.size(), rule);
        }
    }

    @Test
    void aDeviceThatFailsWhatOthersDoIsSetAside() {
        var history = given().meets("elm", slots(1)).meets("oak", slots(1));
        history.decide(new Input.PresenceSeen(new DeviceId("elm"), Presence.OFFLINE));
        for (String job : List.of("a", "b", "c")) {
            history.submitted(job, 1, "60s");
            history.reports("oak", history.accepted("oak", job + "/0#1"));
            history.reports("oak", history.ended("oak", job + "/0#1", AttemptState.FAILED, "no such library"));
        }
        history.decide(new Input.PresenceSeen(new DeviceId("elm"), Presence.ONLINE));
        history.at("5s");
        for (String job : List.of("a", "b", "c")) history.reports("elm", history.finished("elm", job + "/0#2"));
        int given = history.device("oak").assigned.size();
        history.submitted("next", 2, "60s");
        history.reports("elm");
        assertEquals(given, history.device("oak").assigned.size());
    }

    @Test
    void aCardInTwoMachinesIsQuarantined() {
        var history = given();
        for (int i = 0; i < 8; i++) {
            history.device("oak").boot = i % 2 + 1;
            history.met("oak", slots(1));
        }
        history.submitted("sum", 1, "60s");
        assertTrue(history.device("oak").assigned.isEmpty());
    }

    @Test
    void aCardInTwoMachinesWhoseAgentsStopEachOtherIsQuarantined() {
        var history = given();
        for (int boot = 1; boot < 6; boot++) {
            history.device("oak").boot = boot;
            history.device("oak").machine = boot % 2 == 0 ? "attic" : "barn";
            history.met("oak", slots(1));
        }
        history.submitted("sum", 1, "60s");
        assertTrue(history.device("oak").assigned.isEmpty());
    }

    @Test
    void aDeviceThatMerelyRestartsOftenIsNotQuarantined() {
        var history = given();
        for (int boot = 1; boot < 9; boot++) {
            history.device("oak").boot = boot;
            history.device("oak").machine = "barn, booted " + boot / 2;
            history.met("oak", slots(1));
        }
        history.submitted("sum", 1, "60s");
        assertEquals(1, history.device("oak").assigned.size());
    }
}
