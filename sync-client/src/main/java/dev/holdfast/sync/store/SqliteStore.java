package dev.holdfast.sync.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.WireJson;
import dev.holdfast.sync.tree.TreeChanges;
import dev.holdfast.sync.tree.Trees;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteOpenMode;

/**
 * The state in one SQLite file in WAL mode. One connection, used by one thread at a time; commands
 * in other processes may read it meanwhile, confirm deletes, and send operations of their own.
 */
public final class SqliteStore implements StateStore {
    private static final String NEXT_SEQUENCE = "next_sequence";

    private interface Work<T> {
        T run() throws SQLException, JsonProcessingException;
    }

    private final Connection connection;

    private SqliteStore(Connection connection) {
        this.connection = connection;
    }

    /** Opens the file, making it where there is none. */
    public static SqliteStore open(Path file) {
        try {
            SQLiteConfig config = new SQLiteConfig();
            // A transaction that reads before it writes must not find that another process wrote.
            config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
            SqliteStore store = new SqliteStore(config.createConnection(url(file)));
            try (Statement statement = store.connection.createStatement()) {
                for (String pragma : Schema.PRAGMAS) {
                    statement.execute(pragma);
                }
                for (String table : Schema.TABLES) {
                    statement.execute(table);
                }
                store.checkVersion(statement);
            }
            return store;
        } catch (SQLException e) {
            throw new StoreException(
                    "the client's state "
                            + file
                            + " cannot be opened; when it is damaged, move it away and link the"
                            + " folder again: files are then merged, none is deleted",
                    e);
        }
    }

    /** Opens an existing file for looking only. */
    public static SqliteStore openReadOnly(Path file) {
        SQLiteConfig config = new SQLiteConfig();
        config.resetOpenMode(SQLiteOpenMode.CREATE);
        config.setBusyTimeout(10_000);
        try {
            return new SqliteStore(config.createConnection(url(file)));
        } catch (SQLException e) {
            throw new StoreException("the client's state " + file + " cannot be read", e);
        }
    }

    private static String url(Path file) {
        return "jdbc:sqlite:" + file.toAbsolutePath();
    }

    private void checkVersion(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("PRAGMA user_version")) {
            int version = row.getInt(1);
            if (version > Schema.VERSION) {
                throw new SQLException("it was written by a newer version of Holdfast");
            }
        }
        statement.execute("PRAGMA user_version = " + Schema.VERSION);
    }

    private <T> T run(Work<T> work) {
        try {
            return work.run();
        } catch (SQLException | JsonProcessingException e) {
            throw new StoreException("the client's state cannot be used: " + e.getMessage(), e);
        }
    }

    /** Runs the work in one transaction. */
    private synchronized <T> T atomically(Work<T> work) {
        return run(() -> {
            connection.setAutoCommit(false);
            try {
                T result = work.run();
                connection.commit();
                return result;
            } catch (SQLException | JsonProcessingException | RuntimeException e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(true);
            }
        });
    }

    @Override
    public synchronized void load(Trees trees) {
        run(() -> {
            try (Statement statement = connection.createStatement()) {
                Rows.load(statement, trees);
            }
            trees.takeChanges();
            return true;
        });
    }

    @Override
    public void write(TreeChanges changes, Map<String, Optional<String>> settings) {
        if (changes.isEmpty() && settings.isEmpty()) {
            return;
        }
        atomically(() -> {
            Rows.write(connection, changes);
            for (Map.Entry<String, Optional<String>> setting : settings.entrySet()) {
                set(setting.getKey(), setting.getValue().orElse(null));
            }
            return true;
        });
    }

    private void set(String key, @Nullable String value) throws SQLException {
        String sql =
                value == null
                        ? "DELETE FROM setting WHERE key = ?"
                        : "INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, key);
            if (value != null) {
                statement.setString(2, value);
            }
            statement.executeUpdate();
        }
    }

    @Override
    public synchronized @Nullable String setting(String key) {
        return run(
                        () -> {
                            try (PreparedStatement statement =
                                    connection.prepareStatement(
                                            "SELECT value FROM setting WHERE key = ?")) {
                                statement.setString(1, key);
                                try (ResultSet rows = statement.executeQuery()) {
                                    return rows.next()
                                            ? Optional.of(rows.getString(1))
                                            : Optional.<String>empty();
                                }
                            }
                        })
                .orElse(null);
    }

    @Override
    public synchronized List<Op> outbox() {
        return run(() -> {
            List<Op> ops = new ArrayList<>();
            try (Statement statement = connection.createStatement();
                    ResultSet rows =
                            statement.executeQuery("SELECT op FROM outbox ORDER BY sequence")) {
                while (rows.next()) {
                    ops.add(WireJson.mapper().readValue(rows.getString(1), Op.class));
                }
            }
            return ops;
        });
    }

    @Override
    public List<Op> putOutbox(List<LongFunction<Op>> wanted) {
        return atomically(() -> {
            long next = nextSequence();
            List<Op> ops = new ArrayList<>();
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "INSERT INTO outbox (sequence, op) VALUES (?, ?)")) {
                for (LongFunction<Op> make : wanted) {
                    Op op = make.apply(next++);
                    ops.add(op);
                    statement.setLong(1, op.sequence());
                    statement.setString(
                            2, WireJson.mapper().writerFor(Op.class).writeValueAsString(op));
                    statement.addBatch();
                }
                statement.executeBatch();
            }
            set(NEXT_SEQUENCE, Long.toString(next));
            return ops;
        });
    }

    /** The next sequence is this one at least. */
    public void startAt(long sequence) {
        atomically(() -> {
            set(NEXT_SEQUENCE, Long.toString(Math.max(nextSequence(), sequence)));
            return true;
        });
    }

    /** Takes sequences for operations that another process than the client sends; the first. */
    public long reserve(int count) {
        return atomically(() -> {
            long first = nextSequence();
            set(NEXT_SEQUENCE, Long.toString(first + count));
            return first;
        });
    }

    @Override
    public void removeOutbox(Collection<Long> sequences) {
        atomically(() -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("DELETE FROM outbox WHERE sequence = ?")) {
                for (long sequence : sequences) {
                    statement.setLong(1, sequence);
                    statement.addBatch();
                }
                statement.executeBatch();
            }
            return true;
        });
    }

    @Override
    public synchronized long nextSequence() {
        String next = setting(NEXT_SEQUENCE);
        return next == null ? 1 : Long.parseLong(next);
    }

    @Override
    public void putChunks(NodeId node, List<ChunkRef> chunks) {
        atomically(() -> {
            try (PreparedStatement clear =
                    connection.prepareStatement("DELETE FROM chunk WHERE node = ?")) {
                clear.setBytes(1, node.toBytes());
                clear.executeUpdate();
            }
            try (PreparedStatement insert =
                    connection.prepareStatement(
                            "INSERT INTO chunk (node, start, hash, length) VALUES (?, ?,"
                                    + " ?, ?)")) {
                long start = 0;
                for (ChunkRef chunk : chunks) {
                    insert.setBytes(1, node.toBytes());
                    insert.setLong(2, start);
                    insert.setBytes(3, chunk.hash().toBytes());
                    insert.setInt(4, chunk.length());
                    insert.addBatch();
                    start += chunk.length();
                }
                insert.executeBatch();
            }
            return true;
        });
    }

    @Override
    public synchronized List<ChunkPlace> findChunk(Sha256 hash) {
        return run(() -> {
            List<ChunkPlace> places = new ArrayList<>();
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "SELECT node, start, length FROM chunk WHERE hash = ? LIMIT" + " 4")) {
                statement.setBytes(1, hash.toBytes());
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        places.add(
                                new ChunkPlace(
                                        NodeId.of(rows.getBytes(1)),
                                        rows.getLong(2),
                                        rows.getInt(3)));
                    }
                }
            }
            return places;
        });
    }

    @Override
    public synchronized List<UploadId> uploads() {
        return run(() -> {
            List<UploadId> uploads = new ArrayList<>();
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT id FROM upload")) {
                while (rows.next()) {
                    uploads.add(UploadId.of(rows.getBytes(1)));
                }
            }
            return uploads;
        });
    }

    @Override
    public void putUpload(UploadId upload) {
        change("INSERT OR IGNORE INTO upload (id) VALUES (?)", upload);
    }

    @Override
    public void removeUpload(UploadId upload) {
        change("DELETE FROM upload WHERE id = ?", upload);
    }

    private void change(String sql, UploadId upload) {
        atomically(() -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setBytes(1, upload.toBytes());
                return statement.executeUpdate();
            }
        });
    }

    @Override
    public synchronized void close() {
        run(() -> {
            connection.close();
            return true;
        });
    }
}
