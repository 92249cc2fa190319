package dev.flotilla.controller.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.flotilla.core.Moment;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class AllowanceTest {
    @Test
    void whatIsLeftOfASecondCountsForTheNextOne() {
        Allowance allowance = new Allowance();
        Moment start = new Moment(0);
        while (allowance.take(start)) {}
        int taken = 0;
        for (int i = 1; i <= 100; i++) if (allowance.take(start.plus(Duration.ofMillis(700L * i)))) taken++;
        assertEquals(70, taken);
    }
}
