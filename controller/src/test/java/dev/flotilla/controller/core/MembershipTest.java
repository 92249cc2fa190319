package dev.flotilla.controller.core;

import static dev.flotilla.controller.core.ControllerHistory.given;
import static dev.flotilla.controller.core.ControllerHistory.slots;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.core.Decision;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.Digest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Tokens, joining, approval, removal: who belongs to the fleet. */
class MembershipTest {
    private static final Instant NOON = Instant.parse("2026-11-25T12:00:00Z");
    private static final Duration DAY = Duration.ofDays(1);

    private static Decision<Event, Effect> token(
            ControllerHistory history, String id, int uses, Optional<String> replaces, boolean approve) {
        TreeMap<String, String> labels = new TreeMap<>();
        labels.put("site", "berlin");
        return history.decide(
                new Input.TokenAsked(1, id, uses, NOON.plus(DAY), labels, replaces.map(DeviceId::new), approve, NOON));
    }

    private static ControllerHistory withToken(String id, int uses) {
        ControllerHistory history = given();
        token(history, id, uses, Optional.empty(), false);
        return history;
    }

    private static Digest key(int n) {
        return Digest.of(new byte[] {(byte) n});
    }

    private static View joins(ControllerHistory history, String token, Digest key, String host, Instant when) {
        return reply(history.decide(new Input.JoinAsked(7, token, key, host, when)));
    }

    private static View reply(Decision<Event, Effect> decision) {
        return decision.effects().stream()
                .filter(e -> e instanceof Effect.Reply)
                .map(e -> ((Effect.Reply) e).view())
                .findFirst()
                .orElseThrow();
    }

    private static String joined(View view) {
        return ((View.Joined) view).device();
    }

    private static String why(View view) {
        return ((View.Problem) view).why();
    }

    @Test
    void whoJoinsGetsItsHostsNameTheTokensLabelsAndAYear() {
        var history = withToken("t1", 1);
        View.Joined oak = (View.Joined) joins(history, "t1", key(1), "Oak.local", NOON);
        assertEquals("oak", oak.device());
        assertEquals("berlin", oak.labels().get("site"));
        assertEquals(NOON.plus(Duration.ofDays(365)), oak.until());
        assertEquals(2, oak.keyVersion(), "the first is that of a file that may be somewhere");
    }

    @Test
    void anAnswerThatWasLostIsGivenToTheSameKeyAgainAndUsesNothingUp() {
        var history = withToken("t1", 1);
        View first = joins(history, "t1", key(1), "oak", NOON);
        assertEquals(first, joins(history, "t1", key(1), "oak", NOON.plus(DAY.multipliedBy(9))));
        assertEquals(first, joins(history.restarted(), "t1", key(1), "oak", NOON));
    }

    @Test
    void aTokenIsGoodForItsUsesItsTimeAndUntilItIsRevoked() {
        var history = withToken("t1", 2);
        assertEquals("oak", joined(joins(history, "t1", key(1), "oak", NOON)));
        assertTrue(why(joins(history, "t1", key(2), "oak", NOON.plus(DAY))).contains("expired"));
        assertNotEquals("oak", joined(joins(history, "t1", key(2), "oak", NOON)));
        assertTrue(why(joins(history, "t1", key(3), "oak", NOON)).contains("used 2 times"));
        assertTrue(why(joins(history, "t2", key(3), "oak", NOON)).contains("does not know"));
        token(history, "t3", 1, Optional.empty(), false);
        history.decide(new Input.RevokeAsked(2, "t3"));
        assertTrue(why(joins(history.restarted(), "t3", key(3), "oak", NOON)).contains("revoked"));
    }

    @Test
    void namesAreUniqueAndNoneIsTheControllersOrAClients() {
        var history = withToken("t1", 9).meets("elm", slots(1));
        String elm = joined(joins(history, "t1", key(1), "elm", NOON));
        assertTrue(elm.matches("elm-[a-z2-9]{4}"), elm);
        assertEquals("device", joined(joins(history, "t1", key(2), "admin-7", NOON)));
        assertTrue(joined(joins(history, "t1", key(3), "controller", NOON)).startsWith("device-"));
        assertTrue(joined(joins(history, "t1", key(4), "\u001b[31m/../../#+", NOON))
                .matches("[a-z0-9-]+"));
        assertTrue(joined(joins(history, "t1", key(5), "x".repeat(500), NOON)).length() <= 64);
    }

    @Test
    void aTokenThatReplacesGivesNameAndPlaceAndTheOldKeyIsOutAtOnce() {
        var history = withToken("t1", 1);
        joins(history, "t1", key(1), "oak", NOON);
        history.meets("oak", slots(1)).submittedOnce("once", 1, "60s");
        history.reports("oak", history.asking("oak", "once/0#1"));
        token(history, "t2", 1, Optional.of("oak"), false);
        var decision = history.decide(new Input.JoinAsked(7, "t2", key(2), "whatever", NOON));
        assertEquals("oak", joined(reply(decision)));
        assertEquals(3, ((View.Joined) reply(decision)).keyVersion());
        assertTrue(
                decision.effects()
                        .contains(
                                new Effect.Standing(new DeviceId("oak"), Member.State.ACTIVE, 3, Optional.of(key(2)))),
                decision.effects()::toString);
        assertTrue(history.kinds(decision).contains(Event.Held.class), "it had a permit");
        assertTrue(why(joins(history, "t1", key(1), "oak", NOON)).contains("joined again since"));
        assertTrue(
                why(reply(token(history, "t3", 1, Optional.of("fir"), false))).contains("known"));
    }

    @Test
    void whoMustBeApprovedIsPendingAndUnheardUntilThen() {
        var history = given();
        token(history, "t1", 1, Optional.empty(), true);
        assertTrue(((View.Joined) joins(history, "t1", key(1), "oak", NOON)).pending());
        history.submitted("sum", 1, "60s").meets("oak", slots(1));
        assertEquals(0, history.device("oak").assigned.size());
        assertEquals(new View.Approved("oak"), reply(history.decide(new Input.ApproveAsked(3, "oak"))));
        assertEquals(false, ((View.Joined) joins(history, "t1", key(1), "oak", NOON)).pending());
        history.restarted().meets("oak", slots(1));
        assertEquals(1, history.device("oak").assigned.size());
        assertTrue(why(reply(history.decide(new Input.ApproveAsked(3, "oak")))).contains("active"));
    }

    @Test
    void aRemovedDeviceLosesItsWorkIsHeardNoMoreAndIsNotListed() {
        var history = withToken("t1", 1);
        joins(history, "t1", key(1), "oak", NOON);
        history.meets("oak", slots(1)).submitted("sum", 1, "60s").meets("elm", slots(1));
        var removed = history.decide(new Input.RemoveDeviceAsked(3, "oak"));
        assertTrue(history.kinds(removed).containsAll(List.of(Event.Gone.class, Event.DeviceRemoved.class)));
        assertEquals(1, history.device("elm").assigned.size(), "its work is placed again");
        assertEquals(
                List.of(),
                history.reports("oak", history.finished("oak", "sum/0#1")).events());
        View.DeviceList list = (View.DeviceList) history.ask(new Input.Query.Devices());
        assertEquals(
                List.of("elm"),
                list.devices().stream().map(View.DeviceSummary::device).toList());
        assertTrue(why(joins(history, "t1", key(1), "oak", NOON)).contains("removed"));
        assertTrue(why(reply(history.decide(new Input.RemoveDeviceAsked(3, "oak"))))
                .contains("already"));
        assertEquals(
                new View.DeviceRemoved("fir", false),
                reply(history.decide(new Input.RemoveDeviceAsked(3, "fir"))),
                "its file may have been stolen before its first use");
        assertEquals(List.of(), history.restarted().met("oak", slots(1)).events());
        assertEquals(List.of(), history.met("fir", slots(1)).events());
    }

    @Test
    void aDeviceThatCameByAFileCanBeRemovedAndReplacedToo() {
        var history = given().meets("oak", slots(1));
        history.decide(new Input.RemoveDeviceAsked(3, "oak"));
        assertEquals(List.of(), history.met("oak", slots(1)).events());
        token(history, "t1", 1, Optional.of("oak"), false);
        assertEquals(2, ((View.Joined) joins(history, "t1", key(1), "x", NOON)).keyVersion());
    }

    @Test
    void aStartTellsTheEdgesOfEveryMemberAndASnapshotKeepsThemAll() {
        var history = withToken("t1", 3);
        joins(history, "t1", key(1), "oak", NOON);
        joins(history, "t1", key(2), "elm", NOON);
        history.decide(new Input.RemoveDeviceAsked(3, "elm"));
        token(history, "t2", 1, Optional.of("oak"), true);
        byte[] snapshot = history.core.snapshot();
        ControllerCore again = new ControllerCore(ControllerHistory.FLEET, LedgerCodec.read(snapshot));
        assertArrayEquals(snapshot, again.snapshot());
        history.core = again;
        var begun = history.decide(new Input.Begun(history.journal.size()));
        assertEquals(
                2,
                begun.effects().stream()
                        .filter(e -> e instanceof Effect.Standing)
                        .count());
        View.TokenList tokens = (View.TokenList) history.ask(new Input.Query.Tokens());
        assertEquals(List.of("elm", "oak"), tokens.tokens().get(0).devices());
    }
}
