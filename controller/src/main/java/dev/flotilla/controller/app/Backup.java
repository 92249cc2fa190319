package dev.flotilla.controller.app;

import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.controller.core.ControllerCore;
import dev.flotilla.controller.core.ControllerMachine;
import dev.flotilla.controller.core.Event;
import dev.flotilla.controller.core.Input;
import dev.flotilla.controller.enrol.CertificateAuthority;
import dev.flotilla.core.Dice;
import dev.flotilla.core.Moment;
import dev.flotilla.core.Stamped;
import dev.flotilla.journal.Journal;
import dev.flotilla.journal.JournalFailed;
import dev.flotilla.journal.JournalSettings;
import dev.flotilla.journal.SqliteJournal;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Exit;
import dev.flotilla.model.FleetName;
import dev.flotilla.model.UserError;
import dev.flotilla.security.RootSecret;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * A controller's data in one file, taken while it runs, and put back. The file is a zip of {@code journal.db}, {@code root.secret},
 * {@code fleet.json}, the key of the certificate authority, and the artifacts that running jobs need; it holds the fleet's root secret, so it
 * is its owner's alone (0600).
 */
public final class Backup {
    private static final String JOURNAL = "journal.db";
    private static final String SECRET = "root.secret";
    private static final String FLEET = "fleet.json";
    /** Only where devices have certificates. */
    private static final List<String> AUTHORITY = List.of(CertificateAuthority.KEY, CertificateAuthority.CERTIFICATE);

    private static final String ARTIFACTS = "artifacts";

    private Backup() {}

    /** What a backup holds, or what was restored: its last batch, its size in bytes, and the work in it. */
    public record Result(long lastBatch, long bytes, ControllerCore.Standing standing) {}

    /**
     * Writes a backup: whole and verified, or not at all.
     *
     * @param data  a controller's directory; the controller may run
     * @param to    does not exist
     * @throws UserError with the remedy
     */
    public static Result write(Path data, FleetName fleet, Path to) throws IOException {
        if (!Files.exists(data.resolve(JOURNAL)))
            throw new UserError(
                    Exit.NOT_FOUND,
                    "there is nothing to back up in " + data,
                    "it has no " + JOURNAL,
                    "flotilla controller backup FILE --data DIR");
        if (Files.exists(to))
            throw new UserError(
                    Exit.USAGE,
                    to + " exists",
                    "a backup never overwrites another",
                    "name another file, or a directory in which one gets a name of its own");
        Path folder = Files.createTempDirectory(to.toAbsolutePath().getParent(), ".flotilla-backup-");
        try {
            Path journal = folder.resolve(JOURNAL);
            long last = SqliteJournal.copy(data.resolve(JOURNAL), journal);
            ControllerCore.Standing standing = replay(journal, fleet).standing();
            RootSecret.at(data.resolve(SECRET));
            Path zip = Files.createFile(
                    folder.resolve("backup"),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
                out.setLevel(1);
                add(out, JOURNAL, journal);
                add(out, SECRET, data.resolve(SECRET));
                add(out, FLEET, data.resolve(FLEET));
                for (String part : AUTHORITY) if (Files.exists(data.resolve(part))) add(out, part, data.resolve(part));
                for (Digest file : standing.files())
                    add(
                            out,
                            ARTIFACTS + "/" + file.hex(),
                            data.resolve(ARTIFACTS).resolve(file.hex()));
            }
            sync(zip);
            Files.createLink(to, zip); // fails where a rename would overwrite
            sync(to.toAbsolutePath().getParent());
            return new Result(last, Files.size(to), standing);
        } catch (JournalFailed e) {
            throw new UserError(
                    Exit.FAILED,
                    "no backup was made of " + data,
                    e.getMessage(),
                    "flotilla job verify ID says what is damaged; docs/operations.md");
        } finally {
            remove(folder);
        }
    }

    private static void add(ZipOutputStream out, String name, Path file) throws IOException {
        out.putNextEntry(new ZipEntry(name));
        Files.copy(file, out);
        out.closeEntry();
    }

    /**
     * Puts a backup in place: all of it verified, its journal marked as restored, or nothing. The journal comes last, so that what a crash
     * leaves is no controller's directory and the same command can be given again.
     *
     * @param data  has no journal; no controller runs there
     * @throws UserError with the remedy
     */
    public static Result restore(Path file, Path data) throws IOException {
        try {
            refuseUnlessEmpty(data);
            Files.createDirectories(
                    data, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Path folder = Files.createTempDirectory(data, ".restoring-");
            try {
                return restore(file, data, folder);
            } finally {
                remove(folder);
            }
        } catch (JournalFailed e) {
            throw new UserError(
                    Exit.FAILED,
                    file + " was not restored",
                    e.getMessage(),
                    "restore another backup; nothing was changed in " + data);
        }
    }

    private static void refuseUnlessEmpty(Path data) throws JournalFailed {
        if (Files.isDirectory(data) && SqliteJournal.inUse(data.resolve(JOURNAL)))
            throw new UserError(
                    Exit.USAGE,
                    "a controller runs on " + data,
                    "its journal is in use",
                    "stop it, then move " + data + " aside");
        if (Files.exists(data.resolve(JOURNAL)) || Files.exists(data.resolve(JOURNAL + "-wal")))
            throw new UserError(
                    Exit.USAGE,
                    data + " has a journal",
                    "it may know more than the backup does; nothing overwrites it",
                    "mv " + data + " " + data + ".before          then give this command again");
    }

    private static Result restore(Path file, Path data, Path folder) throws IOException, JournalFailed {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            Files.createDirectory(folder.resolve(ARTIFACTS));
            for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); )
                unpack(zip, all.nextElement(), folder);
        } catch (java.util.zip.ZipException | java.nio.file.NoSuchFileException e) {
            throw new UserError(
                    Exit.USAGE,
                    file + " is no backup of a controller",
                    String.valueOf(e.getMessage()),
                    "flotilla controller backup FILE          makes one");
        }
        for (String part : List.of(JOURNAL, SECRET, FLEET)) {
            if (!Files.exists(folder.resolve(part)))
                throw new UserError(
                        Exit.USAGE,
                        file + " is no backup of a controller",
                        "it has no " + part,
                        "restore another backup");
        }
        Path secret = data.resolve(SECRET);
        if (Files.exists(secret)
                && !Arrays.equals(Files.readAllBytes(secret), Files.readAllBytes(folder.resolve(SECRET))))
            throw new UserError(
                    Exit.USAGE,
                    data + " has the root secret of another fleet",
                    "every device file comes from it; nothing overwrites it",
                    "move it aside, or restore into another --data");
        Path journal = folder.resolve(JOURNAL);
        SqliteJournal.verify(journal);
        FleetName fleet = new FleetName("restored"); // the ledger does not know its name
        ControllerCore core = replay(journal, fleet);
        ArtifactStore artifacts = ArtifactStore.at(data.resolve(ARTIFACTS));
        for (Digest digest : core.standing().files()) {
            Path part = folder.resolve(ARTIFACTS).resolve(digest.hex());
            if (!Files.exists(part) || !digest(part).equals(digest))
                throw new UserError(
                        Exit.FAILED,
                        file + " was not restored",
                        "the artifact " + digest.hex() + " that a running job needs is damaged or missing in it",
                        "restore another backup; " + data + " has no journal yet");
            artifacts.adopt(part);
        }
        long last = mark(journal, core);
        List<String> parts = new ArrayList<>(List.of(SECRET, FLEET));
        for (String part : AUTHORITY) if (Files.exists(folder.resolve(part))) parts.add(part);
        parts.add(JOURNAL);
        for (String part : parts) {
            sync(folder.resolve(part));
            Files.move(
                    folder.resolve(part),
                    data.resolve(part),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            sync(data);
        }
        return new Result(last, Files.size(file), core.standing());
    }

    /** Only names that a backup has; whatever else is in the file is passed over. */
    private static void unpack(ZipFile zip, ZipEntry entry, Path folder) throws IOException {
        String name = entry.getName();
        boolean known = List.of(JOURNAL, SECRET, FLEET).contains(name)
                || AUTHORITY.contains(name)
                || name.matches(ARTIFACTS + "/[0-9a-f]{64}");
        if (!known) return;
        Path to = Files.createFile(
                folder.resolve(name),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (OutputStream out = Files.newOutputStream(to)) {
            zip.getInputStream(entry).transferTo(out);
        }
    }

    /** The journal's next batch says that it is an older copy, and holds one-time work. @return the last batch before that */
    private static long mark(Path file, ControllerCore core) throws JournalFailed {
        List<Event> events = core.decide(
                        new Stamped<>(new Moment(0), new Dice(new SecureRandom().nextLong()), new Input.Restored()))
                .events();
        try (Journal journal =
                SqliteJournal.open(file, JournalSettings.controller().bare())) {
            long last = journal.seq();
            journal.append(new ControllerMachine(new FleetName("restored")).encode(events));
            return last;
        }
    }

    private static ControllerCore replay(Path file, FleetName fleet) throws JournalFailed {
        ControllerMachine machine = new ControllerMachine(fleet);
        try (Journal journal =
                SqliteJournal.open(file, JournalSettings.controller().bare())) {
            Optional<Journal.Snapshot> snapshot = journal.newestSnapshot();
            ControllerCore core = (ControllerCore) machine.birth(snapshot.map(Journal.Snapshot::state), 0);
            journal.replay(
                    snapshot.map(Journal.Snapshot::seq).orElse(0L),
                    (seq, body) -> machine.decode(body).forEach(core::apply));
            return core;
        } catch (IllegalArgumentException e) {
            throw new JournalFailed(JournalFailed.Kind.CORRUPT, file + " cannot be understood: " + e.getMessage(), e);
        }
    }

    private static Digest digest(Path file) throws IOException {
        var hash = Digest.sha256();
        byte[] buffer = new byte[64 * 1024];
        try (var in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) hash.update(buffer, 0, n);
        }
        return Digest.ofHash(hash.digest());
    }

    private static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void remove(Path folder) throws IOException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
            for (Path path : all) {
                if (Files.isDirectory(path)) remove(path);
                else Files.delete(path);
            }
        }
        Files.delete(folder);
    }
}
