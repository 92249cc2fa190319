package dev.flotilla.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.flotilla.journal.Disk;
import dev.flotilla.journal.Journal;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.journal.JournalReader;
import dev.flotilla.journal.JournalSettings;
import dev.flotilla.journal.SqliteJournal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LoopTest {
    @TempDir
    Path dir;

    private SqliteJournal journal;
    private Loop<Words.In, String, String> loop;
    private Thread thread;
    private boolean beginsAgain;
    private volatile RuntimeException handsThrow;
    private volatile long heldWhenRebuilt;
    private volatile CountDownLatch hang;
    private volatile boolean hangs;

    /** What the hands did and what the listener heard, in order. */
    private final LinkedBlockingQueue<String> seen = new LinkedBlockingQueue<>();

    /** All words that a reader found in the journal while the hands spoke. */
    private final List<String> onDiskWhenSaid = new ArrayList<>();

    @BeforeEach
    void open() throws JournalFailed {
        journal = SqliteJournal.open(file(), JournalSettings.controller());
        loop = loop(LoopSettings.controller());
    }

    @AfterEach
    void close() throws InterruptedException {
        loop.stop();
        if (thread != null) thread.join();
        journal.close();
    }

    @Test
    void whatIsSaidIsOnDiskFirst() throws Exception {
        run(Words.put("a"), Words.put("b"));
        assertEquals(List.of("say a", "say b"), all());
        assertEquals(List.of("a. b.", "a. b."), onDiskWhenSaid);
    }

    @Test
    void manyInputsShareFewCommitsAndKeepTheirOrder() throws Exception {
        List<String> said = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            loop.offer(Words.put("w" + i));
            said.add("say w" + i);
        }
        run();
        assertEquals(said, all());
        assertEquals(3, journal.usage().commits());
    }

    @Test
    void aFloodFromOneSourceIsDroppedBeyondItsShareAndTakesNothingFromTheOthers() throws Exception {
        long half = Loop.SHARE / 2;
        assertTrue(loop.offer(Words.put("a1"), "a", half));
        assertTrue(loop.offer(Words.put("a2"), "a", half));
        assertFalse(loop.offer(Words.put("a3"), "a", 1));
        assertTrue(loop.offer(Words.put("b1"), "b", half));
        loop.offer(Words.put("own"));
        for (int i = 0; Loop.ROOM >= (i + 4) * half; i++) assertTrue(loop.offer(new Words.Say("c"), "c" + i, half));
        assertFalse(loop.offer(new Words.Say("d"), "d", half), "all shares together have their limit");
        start();
        assertEquals("say a1", next());
        assertEquals("say a2", next());
        assertEquals("say b1", next());
        assertEquals("say own", next());
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!loop.offer(Words.put("a4"), "a", Loop.SHARE)) {
            assertTrue(System.nanoTime() < end, "its share is not given back within 20 s");
        }
    }

    @Test
    void whatIsDroppedIsLoggedOnceAMinute() {
        PrintStream before = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            for (int i = 0; i < 100; i++) assertFalse(loop.offer(Words.put("w"), "oak", Loop.SHARE + 1));
        } finally {
            System.setErr(before);
        }
        assertEquals(1, said.toString(StandardCharsets.UTF_8).lines().count());
        assertTrue(said.toString(StandardCharsets.UTF_8).contains("queue.dropped source=oak count=1"), said::toString);
    }

    @Test
    void lazyEventsWaitForTheNextCommitAndGoFirstInIt() throws Exception {
        start();
        loop.offer(new Words.Jot("a"));
        assertEquals("do a", next());
        assertEquals(0, journal.seq());
        loop.offer(Words.put("b"));
        assertEquals("say b", next());
        assertEquals(List.of("a, b."), onDiskWhenSaid);
        assertEquals(1, journal.seq());
    }

    @Test
    void nothingIsSaidWhileALazyEventIsNotOnDisk() throws Exception {
        start();
        loop.offer(new Words.Jot("a"));
        assertEquals("do a", next());
        loop.offer(new Words.Say("b"));
        assertEquals("say b", next());
        assertEquals(List.of("a,"), onDiskWhenSaid);
    }

    @Test
    void stoppingCommitsWhatIsPending() throws Exception {
        run(new Words.Jot("a"));
        assertEquals("a,", onDisk());
    }

    @Test
    void aCoreIsBornAgainFromSnapshotAndBatches() throws Exception {
        LoopSettings small = new LoopSettings(1, Duration.ZERO, 10);
        StringBuilder words = new StringBuilder();
        for (int life = 0; life < 3; life++) {
            for (int i = 0; i < 10; i++) {
                loop = loop(small);
                run(Words.put("w" + life + i), new Words.Jot("j" + life + i));
                words.append("w")
                        .append(life)
                        .append(i)
                        .append(". j")
                        .append(life)
                        .append(i)
                        .append(", ");
            }
            seen.clear();
            loop = loop(small);
            run(new Words.Ask());
            assertEquals(List.of("answer " + words.toString().strip()), all());
        }
        assertTrue(journal.newestSnapshot().orElseThrow().seq() > 20, "no snapshot was taken of late");
        assertThrows(JournalFailed.class, () -> journal.replay(0, (seq, body) -> {}), "no batch was dropped");
    }

    @Test
    void theCoreIsTickedWhenItWantsTo() throws Exception {
        start();
        loop.offer(new Words.Wake(Duration.ofMillis(20)));
        assertEquals("say tick", next());
    }

    @Test
    void aProbeOfTheDiskIsNoCommitThatHoldsAnything() throws Exception {
        run(Words.put("a"));
        long held = loop.held();
        assertEquals(journal.seq(), held);
        journal.append(new byte[0]);
        assertEquals(held, loop(LoopSettings.controller()).held());
    }

    @Test
    void aFailedCommitLetsNothingOutAndReadingGoesOnUntilItHeals() throws Exception {
        beginsAgain = true;
        start();
        loop.offer(Words.put("a"));
        assertEquals("say a", next());
        loop.offer(new Words.Jot("b"));
        assertEquals("do b", next());

        Disk.readOnly(journal, true);
        loop.offer(new Words.Put("kept", true));
        assertEquals("degraded", next());
        assertEquals("rebuilt", next());
        assertEquals(Loop.Trouble.STORAGE, loop.trouble());
        loop.offer(Words.put("dropped"));
        for (String word : List.of("up", "down", "up")) loop.offer(new Words.Put(word, true));
        loop.offer(new Words.Ask());
        assertEquals("answer a.", next());

        Disk.readOnly(journal, false);
        assertEquals("healed", next());
        assertEquals(List.of("say begun", "say kept", "say down", "say up"), List.of(next(), next(), next(), next()));
        assertEquals(Loop.Trouble.NONE, loop.trouble());
        loop.offer(Words.put("c"));
        assertEquals("say c", next());
        assertEquals("a.  begun. kept. down. up. c.", onDisk());
    }

    @Test
    void aJournalThatIsReadHalfDoesNotChangeWhatItHolds() throws Exception {
        for (String word : List.of("a", "b", "c")) journal.append((word + ".").getBytes(StandardCharsets.UTF_8));
        AtomicBoolean fails = new AtomicBoolean();
        loop = loop(LoopSettings.controller(), failingAfterOneBatch(fails));
        fails.set(true);
        Disk.readOnly(journal, true);
        start();
        loop.offer(Words.put("d"));
        assertEquals(List.of("degraded", "rebuilt"), List.of(next(), next()));
        assertEquals(3, heldWhenRebuilt);
        Disk.readOnly(journal, false);
        fails.set(false);
        assertEquals("healed", next());
    }

    @Test
    void aFloodThatIsKeptLeavesRoomForWhatTheHandsOffer() throws Exception {
        beginsAgain = true;
        for (int i = 0; i < 2000; i++) loop.offer(new Words.Put("w" + i, true));
        Disk.readOnly(journal, true);
        start();
        assertEquals(List.of("degraded", "rebuilt"), List.of(next(), next()));
        Disk.readOnly(journal, false);
        assertEquals(List.of("healed", "say begun", "say w0"), List.of(next(), next(), next()));
    }

    @Test
    void damageThatACommitFindsLetsNothingOutAndIsNotWaitedFor() throws Exception {
        start();
        loop.offer(Words.put("a"));
        assertEquals("say a", next());
        Disk.damage(journal, file(), "journal");
        loop.offer(Words.put("b"));
        assertEquals("damaged", next());
        assertEquals("rebuilt", next());
        assertEquals(Loop.Trouble.DAMAGED, loop.trouble());
        loop.offer(Words.put("c"));
        loop.offer(new Words.Ask());
        assertEquals("unread Ask[]", next());
        loop.stop();
        thread.join();
        assertEquals(List.of(), all(), "it was said again, or something was decided");
    }

    @Test
    void damageThatASnapshotFindsIsNotPassedOver() throws Exception {
        loop = loop(new LoopSettings(4096, Duration.ZERO, 1));
        start();
        Disk.damage(journal, file(), "snapshot");
        loop.offer(Words.put("a"));
        assertEquals(List.of("say a", "damaged", "rebuilt"), List.of(next(), next(), next()));
        assertEquals(Loop.Trouble.DAMAGED, loop.trouble());
    }

    @Test
    void aPoisonousInputIsPutAsideAndTheOthersOfItsBatchGoOn() throws Exception {
        beginsAgain = true;
        run(Words.put("a"), new Words.Poison(), Words.put("b"));
        assertEquals(
                List.of("rebuilt", "say begun", "say a", "culprit Poison[]", "rebuilt", "say begun", "say b"), all());
        assertEquals("begun. a. begun. b.", onDisk());
    }

    @Test
    void effectsThatTheHandsDropDoNotEndTheLoop() throws Exception {
        handsThrow = new IllegalStateException("on purpose");
        start();
        loop.offer(Words.put("a"));
        assertEquals("throwing", next());
        handsThrow = null;
        loop.offer(Words.put("b"));
        assertEquals("say b", next());
    }

    @Test
    void aBatchLingersForMoreInputs() throws Exception {
        loop = loop(LoopSettings.agent(Duration.ofMinutes(10)));
        start();
        loop.offer(Words.put("a"));
        loop.offer(Words.put("b"));
        loop.stop();
        assertEquals(List.of("say a", "say b"), List.of(next(), next()));
        assertEquals(1, journal.usage().commits());
    }

    @Test
    void aJournalThatIsNotUnderstoodIsRefusedByItsBatch() throws Exception {
        journal.append("a.".getBytes(StandardCharsets.UTF_8));
        journal.append("not-a-word".getBytes(StandardCharsets.UTF_8));
        JournalFailed refused = assertThrows(JournalFailed.class, () -> loop(LoopSettings.controller()));
        assertEquals(JournalFailed.Kind.CORRUPT, refused.kind());
        assertTrue(refused.getMessage().contains("batch 2"), refused.getMessage());
    }

    @Test
    void theWatchdogSpeaksWhileTheLoopGoesRoundAlthoughThereIsNoNewsAndIsSilentWhenItHangs() throws Exception {
        Path said = dir.resolve("said");
        String[] command = {"sh", "-c", "echo x >>" + said};
        Map<String, String> systemd = Map.of("NOTIFY_SOCKET", "/run/systemd/notify", "WATCHDOG_USEC", "200000");
        start();
        try (Watchdog watching = new Watchdog(systemd, List.of(command), () -> loop)) {
            await(() -> lines(said) >= 3);
            hang = new CountDownLatch(1);
            loop.offer(Words.put("a"));
            await(() -> hangs);
            // what was under way when it began to hang may still be said
            await(() -> watchesInVain(said));
            hang.countDown();
            long before = lines(said);
            await(() -> lines(said) > before);
        }
        Path never = dir.resolve("never");
        try (Watchdog none =
                new Watchdog(Map.of("WATCHDOG_USEC", "1"), List.of("touch", never.toString()), () -> loop)) {
            assertFalse(Files.exists(never), "without systemd nothing is asked for");
        }
    }

    private boolean watchesInVain(Path said) throws Exception {
        long before = lines(said);
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        while (System.nanoTime() < until) {
            if (lines(said) > before) return false;
            Thread.sleep(5);
        }
        return true;
    }

    private static long lines(Path file) throws Exception {
        return Files.exists(file) ? Files.readAllLines(file).size() : 0;
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.call()) {
            assertTrue(System.nanoTime() < until, "not within 30 s");
            Thread.sleep(5);
        }
    }

    private Loop<Words.In, String, String> loop(LoopSettings settings) throws JournalFailed {
        return loop(settings, journal);
    }

    private Loop<Words.In, String, String> loop(LoopSettings settings, Journal on) throws JournalFailed {
        return new Loop<>(new Words(), new TestHands(), on, settings, 1, System::nanoTime, new Ear());
    }

    /** The same journal on a disk that gives an error behind the first batch, now and then. */
    private Journal failingAfterOneBatch(AtomicBoolean now) {
        return new Journal() {
            @Override
            public long append(byte[] batch) throws JournalFailed {
                return journal.append(batch);
            }

            @Override
            public void snapshot(byte[] state, long keepFrom) throws JournalFailed {
                journal.snapshot(state, keepFrom);
            }

            @Override
            public Optional<Snapshot> newestSnapshot() throws JournalFailed {
                return journal.newestSnapshot();
            }

            @Override
            public void replay(long after, Walker walker) throws JournalFailed {
                long last = now.get() ? after + 1 : Long.MAX_VALUE;
                journal.replay(after, (seq, body) -> {
                    if (seq <= last) walker.batch(seq, body);
                });
                if (now.get()) throw new JournalFailed(JournalFailed.Kind.STORAGE, "disk I/O error", null);
            }

            @Override
            public long seq() {
                return journal.seq();
            }

            @Override
            public Usage usage() {
                return journal.usage();
            }

            @Override
            public void close() {
                journal.close();
            }
        };
    }

    /** These inputs in this thread, until all is done. */
    private void run(Words.In... inputs) {
        for (Words.In input : inputs) loop.offer(input);
        loop.stop();
        loop.run();
    }

    private void start() {
        thread = new Thread(loop::run);
        thread.start();
    }

    private String next() throws InterruptedException {
        String next = seen.poll(20, TimeUnit.SECONDS);
        return next == null ? "nothing within 20 s" : next;
    }

    private List<String> all() {
        List<String> all = new ArrayList<>();
        seen.drainTo(all);
        return all;
    }

    private Path file() {
        return dir.resolve("journal.db");
    }

    /** All words that are committed, as a reader beside the loop sees them. */
    private String onDisk() throws JournalFailed {
        List<String> batches = new ArrayList<>();
        try (JournalReader reader = SqliteJournal.readOnly(file())) {
            reader.replay(0, (seq, body) -> batches.add(new String(body, StandardCharsets.UTF_8)));
        }
        return String.join(" ", batches);
    }

    private final class TestHands implements Hands<String> {
        @Override
        public void start(List<String> effects, long seq) {
            if (handsThrow != null) {
                seen.add("throwing");
                throw handsThrow;
            }
            if (hang != null) hangUntilLetGo();
            assertEquals(journal.seq(), seq);
            boolean few = effects.size() < 10;
            for (String effect : effects) {
                if (few && effect.startsWith("say ")) onDiskWhenSaid.add(now());
                seen.add(effect);
            }
        }

        private void hangUntilLetGo() {
            hangs = true;
            try {
                hang.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private String now() {
            try {
                return onDisk();
            } catch (JournalFailed e) {
                return e.getMessage();
            }
        }

        @Override
        public void rebuilt() {
            heldWhenRebuilt = loop.held();
            seen.add("rebuilt");
            if (beginsAgain) loop.offer(new Words.Begun());
        }
    }

    private final class Ear implements Loop.Listener<Words.In> {
        @Override
        public void degraded(String why) {
            seen.add("degraded");
        }

        @Override
        public void damaged(String why) {
            seen.add("damaged");
        }

        @Override
        public void healed() {
            seen.add("healed");
        }

        @Override
        public void unread(Words.In input) {
            seen.add("unread " + input);
        }

        @Override
        public void culprit(Words.In input, RuntimeException failure) {
            seen.add("culprit " + input);
        }
    }
}
