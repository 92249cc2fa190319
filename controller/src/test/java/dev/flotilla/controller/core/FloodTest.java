package dev.flotilla.controller.core;

import static dev.flotilla.controller.core.ControllerHistory.given;
import static dev.flotilla.controller.core.ControllerHistory.labelled;
import static dev.flotilla.controller.core.ControllerHistory.slots;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.core.Moment;
import dev.flotilla.link.Hello;
import dev.flotilla.link.Presence;
import dev.flotilla.link.Report;
import dev.flotilla.model.DeviceId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What a device with a valid key can make its controller do, however often it asks. */
class FloodTest {
    private static final DeviceId OAK = new DeviceId("oak");

    @Test
    void aFewHellosAreAnsweredAtOnceAndThenOneASecond() {
        var history = given().meets("oak", slots(1)).at("10s");
        long answered = 0;
        for (int i = 0; i < 1000; i++) answered += effects(history, hello(i), Effect.SendGreeting.class);
        assertEquals(10, answered);
        history.at("11s");
        assertEquals(1, effects(history, hello(2000), Effect.SendGreeting.class));
        assertEquals(0, effects(history, hello(2001), Effect.SendGreeting.class));
    }

    @Test
    void factsThatChangeWithEachReportAreNotedOnceASecond() {
        var history = given().meets("oak", slots(1));
        long noted = 0;
        for (int i = 0; i < 1000; i++) {
            Report report = history.report(history.device("oak"), false, Optional.of(labelled(1, "n", "" + i)));
            noted += history.kinds(history.decide(new Input.Reported(OAK, report, 100))).stream()
                    .filter(Event.DeviceKnown.class::equals)
                    .count();
        }
        assertEquals(10, noted);
    }

    @Test
    void aDeviceThatComesAndGoesTellsNoMoreThanOneASecond() {
        var history = given().meets("oak", slots(1));
        long told = 0;
        for (int i = 0; i < 1000; i++)
            told += effects(
                    history,
                    new Input.PresenceSeen(OAK, i % 2 == 1 ? Presence.ONLINE : Presence.OFFLINE),
                    Effect.TellDevice.class);
        assertEquals(10, told);
    }

    @Test
    void anImpossibleReportIsWarnedOfOnceAHello() {
        var history = given().meets("oak", slots(1)).at("10s");
        history.decide(hello(7));
        history.device("oak").hello = 7;
        history.device("oak").highest = 1L << 40;
        long warned = 0;
        for (int i = 0; i < 100; i++) {
            Report report = history.report(history.device("oak"), true, Optional.of(slots(1)));
            warned += effects(history, new Input.Reported(OAK, report, 100), Effect.Note.class);
        }
        assertEquals(1, warned);
    }

    @Test
    void aRefusedDeviceIsAskedForAHelloLessAndLessOften() {
        var history = given();
        ControllerHistory.Device oak = history.device("oak");
        oak.highest = 1L << 40;
        history.met("oak", slots(1));
        long asked = 0;
        for (int second = 5; second <= 3600; second += 5) {
            history.at(second + "s");
            Report report = history.report(oak, true, Optional.of(slots(1)));
            if (effects(history, new Input.Reported(OAK, report, 100), Effect.SendGreeting.class) == 0) continue;
            asked++;
            history.met("oak", slots(1));
        }
        assertEquals(34, asked, "after 4, 8, 16, .. and then every 120 s");
        oak.highest = 0;
        history.met("oak", slots(1));
        for (int second = 3601; second <= 3603; second++) {
            history.at(second + "s");
            oak.greeting = 1;
            Report stale = history.report(oak, false, Optional.empty());
            assertEquals(1, effects(history, new Input.Reported(OAK, stale, 100), Effect.SendGreeting.class));
        }
    }

    @Test
    void aDeviceThatNeverConfirmsWhatIsSettledMakesItsRowsNoSlowerToTakeIn() {
        Session session = new Session(OAK, new Moment(0), slots(1));
        List<Long> settled = LongStream.range(0, 200_000).boxed().toList();
        session.saysSettled(1, new Moment(0), settled);
        session.saysSettled(2, new Moment(1), List.of(7L));
        assertTimeout(Duration.ofSeconds(3), () -> {
            for (long serial = 0; serial < 100_000; serial++) {
                assertTrue(session.settles(serial));
                assertFalse(session.settles(-1 - serial));
            }
        });
        session.settleAgain(1, new Moment(2));
        assertFalse(session.settles(8));
        assertTrue(session.settles(7), "it was told twice, and the later order is not confirmed");
        session.settleAgain(2, new Moment(3));
        assertFalse(session.settles(7));
    }

    private static Input hello(long number) {
        return new Input.Greeted(OAK, new Hello(1, number, 1, "a".repeat(32), 0, 0, "", ""), 0);
    }

    private static long effects(ControllerHistory history, Input input, Class<?> kind) {
        return history.decide(input).effects().stream().filter(kind::isInstance).count();
    }
}
