package dev.flotilla.journal;

import dev.flotilla.journal.JournalFailed.Kind;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import org.sqlite.SQLiteJDBCLoader;

/**
 * A journal in one SQLite file: {@code journal(seq, body, hash)}, {@code snapshot(seq, chain, body, hash)}.
 *
 * <p>A batch's hash is SHA-256(hash of the batch before, body); before the first one stand 32 zeros. A snapshot's {@code chain} is the hash of
 * the last batch that it covers, so that the chain goes on when that batch is deleted; its hash is SHA-256(chain, body). Batches go as a
 * prefix; one snapshot without body and hash keeps the chain of the last one that went, and no state.
 *
 * <p>To change the tables: raise VERSION, migrate a copy of an older file, keep a file of the last release among the tests. The version must
 * be right in the file before its tables change, since an older program must refuse it.
 */
public final class SqliteJournal implements Journal {
    /** "Flot": what the file says that it is. */
    private static final int APPLICATION = 0x466c6f74;

    private static final int VERSION = 1;
    private static final List<String> TABLES = List.of(
            "CREATE TABLE journal(seq INTEGER PRIMARY KEY, body BLOB NOT NULL, hash BLOB NOT NULL)",
            "CREATE TABLE snapshot(seq INTEGER PRIMARY KEY, chain BLOB NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL)");

    /**
     * After a sync that failed, the kernel may hold what was written as clean although it never reached the disk. A process that goes on is
     * safe, since SQLite writes those pages of the write-ahead log again with the next commit; one that starts would find the batch there,
     * tell of it, and lose it, and all that follows it, with the power. So what a start finds is written and synced anew before anyone hears
     * of it.
     */
    private static final String CHECKPOINT = "PRAGMA wal_checkpoint(TRUNCATE)";

    static final byte[] GENESIS = new byte[32];
    /** Damaged journals that are kept. */
    private static final int SET_ASIDE = 3;

    private final Path file;
    private final FileGuard guard;
    private final Ballast ballast;
    final Connection connection;
    private long seq;
    private byte[] hash = GENESIS;
    /** Not even the last batch could be read after a failed commit, so it must be looked for again. */
    private boolean lostHead;

    private long bytes;
    private long commits;

    /**
     * Opens a journal, or makes one in a directory that is there. After an unclean stop the whole file is checked first.
     *
     * @throws JournalFailed of every kind; a file that is refused is left as it was
     */
    public static SqliteJournal open(Path file, JournalSettings settings) throws JournalFailed {
        Path real = inItsDirectory(file);
        loadLibrary();
        FileGuard guard = FileGuard.on(real);
        Connection connection = null;
        try {
            boolean unclean = size(beside(real, "-wal")) > 0;
            if (Files.exists(real)) check(real, unclean);
            else if (unclean)
                throw new JournalFailed(
                        Kind.CORRUPT,
                        real + " is missing, but its " + beside(real, "-wal").getFileName() + " is there",
                        null);
            else create(real, settings);
            connection = connect(real, settings);
            Ballast ballast = new Ballast(real, settings.ballast());
            if (unclean) writtenAnew(real, connection, ballast);
            ballast.look();
            return new SqliteJournal(real, guard, connection, ballast);
        } catch (SQLException e) {
            closeQuietly(connection);
            guard.close();
            throw failed(real, "cannot be opened", e);
        } catch (JournalFailed e) {
            closeQuietly(connection);
            guard.close();
            throw e;
        }
    }

    private static void writtenAnew(Path file, Connection connection, Ballast ballast) throws SQLException {
        try {
            execute(connection, CHECKPOINT);
        } catch (SQLException e) {
            if (failed(file, "", e).kind() != Kind.STORAGE || !ballast.freed()) throw e;
            execute(connection, CHECKPOINT);
        }
    }

    private SqliteJournal(Path file, FileGuard guard, Connection connection, Ballast ballast) throws JournalFailed {
        this.file = file;
        this.guard = guard;
        this.connection = connection;
        this.ballast = ballast;
        findHead();
    }

    /** A reader beside the writer of this process, or alone. @throws JournalFailed as {@link #open}, but never locked */
    public static JournalReader readOnly(Path file) throws JournalFailed {
        loadLibrary();
        check(file, false);
        try {
            return new SqliteReader(file, reading(file));
        } catch (SQLException e) {
            throw failed(file, "cannot be read", e);
        }
    }

    /**
     * A consistent copy, also of a journal that another process writes meanwhile; mode 0600, synced, its chain verified.
     *
     * @param to  does not exist
     * @return the copy's last batch
     * @throws JournalFailed if it cannot be made, or {@code from} is damaged; then {@code to} is of no use
     */
    public static long copy(Path from, Path to) throws JournalFailed {
        loadLibrary();
        check(from, false);
        try {
            Files.createFile(to, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try (Connection connection = reading(from);
                    PreparedStatement vacuum = connection.prepareStatement("VACUUM INTO ?")) {
                vacuum.setString(1, to.toAbsolutePath().toString());
                vacuum.execute();
            }
            try (Connection connection = new SQLiteConfig().createConnection(url(to))) {
                execute(connection, "PRAGMA journal_mode = WAL");
            }
            try (FileChannel channel = FileChannel.open(to, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            return verify(to);
        } catch (IOException e) {
            throw new JournalFailed(Kind.STORAGE, to + " cannot be made: " + e, e);
        } catch (SQLException e) {
            throw failed(from, "cannot be copied", e);
        }
    }

    /** Checks the file, and its chain from the first batch that it has. @return its last batch */
    public static long verify(Path file) throws JournalFailed {
        loadLibrary();
        check(file, true);
        try (Connection connection = reading(file);
                Statement statement = connection.createStatement()) {
            long before = 0;
            try (ResultSet row = statement.executeQuery(
                    "SELECT coalesce((SELECT min(seq) - 1 FROM journal), (SELECT max(seq) FROM snapshot), 0)")) {
                if (row.next()) before = row.getLong(1);
            }
            return walk(file, connection, before, (seq, body) -> {});
        } catch (SQLException e) {
            throw failed(file, "cannot be read", e);
        }
    }

    /** True if a process has the journal of that name open for writing. */
    public static boolean inUse(Path file) throws JournalFailed {
        if (!Files.exists(beside(file, ".lock"))) return false;
        try {
            FileGuard.on(inItsDirectory(file)).close();
            return false;
        } catch (JournalFailed e) {
            if (e.kind() == Kind.LOCKED) return true;
            throw e;
        }
    }

    /**
     * Renames a damaged journal and its companions, so that a new one can be opened in its place. The newest three so renamed are kept, the
     * older ones deleted.
     *
     * @return its new name
     */
    public static Path setAside(Path file) throws JournalFailed {
        Path folder = file.toAbsolutePath().getParent();
        try {
            TreeMap<Integer, List<Path>> before = setAsideBefore(folder, file.getFileName() + ".damaged-");
            Path aside = beside(file, ".damaged-" + (before.isEmpty() ? 1 : before.lastKey() + 1));
            for (String part : new String[] {"-wal", "-shm", ""}) {
                if (Files.exists(beside(file, part))) Files.move(beside(file, part), beside(aside, part));
            }
            while (before.size() >= SET_ASIDE)
                for (Path part : before.pollFirstEntry().getValue()) Files.delete(part);
            sync(folder);
            return aside;
        } catch (IOException e) {
            throw new JournalFailed(Kind.STORAGE, file + " cannot be set aside: " + e, e);
        }
    }

    /** The files of each journal that was set aside, by its number. */
    private static TreeMap<Integer, List<Path>> setAsideBefore(Path folder, String prefix) throws IOException {
        TreeMap<Integer, List<Path>> found = new TreeMap<>();
        Pattern name = Pattern.compile(Pattern.quote(prefix) + "(\\d{1,9})(-wal|-shm)?");
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
            for (Path path : all) {
                Matcher named = name.matcher(path.getFileName().toString());
                if (named.matches())
                    found.computeIfAbsent(Integer.valueOf(named.group(1)), n -> new ArrayList<>())
                            .add(path);
            }
        }
        return found;
    }

    @Override
    public long append(byte[] batch) throws JournalFailed {
        if (lostHead) findHead();
        byte[] next = hash(hash, batch);
        try {
            commit(batch, next);
        } catch (JournalFailed e) {
            if (e.kind() != Kind.STORAGE || !ballast.freed()) throw e;
            if (lostHead) findHead();
            if (Arrays.equals(hash, next)) committed(batch); // it is there, although it failed: once is enough
            else commit(batch, next);
        }
        ballast.look();
        return seq;
    }

    private void commit(byte[] batch, byte[] next) throws JournalFailed {
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO journal(seq, body, hash) VALUES(?, ?, ?)")) {
            insert.setLong(1, seq + 1);
            insert.setBytes(2, batch);
            insert.setBytes(3, next);
            insert.executeUpdate();
        } catch (SQLException e) {
            findHeadAgain();
            throw failed(file, "did not commit", e);
        }
        seq++;
        hash = next;
        committed(batch);
    }

    @Override
    public void snapshot(byte[] state, long keepFrom) throws JournalFailed {
        try {
            execute(connection, "BEGIN IMMEDIATE");
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT OR REPLACE INTO snapshot(seq, chain, body, hash) VALUES(?, ?, ?, ?)")) {
                insert.setLong(1, seq);
                insert.setBytes(2, hash);
                insert.setBytes(3, state);
                insert.setBytes(4, hash(hash, state));
                insert.executeUpdate();
            }
            String old = " WHERE length(hash) > 0 AND seq NOT IN"
                    + " (SELECT seq FROM snapshot WHERE length(hash) > 0 ORDER BY seq DESC LIMIT 2)";
            execute(
                    connection,
                    "UPDATE snapshot SET body = x'', hash = x''" + old
                            + " AND seq = (SELECT min(seq) FROM journal) - 1");
            execute(connection, "DELETE FROM snapshot" + old);
            dropBefore(keepFrom);
            execute(connection, "COMMIT");
        } catch (SQLException e) {
            rollBack();
            throw failed(file, "did not take a snapshot", e);
        }
        committed(state);
    }

    /** Only what the older snapshot covers too, since it must stay usable in case the newer one is damaged. */
    private void dropBefore(long keepFrom) throws SQLException, JournalFailed {
        Optional<Long> older =
                number("SELECT seq FROM snapshot WHERE length(hash) > 0 ORDER BY seq DESC LIMIT 1 OFFSET 1");
        Optional<Long> oldest = number("SELECT seq FROM journal ORDER BY seq LIMIT 1");
        if (older.isEmpty() || oldest.isEmpty()) return;
        long last = Math.min(older.get(), keepFrom - 1);
        if (last < oldest.get()) return;
        byte[] chain = hashAt(file, connection, last);
        execute(connection, "DELETE FROM snapshot WHERE length(hash) = 0");
        try (PreparedStatement root = connection.prepareStatement(
                "INSERT OR IGNORE INTO snapshot(seq, chain, body, hash) VALUES(?, ?, x'', x'')")) {
            root.setLong(1, last);
            root.setBytes(2, chain);
            root.executeUpdate();
        }
        execute(connection, "DELETE FROM journal WHERE seq <= " + last);
    }

    private Optional<Long> number(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? Optional.of(row.getLong(1)) : Optional.empty();
        }
    }

    @Override
    public Optional<Snapshot> newestSnapshot() throws JournalFailed {
        try (Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT seq, chain, body, hash FROM snapshot ORDER BY seq DESC")) {
            while (rows.next()) {
                byte[] state = bytes(rows, 3);
                if (Arrays.equals(hash(bytes(rows, 2), state), rows.getBytes(4)))
                    return Optional.of(new Snapshot(rows.getLong(1), state));
            }
            return Optional.empty();
        } catch (SQLException e) {
            throw failed(file, "cannot be read", e);
        }
    }

    @Override
    public void replay(long after, Walker walker) throws JournalFailed {
        if (lostHead) findHead();
        long last = walk(file, connection, after, walker);
        if (last != seq) throw missing(file, last + 1);
    }

    @Override
    public long seq() {
        return seq;
    }

    @Override
    public Usage usage() {
        return new Usage(bytes, commits);
    }

    @Override
    public void close() {
        closeQuietly(connection);
        guard.close();
    }

    private void committed(byte[] body) {
        bytes += body.length;
        commits++;
    }

    private void rollBack() {
        try {
            execute(connection, "ROLLBACK");
        } catch (SQLException e) {
            // SQLite has rolled back by itself, as it does when the disk is full or fails
        }
    }

    /** The last batch, from the file: after a failure it alone knows what was committed. */
    private void findHead() throws JournalFailed {
        try (Statement statement = connection.createStatement()) {
            long covered = 0;
            try (ResultSet row = statement.executeQuery("SELECT max(seq) FROM snapshot")) {
                if (row.next()) covered = row.getLong(1);
            }
            try (ResultSet row = statement.executeQuery("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")) {
                boolean any = row.next();
                long last = any ? row.getLong(1) : 0;
                if (last < covered) throw missing(file, last + 1);
                seq = last;
                hash = any ? bytes(row, 2) : GENESIS;
                lostHead = false;
            }
        } catch (SQLException e) {
            throw failed(file, "cannot be read", e);
        }
    }

    private void findHeadAgain() {
        lostHead = true;
        try {
            findHead();
        } catch (JournalFailed e) {
            // the caller reports the failure that led here, and the next append or replay looks again
        }
    }

    static long walk(Path file, Connection connection, long after, Walker walker) throws JournalFailed {
        try {
            byte[] before = hashAt(file, connection, after);
            long last = after;
            try (PreparedStatement select =
                    connection.prepareStatement("SELECT seq, body, hash FROM journal WHERE seq > ? ORDER BY seq")) {
                select.setLong(1, after);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        if (rows.getLong(1) != last + 1) throw missing(file, last + 1);
                        byte[] body = bytes(rows, 2);
                        byte[] next = hash(before, body);
                        if (!Arrays.equals(next, rows.getBytes(3)))
                            throw new JournalFailed(Kind.CORRUPT, file + ": batch " + (last + 1) + " is damaged", null);
                        last++;
                        before = next;
                        walker.batch(last, body);
                    }
                }
            }
            return last;
        } catch (SQLException e) {
            throw failed(file, "cannot be read", e);
        }
    }

    /** What the batch after {@code seq} must build on. */
    static byte[] hashAt(Path file, Connection connection, long seq) throws SQLException, JournalFailed {
        if (seq == 0) return GENESIS;
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT chain FROM snapshot WHERE seq = ?1 UNION ALL SELECT hash FROM journal WHERE seq = ?1")) {
            select.setLong(1, seq);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) throw missing(file, seq);
                return bytes(row, 1);
            }
        }
    }

    /** The driver gives null for a blob of no bytes. */
    static byte[] bytes(ResultSet row, int column) throws SQLException {
        byte[] value = row.getBytes(column);
        return value == null ? new byte[0] : value;
    }

    static byte[] hash(byte[] before, byte[] body) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(before);
            sha.update(body);
            return sha.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    static JournalFailed missing(Path file, long seq) {
        return new JournalFailed(Kind.CORRUPT, file + ": batch " + seq + " is missing", null);
    }

    /**
     * On a connection that cannot change the file. SQLite reads the version and not we, because closing a channel on a file would drop all
     * locks that SQLite has on it in this process.
     */
    private static void check(Path file, boolean whole) throws JournalFailed {
        if (!Files.exists(file)) throw new JournalFailed(Kind.STORAGE, file + " does not exist", null);
        try (Connection connection = reading(file)) {
            if (pragma(connection, "application_id") != APPLICATION)
                throw new JournalFailed(Kind.CORRUPT, file + " is no Flotilla journal", null);
            int version = pragma(connection, "user_version");
            if (version > VERSION) {
                throw new JournalFailed(
                        Kind.NEWER,
                        file + " is of version " + version + "; this program reads versions up to " + VERSION,
                        null);
            }
            if (version < 1)
                throw new JournalFailed(Kind.CORRUPT, file + " is no Flotilla journal: it has no version", null);
            if (whole) quickCheck(file, connection);
            if (!tables(connection).equals(TABLES)) // else a flipped bit in a name looks like a fault of the storage
            throw new JournalFailed(Kind.CORRUPT, file + " is damaged: its tables are not a journal's", null);
        } catch (SQLException e) {
            throw failed(file, "cannot be read", e);
        }
    }

    /** Made whole under another name and then renamed, so that a power cut leaves a journal or none. */
    private static void create(Path file, JournalSettings settings) throws JournalFailed, SQLException {
        Path fresh = beside(file, ".new");
        try {
            for (String part : new String[] {"", "-wal", "-shm", "-journal"}) Files.deleteIfExists(beside(fresh, part));
            Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try (Connection connection = new SQLiteConfig().createConnection(url(fresh))) {
                execute(connection, "PRAGMA page_size = " + settings.pageSize());
                execute(connection, "PRAGMA application_id = " + APPLICATION);
                execute(connection, "PRAGMA user_version = " + VERSION);
                for (String table : TABLES) execute(connection, table);
                execute(connection, "PRAGMA journal_mode = WAL");
            }
            try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
            sync(file.getParent());
        } catch (IOException e) {
            throw new JournalFailed(Kind.STORAGE, file + " cannot be made: " + e, e);
        }
    }

    private static Connection connect(Path file, JournalSettings settings) throws SQLException {
        Connection connection = new SQLiteConfig().createConnection(url(file));
        try {
            // before anything is read: then the index of the write-ahead log lives on the heap
            if (settings.exclusive()) execute(connection, "PRAGMA locking_mode = EXCLUSIVE");
            execute(connection, "PRAGMA synchronous = FULL");
            return connection;
        } catch (SQLException e) {
            closeQuietly(connection);
            throw e;
        }
    }

    private static void quickCheck(Path file, Connection connection) throws JournalFailed, SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA quick_check(1)")) {
            String found = row.next() ? row.getString(1) : "no answer";
            if (!found.equals("ok"))
                throw new JournalFailed(Kind.CORRUPT, file + " is damaged: " + found.strip(), null);
        }
    }

    private static List<String> tables(Connection connection) throws SQLException {
        List<String> found = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT sql FROM sqlite_schema ORDER BY name")) {
            while (row.next()) found.add(row.getString(1));
        }
        return found;
    }

    private static Connection reading(Path file) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        return config.createConnection(url(file));
    }

    /** A URI, in which any character of a path can be written. */
    private static String url(Path file) {
        return "jdbc:sqlite:" + file.toUri();
    }

    private static int pragma(Connection connection, String name) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA " + name)) {
            return row.next() ? row.getInt(1) : 0;
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static Path inItsDirectory(Path file) throws JournalFailed {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder))
            throw new JournalFailed(Kind.STORAGE, "the directory " + folder + " does not exist", null);
        if (!Files.isWritable(folder))
            throw new JournalFailed(Kind.STORAGE, "the directory " + folder + " is not writable", null);
        try {
            return folder.toRealPath().resolve(file.getFileName());
        } catch (IOException e) {
            throw new JournalFailed(Kind.STORAGE, "the directory " + folder + " cannot be read: " + e, e);
        }
    }

    private static void loadLibrary() throws JournalFailed {
        try {
            SQLiteJDBCLoader.initialize();
        } catch (Exception e) {
            String folder = System.getProperty("org.sqlite.tmpdir", System.getProperty("java.io.tmpdir"));
            throw new JournalFailed(
                    Kind.STORAGE,
                    "SQLite's library cannot be unpacked and loaded in " + folder
                            + ": -Dorg.sqlite.tmpdir must name a directory that is writable and may hold programs",
                    e);
        }
    }

    private static Path beside(Path file, String suffix) {
        return file.resolveSibling(file.getFileName() + suffix);
    }

    private static long size(Path file) throws JournalFailed {
        try {
            return Files.exists(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            throw new JournalFailed(Kind.STORAGE, file + " cannot be read: " + e, e);
        }
    }

    private static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    static JournalFailed failed(Path file, String what, SQLException e) {
        SQLiteErrorCode code = e instanceof SQLiteException s ? s.getResultCode() : SQLiteErrorCode.SQLITE_ERROR;
        Kind kind = switch (code.code & 0xff) {
            case 11, 26 -> Kind.CORRUPT; // SQLITE_CORRUPT, SQLITE_NOTADB
            case 5, 6 -> Kind.LOCKED; // SQLITE_BUSY, SQLITE_LOCKED
            default -> code == SQLiteErrorCode.SQLITE_IOERR_SHORT_READ ? Kind.CORRUPT : Kind.STORAGE;
        };
        return new JournalFailed(kind, file + " " + what + ": " + e.getMessage(), e);
    }

    static void closeQuietly(Connection connection) {
        try {
            if (connection != null) connection.close();
        } catch (SQLException e) {
            // all that was committed is on disk; the next start checks the file
        }
    }
}
