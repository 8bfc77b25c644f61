package dev.holdfast.sync.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Id128;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.Op;
import dev.holdfast.sync.tree.Fingerprint;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.RemoteNode;
import dev.holdfast.sync.tree.SyncedNode;
import dev.holdfast.sync.tree.TreeChanges;
import dev.holdfast.sync.tree.Trees;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteStoreTest {
    private static final NodeId ROOT = new NodeId(new Id128(1, 1));
    private static final NodeId A = new NodeId(new Id128(-2, 2));
    private static final NodeId B = new NodeId(new Id128(3, -3));
    private static final Sha256 HASH = new Sha256(1, -2, 3, -4);

    @TempDir Path folder = Path.of("");

    private SqliteStore open() {
        return SqliteStore.open(folder.resolve("state.db"));
    }

    @Test
    void treesComeBackAsTheyWere() {
        RemoteNode remote =
                new RemoteNode(
                        A,
                        ROOT,
                        "\u2603",
                        NodeKind.FILE,
                        7,
                        3,
                        1L << 40,
                        9,
                        HASH,
                        -5,
                        true,
                        null,
                        B);
        LocalNode local =
                new LocalNode(
                        A,
                        ROOT,
                        "\u2603",
                        NodeKind.FILE,
                        new Fingerprint(1, -2, 3, -4, 5),
                        HASH,
                        true,
                        null,
                        true,
                        false);
        SyncedNode link = new SyncedNode(B, ROOT, "l", NodeKind.SYMLINK, 2, null, 0, false, "../x");
        Trees trees = new Trees(ROOT);
        trees.putRemote(remote);
        trees.putLocal(local);
        trees.putSynced(link);
        try (SqliteStore store = open()) {
            store.write(trees.takeChanges(), Map.of("k", Optional.of("v")));
        }
        Trees again = new Trees(ROOT);
        try (SqliteStore store = open()) {
            store.load(again);
            assertThat(store.setting("k")).isEqualTo("v");
            assertThat(again.takeChanges().isEmpty()).isTrue();
        }
        assertThat(again.remote().get(A)).isEqualTo(remote);
        assertThat(again.local().get(A)).isEqualTo(local);
        assertThat(again.synced().get(B)).isEqualTo(link);
        assertThat(again.byInode(1)).isEqualTo(local);
    }

    @Test
    void removedRowsAndSettingsAreGone() {
        Trees trees = new Trees(ROOT);
        trees.putSynced(SyncedNode.root(A).withPlace(ROOT, "a"));
        try (SqliteStore store = open()) {
            store.write(trees.takeChanges(), Map.of("k", Optional.of("v")));
            trees.removeSynced(A);
            store.write(trees.takeChanges(), Map.of("k", Optional.empty()));
            Trees again = new Trees(ROOT);
            store.load(again);
            assertThat(again.synced().has(A)).isFalse();
            assertThat(store.setting("k")).isNull();
        }
    }

    @Test
    void sequencesAreNeverUsedTwice() {
        Op first = new Op.CreateFolder(1, A, ROOT, "a");
        Op second = new Op.Trash(2, A, null, "cursor");
        try (SqliteStore store = open()) {
            assertThat(store.nextSequence()).isEqualTo(1);
            assertThat(
                            store.putOutbox(
                                    List.of(
                                            n -> new Op.CreateFolder(n, A, ROOT, "a"),
                                            n -> new Op.Trash(n, A, null, "cursor"))))
                    .containsExactly(first, second);
            assertThat(store.outbox()).containsExactly(first, second);
            store.removeOutbox(List.of(1L, 2L));
        }
        try (SqliteStore store = open()) {
            assertThat(store.outbox()).isEmpty();
            assertThat(store.nextSequence()).isEqualTo(3);
        }
    }

    @Test
    void chunksAreFoundWhereTheyLie() {
        try (SqliteStore store = open()) {
            store.putChunks(A, List.of(new ChunkRef(new Sha256(0, 0, 0, 0), 5)));
            store.putChunks(
                    A, List.of(new ChunkRef(new Sha256(9, 9, 9, 9), 7), new ChunkRef(HASH, 8)));
            assertThat(store.findChunk(HASH)).containsExactly(new StateStore.ChunkPlace(A, 7, 8));
            assertThat(store.findChunk(new Sha256(0, 0, 0, 0))).isEmpty();
        }
    }

    @Test
    void uploadsAreRemembered() {
        UploadId upload = new UploadId(new Id128(5, 6));
        try (SqliteStore store = open()) {
            store.putUpload(upload);
            assertThat(store.uploads()).containsExactly(upload);
            store.removeUpload(upload);
            assertThat(store.uploads()).isEmpty();
        }
    }

    @Test
    void anEmptyWriteTouchesNothing() {
        try (SqliteStore store = open()) {
            store.write(new TreeChanges(), Map.of());
            assertThat(store.setting("k")).isNull();
        }
    }
}
