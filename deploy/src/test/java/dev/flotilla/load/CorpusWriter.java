package dev.flotilla.load;

import dev.flotilla.codec.SpecCodec;
import dev.flotilla.model.Policy;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.program.ShardData;
import dev.flotilla.security.LinkKey;
import dev.flotilla.shard.ShardPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Writes the binary part of the corpus from a session, with {@code -Dflotilla.corpus=write}. What people write themselves lies there already. */
class CorpusWriter {
    private static final int MOST = 24;
    private static final int LONGEST = 4096;

    @Test
    @EnabledIfSystemProperty(named = "flotilla.corpus", matches = "write")
    void writesASession() throws Exception {
        TreeMap<String, List<byte[]>> corpus = new TreeMap<>();
        SmallWorld world = session((way, device, bytes) ->
                add(corpus, "envelope", java.util.Arrays.copyOfRange(bytes, LinkKey.TAG, bytes.length)));
        world.controller.batches.forEach(batch -> add(corpus, "controller-events", batch));
        for (AgentNode agent : world.agents) {
            agent.batches.forEach(batch -> add(corpus, "agent-events", batch));
            add(corpus, "agent-snapshot", agent.core().snapshot());
        }
        add(corpus, "controller-snapshot", world.controller.core().snapshot());
        add(corpus, "spec", SpecCodec.canonical(Jobs.instant(12)));
        add(corpus, "spec", SpecCodec.canonical(Jobs.file(world).spec()));
        int number = 0;
        for (Builtin program : Builtins.all()) {
            byte[] partial = program.map(
                            new ShardData.Numbers(-5, 1000),
                            dev.flotilla.model.ProgramCall.of(program.name()),
                            Builtin.Stop.NEVER)
                    .partial()
                    .encode();
            byte[] numbered = new byte[partial.length + 1];
            numbered[0] = (byte) number++;
            System.arraycopy(partial, 0, numbered, 1, partial.length);
            add(corpus, "partial", numbered);
        }
        for (var kind : corpus.entrySet()) {
            Path folder = FuzzTest.CORPUS.resolve(kind.getKey());
            Files.createDirectories(folder);
            for (int i = 0; i < kind.getValue().size(); i++)
                Files.write(
                        folder.resolve(String.format("%02d.bin", i)),
                        kind.getValue().get(i));
        }
    }

    /** Two agents, jobs of each kind. */
    static SmallWorld session(SmallWorld.Meets meets) {
        SmallWorld world = new SmallWorld(1, 2, 2, new SmallWorld.Watch() {}, true);
        world.beforeArrival = meets;
        world.start();
        world.run(Duration.ofSeconds(5));
        world.submit("instant", Jobs.instant(12), Policy.defaults(), ShardPlan.COMPUTED);
        world.submit("slow", Jobs.slow(6, Duration.ofSeconds(3)), Policy.defaults(), ShardPlan.COMPUTED);
        world.submit("once", Jobs.slow(2, Duration.ofSeconds(1)), Jobs.once(), ShardPlan.COMPUTED);
        world.run(Duration.ofSeconds(8));
        world.cancel("slow");
        Jobs.File file = Jobs.file(world);
        world.submit("file", file.spec(), Policy.defaults(), file.plan());
        world.run(Duration.ofMillis(40));
        return world;
    }

    private static void add(TreeMap<String, List<byte[]>> corpus, String kind, byte[] bytes) {
        List<byte[]> all = corpus.computeIfAbsent(kind, k -> new ArrayList<>());
        if (all.size() < MOST && bytes.length <= LONGEST) all.add(bytes);
    }
}
