package dev.flotilla.controller.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.flotilla.carrier.Carrier;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Keeps what a carrier tells, in order; each wait has a deadline. */
public final class Ears implements Carrier.Listener {
    private static final int DEADLINE_S = 20;
    private final BlockingQueue<String> news = new LinkedBlockingQueue<>();
    private final BlockingQueue<Carrier.Message> messages = new LinkedBlockingQueue<>();

    @Override
    public void up() {
        news.add("up");
    }

    @Override
    public void down(String why) {
        news.add("down: " + why);
    }

    @Override
    public void refused(String why) {
        news.add("refused: " + why);
    }

    @Override
    public void takenOver() {
        news.add("taken over");
    }

    @Override
    public void received(Carrier.Message message) {
        messages.add(message);
    }

    /** The next news must begin so. @return all of it */
    public String hear(String start) throws InterruptedException {
        String next = news.poll(DEADLINE_S, TimeUnit.SECONDS);
        assertNotNull(next, () -> "heard nothing instead of " + start);
        assertEquals(start, next.substring(0, Math.min(start.length(), next.length())), next);
        return next;
    }

    /** News until one begins so: for what may be told several times on the way, such as reasons of failed tries. */
    public String hearAtLast(String start) throws InterruptedException {
        while (true) {
            String next = news.poll(DEADLINE_S, TimeUnit.SECONDS);
            assertNotNull(next, () -> "heard nothing instead of " + start);
            if (next.startsWith(start)) return next;
        }
    }

    /** The next message. */
    public Carrier.Message message() throws InterruptedException {
        Carrier.Message next = messages.poll(DEADLINE_S, TimeUnit.SECONDS);
        assertNotNull(next, "no message came");
        return next;
    }

    /** The next message's payload as text. */
    public String text() throws InterruptedException {
        return new String(message().payload(), StandardCharsets.UTF_8);
    }

    /** True if neither news nor messages wait to be heard. */
    public boolean nothingLeft() {
        return news.isEmpty() && messages.isEmpty();
    }
}
