package dev.holdfast.sync.store;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.tree.Fingerprint;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.RemoteNode;
import dev.holdfast.sync.tree.SyncedNode;
import dev.holdfast.sync.tree.TreeChanges;
import dev.holdfast.sync.tree.Trees;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads and writes the rows of the three trees. */
final class Rows {

    private interface Binder<T> {
        void bind(PreparedStatement statement, T node) throws SQLException;
    }

    private Rows() {}

    static void load(Statement statement, Trees trees) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT * FROM remote")) {
            while (row.next()) {
                trees.putRemote(remote(row));
            }
        }
        try (ResultSet row = statement.executeQuery("SELECT * FROM synced")) {
            while (row.next()) {
                trees.putSynced(synced(row));
            }
        }
        try (ResultSet row = statement.executeQuery("SELECT * FROM local")) {
            while (row.next()) {
                trees.putLocal(local(row));
            }
        }
    }

    static void write(Connection connection, TreeChanges changes) throws SQLException {
        write(
                connection,
                "remote",
                "INSERT OR REPLACE INTO remote VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                changes.remote(),
                Rows::bindRemote);
        write(
                connection,
                "local",
                "INSERT OR REPLACE INTO local VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                changes.local(),
                Rows::bindLocal);
        write(
                connection,
                "synced",
                "INSERT OR REPLACE INTO synced VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                changes.synced(),
                Rows::bindSynced);
    }

    private static <T> void write(
            Connection connection,
            String table,
            String insert,
            Map<NodeId, Optional<T>> rows,
            Binder<T> binder)
            throws SQLException {
        if (rows.isEmpty()) {
            return;
        }
        try (PreparedStatement put = connection.prepareStatement(insert);
                PreparedStatement remove =
                        connection.prepareStatement("DELETE FROM " + table + " WHERE node = ?")) {
            for (Map.Entry<NodeId, Optional<T>> row : rows.entrySet()) {
                Optional<T> node = row.getValue();
                if (node.isPresent()) {
                    binder.bind(put, node.get());
                    put.addBatch();
                } else {
                    remove.setBytes(1, row.getKey().toBytes());
                    remove.addBatch();
                }
            }
            remove.executeBatch();
            put.executeBatch();
        }
    }

    private static void bindRemote(PreparedStatement to, RemoteNode node) throws SQLException {
        to.setBytes(1, node.node().toBytes());
        to.setBytes(2, bytes(node.parent()));
        to.setString(3, node.name());
        to.setInt(4, number(node.kind()));
        to.setLong(5, node.rev());
        to.setLong(6, node.contentRev());
        to.setLong(7, node.size());
        to.setInt(8, node.chunkCount());
        to.setBytes(9, bytes(node.contentHash()));
        to.setLong(10, node.mtimeNanos());
        to.setInt(11, node.executable() ? 1 : 0);
        to.setString(12, node.target());
        to.setBytes(13, bytes(node.conflictOf()));
    }

    private static RemoteNode remote(ResultSet row) throws SQLException {
        return new RemoteNode(
                NodeId.of(row.getBytes(1)),
                node(row.getBytes(2)),
                row.getString(3),
                kind(row.getInt(4)),
                row.getLong(5),
                row.getLong(6),
                row.getLong(7),
                row.getInt(8),
                hash(row.getBytes(9)),
                row.getLong(10),
                row.getInt(11) != 0,
                row.getString(12),
                node(row.getBytes(13)));
    }

    private static void bindLocal(PreparedStatement to, LocalNode node) throws SQLException {
        Fingerprint print = node.print();
        to.setBytes(1, node.node().toBytes());
        to.setBytes(2, bytes(node.parent()));
        to.setString(3, node.name());
        to.setInt(4, number(node.kind()));
        to.setLong(5, print.inode());
        to.setLong(6, print.birth());
        to.setLong(7, print.ctime());
        to.setLong(8, print.mtime());
        to.setLong(9, print.size());
        to.setBytes(10, bytes(node.contentHash()));
        to.setInt(11, node.executable() ? 1 : 0);
        to.setString(12, node.target());
        to.setInt(13, node.racy() ? 1 : 0);
        to.setInt(14, node.holds() ? 1 : 0);
    }

    private static LocalNode local(ResultSet row) throws SQLException {
        return new LocalNode(
                NodeId.of(row.getBytes(1)),
                node(row.getBytes(2)),
                row.getString(3),
                kind(row.getInt(4)),
                new Fingerprint(
                        row.getLong(5),
                        row.getLong(6),
                        row.getLong(7),
                        row.getLong(8),
                        row.getLong(9)),
                hash(row.getBytes(10)),
                row.getInt(11) != 0,
                row.getString(12),
                row.getInt(13) != 0,
                row.getInt(14) != 0);
    }

    private static void bindSynced(PreparedStatement to, SyncedNode node) throws SQLException {
        to.setBytes(1, node.node().toBytes());
        to.setBytes(2, bytes(node.parent()));
        to.setString(3, node.name());
        to.setInt(4, number(node.kind()));
        to.setLong(5, node.contentRev());
        to.setBytes(6, bytes(node.contentHash()));
        to.setLong(7, node.mtimeNanos());
        to.setInt(8, node.executable() ? 1 : 0);
        to.setString(9, node.target());
    }

    private static SyncedNode synced(ResultSet row) throws SQLException {
        return new SyncedNode(
                NodeId.of(row.getBytes(1)),
                node(row.getBytes(2)),
                row.getString(3),
                kind(row.getInt(4)),
                row.getLong(5),
                hash(row.getBytes(6)),
                row.getLong(7),
                row.getInt(8) != 0,
                row.getString(9));
    }

    private static int number(NodeKind kind) {
        return switch (kind) {
            case FOLDER -> 0;
            case FILE -> 1;
            case SYMLINK -> 2;
        };
    }

    private static NodeKind kind(int number) throws SQLException {
        return switch (number) {
            case 0 -> NodeKind.FOLDER;
            case 1 -> NodeKind.FILE;
            case 2 -> NodeKind.SYMLINK;
            default -> throw new SQLException("a row is of an unknown kind: " + number);
        };
    }

    private static byte @Nullable [] bytes(@Nullable NodeId node) {
        return node == null ? null : node.toBytes();
    }

    private static byte @Nullable [] bytes(@Nullable Sha256 hash) {
        return hash == null ? null : hash.toBytes();
    }

    private static @Nullable NodeId node(byte @Nullable [] bytes) {
        return bytes == null ? null : NodeId.of(bytes);
    }

    private static @Nullable Sha256 hash(byte @Nullable [] bytes) {
        return bytes == null ? null : Sha256.of(bytes);
    }
}
