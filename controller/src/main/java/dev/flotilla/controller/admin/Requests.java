package dev.flotilla.controller.admin;

import dev.flotilla.controller.core.Input;
import dev.flotilla.controller.core.View;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/** What the core is asked, and who waits for its answer. Any thread. */
final class Requests {
    /** Requests that wait for the core, each with its answer to come. */
    static final int WAITING = 256;

    private final Consumer<Input> loop;
    private final Storage storage;
    private final Map<Long, Consumer<View>> waiting = new ConcurrentHashMap<>();
    private final AtomicLong last = new AtomicLong();

    /** @param loop  offers an input to the controller's loop */
    Requests(Consumer<Input> loop, Storage storage) {
        this.loop = loop;
        this.storage = storage;
    }

    /** @throws Refusal if too many wait already */
    void ask(Input.Query query, Consumer<View> then) {
        loop.accept(new Input.Asked(register(then), query, Instant.now()));
    }

    /**
     * For threads that may wait.
     *
     * @throws Refusal if the core does not answer within 10 s, or too many wait already
     */
    View askAndWait(Input.Query query) {
        CompletableFuture<View> answer = new CompletableFuture<>();
        ask(query, answer::complete);
        try {
            return answer.get(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Refusal.unanswered();
        } catch (ExecutionException | TimeoutException e) {
            throw Refusal.unanswered();
        }
    }

    /**
     * An input that changes something.
     *
     * @param input  of the request's number
     * @throws Refusal while the journal cannot be written, or if too many wait already
     */
    void write(Consumer<View> then, LongFunction<Input> input) {
        if (!storage.isWritable()) throw new Refusal(storage.unwritten());
        loop.accept(input.apply(register(then)));
    }

    private long register(Consumer<View> then) {
        if (waiting.size() >= WAITING) throw Refusal.full();
        long id = last.incrementAndGet();
        waiting.put(id, then);
        return id;
    }

    /** The core's answer. */
    void replied(long request, View view) {
        Consumer<View> then = waiting.remove(request);
        if (then != null) then.accept(view);
    }

    /** The core was rebuilt: what it was asked and had not answered is lost, and clients ask again. */
    void forgotten() {
        View problem = Refusal.unanswered().problem();
        for (Long id : List.copyOf(waiting.keySet())) replied(id, problem);
    }
}
