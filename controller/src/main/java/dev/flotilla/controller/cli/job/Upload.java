package dev.flotilla.controller.cli.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.AdminClient;
import dev.flotilla.controller.cli.shell.Replies;
import dev.flotilla.controller.cli.ui.Progress;
import dev.flotilla.controller.cli.ui.Terminal;
import dev.flotilla.controller.cli.ui.Words;
import dev.flotilla.model.Exit;
import dev.flotilla.model.Input;
import dev.flotilla.model.Limits;
import dev.flotilla.model.Quoted;
import dev.flotilla.model.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;

/** A local file that becomes an artifact: looked at before anything is created, sent from where an earlier try ended, never twice. */
final class Upload {
    private static final int CHUNK = 64 * 1024;
    private static final int HEAD = 8 * 1024;
    /** Stands for the digest until the file was read. */
    static final String NO_DIGEST = "0".repeat(64);

    private final Path file;
    private final long size;
    private final Input.Format format;

    /** @throws UserError if the file is not there, empty, too large, or surely holds no records */
    Upload(Path file, Input.Format format) {
        this.file = file;
        this.format = format;
        String name = Quoted.plain(file.toString(), 200);
        if (!Files.exists(file))
            throw refused(
                    "there is no file " + name,
                    "nothing is at " + file.toAbsolutePath(),
                    "give the path of a CSV, NDJSON or text file");
        if (!Files.isRegularFile(file))
            throw refused(
                    name + " is no file", "it is a folder or a device", "give the path of a CSV, NDJSON or text file");
        try {
            size = Files.size(file);
            if (size == 0)
                throw refused(name + " is empty", "it holds no record", "give a file with at least one record");
            if (size > Limits.ARTIFACT) {
                throw refused(
                        name + " is too large",
                        "it has " + Words.size(size) + ", an input has at most " + Words.size(Limits.ARTIFACT),
                        "split it and run one job for each part");
            }
            look(name);
        } catch (IOException e) {
            throw refused(name + " cannot be read", String.valueOf(e.getMessage()), "look at its permissions");
        }
    }

    private static UserError refused(String what, String why, String next) {
        return new UserError(Exit.USAGE, what, why, next);
    }

    /** What its first bytes tell; the controller looks at all of them. */
    private void look(String name) throws IOException {
        byte[] head;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(HEAD);
        }
        if (head.length > 1 && head[0] == 0x1f && head[1] == (byte) 0x8b) {
            throw refused(
                    name + " is compressed", "it is gzip, which is not read in this version", "gunzip -k " + name);
        }
        for (byte b : head) {
            if (b == 0)
                throw refused(name + " is no text", "it holds zero bytes", "give a CSV, NDJSON or text file in UTF-8");
        }
    }

    private String digest() throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[CHUNK];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) sha.update(buffer, 0, n);
            return HexFormat.of().formatHex(sha.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The format that a file's name stands for. */
    static Input.Format format(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        if (name.endsWith(".ndjson") || name.endsWith(".jsonl")) return Input.Format.NDJSON;
        return name.endsWith(".csv") ? Input.Format.CSV : Input.Format.LINES;
    }

    /** {@code input.records} of a job. */
    ObjectNode records(String digest) {
        return Replies.object()
                .put("digest", digest)
                .put("name", String.valueOf(file.getFileName()))
                .put("format", format.word());
    }

    /** Sends what the controller lacks. @return the file's digest */
    String send(AdminClient client, Terminal terminal) {
        String name = Quoted.plain(String.valueOf(file.getFileName()), 60);
        String digest;
        try {
            digest = digest();
        } catch (IOException e) {
            throw refused(name + " cannot be read", String.valueOf(e.getMessage()), "look at its permissions");
        }
        ObjectNode stat = client.ask("artifact.stat", Replies.object().put("digest", digest));
        if (stat.path("whole").asBoolean()) return digest;
        try (FileChannel in = FileChannel.open(file);
                Progress progress = new Progress(terminal)) {
            long have = stat.path("have").asLong();
            boolean begun = have == 0;
            while (true) {
                ByteBuffer data = ByteBuffer.allocate((int) Math.min(CHUNK, size - have));
                while (data.hasRemaining() && in.read(data, have + data.position()) >= 0) {}
                if (data.hasRemaining()) throw new IOException("it became shorter while it was sent");
                ObjectNode put = client.askLong(
                        "artifact.put",
                        Replies.object()
                                .put("digest", digest)
                                .put("offset", have)
                                .put("total", size)
                                .put("data", Base64.getEncoder().encodeToString(data.array())));
                if (put.path("whole").asBoolean()) return digest;
                have = put.path("have").asLong();
                if (have == 0) {
                    // All bytes were there and their digest was wrong: once, an earlier upload may be to blame.
                    if (begun) throw new IOException("it changed while it was sent");
                    begun = true;
                }
                progress.at(have, size, "sending " + name + "  " + Words.size(have) + " of " + Words.size(size));
            }
        } catch (IOException e) {
            throw refused(
                    name + " was not sent",
                    String.valueOf(e.getMessage()),
                    "run the command again: it goes on where it ended");
        }
    }
}
