package dev.flotilla.load;

import dev.flotilla.agent.core.AgentMachine;
import dev.flotilla.agent.probe.ProfileDoor;
import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.codec.CborIn;
import dev.flotilla.codec.EnvelopeCodec;
import dev.flotilla.codec.Malformed;
import dev.flotilla.codec.ModelCodec;
import dev.flotilla.codec.SpecCodec;
import dev.flotilla.controller.admin.AdminService;
import dev.flotilla.controller.admin.RequestDoor;
import dev.flotilla.controller.cli.job.JobFileDoor;
import dev.flotilla.controller.core.ControllerMachine;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Input;
import dev.flotilla.model.Limits;
import dev.flotilla.model.ProgramCall;
import dev.flotilla.model.UserError;
import dev.flotilla.program.BadResult;
import dev.flotilla.program.BadValue;
import dev.flotilla.program.Builtin;
import dev.flotilla.program.Builtins;
import dev.flotilla.program.Partial;
import dev.flotilla.program.ShardData;
import dev.flotilla.security.DeviceFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Every decoder of foreign or stored bytes. Each refuses with its own declared exception; what it takes, it writes and reads again the same. */
final class Decoders {
    /** One decoder. */
    interface Decoder {
        /** False if the bytes are refused as declared. @throws Exception anything else: a bug */
        boolean takes(byte[] bytes) throws Exception;
    }

    /** In order; the folders of the corpus are called so. */
    final TreeMap<String, Decoder> all = new TreeMap<>();

    private final AgentMachine agent = new AgentMachine();
    private final ControllerMachine controller = new ControllerMachine(SmallWorld.FLEET);
    private final Path folder;
    private final ArtifactStore store;

    Decoders(Path folder) throws IOException {
        this.folder = folder;
        this.store = ArtifactStore.at(folder.resolve("artifacts"));
        Files.createFile(
                folder.resolve("device.json"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        all.put("envelope", Decoders::envelope);
        all.put("agent-events", b -> same(b, c -> agent.encode(agent.decode(c))));
        all.put("controller-events", b -> same(b, c -> controller.encode(controller.decode(c))));
        all.put(
                "agent-snapshot",
                b -> same(b, c -> agent.birth(Optional.of(c), 0).snapshot()));
        all.put(
                "controller-snapshot",
                b -> same(b, c -> controller.birth(Optional.of(c), 0).snapshot()));
        all.put("spec", b -> same(b, c -> SpecCodec.canonical(ModelCodec.spec(new CborIn(c)))));
        all.put("partial", Decoders::partial);
        all.put("csv", b -> records(b, Input.Format.CSV));
        all.put("ndjson", b -> records(b, Input.Format.NDJSON));
        all.put("lines", b -> records(b, Input.Format.LINES));
        all.put("profile", Decoders::profile);
        all.put("admin-json", Decoders::admin);
        all.put("job-yaml", b -> job(b, "job.yaml"));
        all.put("job-json", b -> job(b, "job.json"));
        all.put("device-file", this::device);
        all.put("chunk", this::chunk);
    }

    private interface Again {
        byte[] written(byte[] bytes);
    }

    /** What is taken and written is taken again, and written the same. */
    private static boolean same(byte[] bytes, Again codec) {
        byte[] written;
        try {
            written = codec.written(bytes);
        } catch (Malformed e) {
            return false;
        }
        if (!Arrays.equals(written, codec.written(written)))
            throw new AssertionError("it is not the same when it is read again");
        return true;
    }

    private static boolean envelope(byte[] bytes) {
        return same(bytes, b -> EnvelopeCodec.encode(EnvelopeCodec.decode(b)));
    }

    private static boolean partial(byte[] bytes) {
        List<Builtin> programs = Builtins.all();
        if (bytes.length == 0) return false;
        Builtin program = programs.get((bytes[0] & 0xff) % programs.size());
        byte[] body = Arrays.copyOfRange(bytes, 1, bytes.length);
        try {
            Partial partial = program.decode(body);
            byte[] written = partial.encode();
            if (!partial.equals(program.decode(written))) throw new AssertionError("another when it is read again");
            program.decode(partial.merge(partial).encode());
            partial.answer();
            return true;
        } catch (BadResult e) {
            return false;
        }
    }

    private static boolean records(byte[] bytes, Input.Format format) throws InterruptedException {
        Optional<String> column = format == Input.Format.LINES ? Optional.empty() : Optional.of("n");
        ShardData.Records shard = new ShardData.Records(
                "fuzz", format, List.of("n", "m"), bytes.length, 1, () -> new ByteArrayInputStream(bytes));
        ProgramCall call = new ProgramCall(
                "sum", column, bytes.length > 0 && bytes[bytes.length - 1] != '\n', java.time.Duration.ZERO);
        try {
            Builtins.find("sum").map(shard, call, Builtin.Stop.NEVER).partial().encode();
            return true;
        } catch (BadValue | IOException e) {
            return false;
        }
    }

    private static boolean profile(byte[] bytes) throws IOException {
        try {
            ProfileDoor.read(bytes);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** The request of a submit, as far as it is read before files are looked at. */
    private static boolean admin(byte[] bytes) {
        return RequestDoor.takes(bytes);
    }

    private boolean job(byte[] bytes, String name) throws IOException {
        Path file = folder.resolve(name);
        Files.write(file, bytes);
        try {
            AdminService.check(JobFileDoor.read(file));
            return true;
        } catch (UserError e) {
            return false;
        }
    }

    private boolean device(byte[] bytes) throws IOException {
        Path file = folder.resolve("device.json");
        Files.write(file, bytes);
        DeviceFile device;
        try {
            device = DeviceFile.read(file);
        } catch (IOException e) {
            return false;
        }
        device.write(file);
        DeviceFile again = DeviceFile.read(file);
        if (!again.device().equals(device.device()) || !again.labels().equals(device.labels()))
            throw new AssertionError("it is not the same when it is read again");
        return true;
    }

    /** Four numbers of 32 bits, signed, and the data: a digest of few, offset, total. */
    private boolean chunk(byte[] bytes) throws IOException {
        java.nio.ByteBuffer in = java.nio.ByteBuffer.wrap(Arrays.copyOf(bytes, Math.max(12, bytes.length)));
        Digest digest = Digest.of(new byte[in.getInt() & 3]);
        long offset = in.getInt();
        long total = in.getInt();
        byte[] data = new byte[Math.min(in.remaining(), Limits.CHUNK)];
        in.get(data);
        try {
            ArtifactStore.Put put = store.put(digest, offset, total, data);
            if (put.whole()
                    && !Digest.of(store.read(digest, 0, (int) put.have())).equals(digest))
                throw new AssertionError("whole, and another");
            if (store.have(digest) != put.have())
                throw new AssertionError("have " + store.have(digest) + ", not " + put);
            if (put.whole()) store.forget(digest);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
