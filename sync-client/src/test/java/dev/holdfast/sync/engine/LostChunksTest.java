package dev.holdfast.sync.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.ContentHash;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.ChunkReadRequest;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ChunkUploadResult;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeclarationResult;
import dev.holdfast.model.wire.Manifest;
import dev.holdfast.model.wire.NamespaceList;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeList;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResults;
import dev.holdfast.model.wire.UploadStart;
import dev.holdfast.model.wire.VersionList;
import dev.holdfast.model.wire.WantedChunks;
import dev.holdfast.sync.disk.FolderDisk;
import dev.holdfast.sync.server.RefusedException;
import dev.holdfast.sync.server.SyncServer;
import dev.holdfast.sync.store.SqliteStore;
import dev.holdfast.sync.tree.Fingerprint;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a device sends of what the server has lost, and what it never sends. */
class LostChunksTest {
    private static final NamespaceId NAMESPACE = new NamespaceId(new Id128(1, 1));
    private static final NodeId ROOT = NodeId.rootOf(NAMESPACE);

    /** A server that has lost chunks. */
    private static final class LossyServer implements SyncServer {
        final List<ChunkRef> lost = new ArrayList<>();
        final Set<String> asked = new TreeSet<>();
        final List<Sha256> sent = new ArrayList<>();
        final List<UploadId> open = new ArrayList<>();
        int questions;
        @Nullable IOException failure;

        @Override
        public @Nullable WantedChunks wanted(NamespaceId namespace, String cursor, String after)
                throws IOException {
            questions++;
            if (failure != null) {
                throw failure;
            }
            asked.add(after);
            int from = after.isEmpty() ? 0 : Integer.parseInt(after);
            int to = Math.min(lost.size(), from + 2);
            return from == to ? null : new WantedChunks("" + to, lost.subList(from, to));
        }

        @Override
        public void begin(UploadStart start) {
            open.add(start.upload());
        }

        @Override
        public void abandon(UploadId upload) {
            open.remove(upload);
        }

        @Override
        public DeclarationResult declare(UploadId upload, Declaration declaration) {
            ContentPart part = declaration.contents().getFirst();
            List<Integer> missing = new ArrayList<>();
            for (int i = 0; i < part.chunks().size(); i++) {
                if (!sent.contains(part.chunks().get(i).hash())) {
                    missing.add(i);
                }
            }
            return new DeclarationResult(
                    List.of(new DeclarationResult.PartResult(part.content(), 0, missing)));
        }

        @Override
        public ChunkUploadResult send(UploadId upload, List<Frame.Chunk> chunks) {
            for (Frame.Chunk chunk : chunks) {
                assertThat(Sha256.hash(chunk.stored().duplicate())).isEqualTo(chunk.hash());
                sent.add(chunk.hash());
            }
            return new ChunkUploadResult(List.of());
        }

        private static AssertionError unasked() {
            return new AssertionError("nobody asked for that");
        }

        @Override
        public NamespaceList namespaces() {
            throw unasked();
        }

        @Override
        public OpResults apply(NamespaceId namespace, OpBatch batch) {
            throw unasked();
        }

        @Override
        public ChangesPage changes(
                NamespaceId namespace, @Nullable String cursor, int waitSeconds) {
            throw unasked();
        }

        @Override
        public void acknowledge(NamespaceId namespace, String cursor) {
            throw unasked();
        }

        @Override
        public NodeState node(NamespaceId namespace, NodeId node) {
            throw unasked();
        }

        @Override
        public NodeList children(NamespaceId namespace, NodeId folder, @Nullable String after) {
            throw unasked();
        }

        @Override
        public Manifest manifest(NamespaceId namespace, NodeId node, long contentRev, int from) {
            throw unasked();
        }

        @Override
        public VersionList versions(NamespaceId namespace, NodeId node) {
            throw unasked();
        }

        @Override
        public void read(NamespaceId namespace, ChunkReadRequest request, FrameSink sink) {
            throw unasked();
        }
    }

    private static final Context.Naming NAMING =
            new Context.Naming() {
                @Override
                public boolean ignored(String path, boolean isFolder) {
                    return false;
                }

                @Override
                public boolean takesAll() {
                    return true;
                }

                @Override
                public String conflictName(String name, int attempt) {
                    return name + attempt;
                }
            };

    @TempDir private Path place = Path.of("");
    private final LossyServer server = new LossyServer();
    private final AtomicLong nowMillis = new AtomicLong(10_000_000);

    /** A folder with files that the trees know. */
    private final class Here implements AutoCloseable {
        final Path folder = Files.createDirectories(place.resolve("folder"));
        final Trees trees = new Trees(ROOT);
        final FolderDisk disk;
        final SqliteStore store = SqliteStore.open(place.resolve("state.db"));
        final LostChunks lostChunks;
        private int files;

        Here() throws IOException {
            Path own = Files.createDirectories(folder.resolve(FolderDisk.OWN_FOLDER));
            Files.writeString(own.resolve(FolderDisk.MARKER), "marker\n");
            disk = new FolderDisk(folder, "marker", new Random(1), this::now);
            trees.putLocal(LocalNode.root(ROOT));
            lostChunks =
                    new LostChunks(
                            new Context(
                                    NAMESPACE,
                                    disk,
                                    server,
                                    store,
                                    new ThreadWorkers(),
                                    this::now,
                                    new Random(2),
                                    NAMING,
                                    new Progress()),
                            trees);
        }

        private Instant now() {
            return Instant.ofEpochMilli(nowMillis.get());
        }

        /** A file of these chunks, as the device has synced it. */
        List<ChunkRef> file(String name, byte[]... chunks) throws IOException {
            List<ChunkRef> list = new ArrayList<>();
            Path file = folder.resolve(name);
            Files.write(file, new byte[0]);
            for (byte[] chunk : chunks) {
                Files.write(file, chunk, StandardOpenOption.APPEND);
                list.add(new ChunkRef(Sha256.hash(chunk), chunk.length));
            }
            NodeId node = new NodeId(new Id128(5, ++files));
            trees.putLocal(
                    new LocalNode(
                            node,
                            ROOT,
                            name,
                            NodeKind.FILE,
                            new Fingerprint(files, 1, 1, 1, Files.size(file)),
                            ContentHash.of(list),
                            false,
                            null,
                            false,
                            false));
            if (list.size() > 1) {
                store.putChunks(node, list);
            }
            return list;
        }

        void serve() throws IOException {
            lostChunks.serve("cursor");
        }

        @Override
        public void close() throws IOException {
            store.close();
            disk.close();
        }
    }

    private static byte[] bytes(int seed) {
        byte[] bytes = new byte[1_000];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void whatTheFolderHoldsIsSentAndTheUploadIsAbandoned() throws IOException {
        try (Here here = new Here()) {
            server.lost.addAll(here.file("single", bytes(1)));
            server.lost.addAll(here.file("several", bytes(2), bytes(3)));
            server.lost.add(new ChunkRef(Sha256.hash(bytes(4)), 1_000));
            here.serve();
            assertThat(server.sent)
                    .containsExactlyInAnyOrder(
                            Sha256.hash(bytes(1)), Sha256.hash(bytes(2)), Sha256.hash(bytes(3)));
            assertThat(server.open).isEmpty();
            assertThat(here.store.uploads()).isEmpty();
            assertThat(server.asked).containsExactly("", "2", "4");
        }
    }

    @Test
    void bytesThatChangedSinceAreNotSent() throws IOException {
        try (Here here = new Here()) {
            server.lost.addAll(here.file("file", bytes(1)));
            Files.write(here.folder.resolve("file"), bytes(9));
            here.serve();
            assertThat(server.sent).isEmpty();
            assertThat(server.open).isEmpty();
        }
    }

    @Test
    void aDeviceLooksAgainWhenToldAndEveryHour() throws IOException {
        try (Here here = new Here()) {
            here.serve();
            here.serve();
            assertThat(server.questions).isEqualTo(1);
            server.lost.addAll(here.file("file", bytes(1)));
            here.lostChunks.noticed();
            here.serve();
            assertThat(server.sent).hasSize(1);
            server.asked.clear();
            nowMillis.addAndGet(3_600_001);
            here.serve();
            assertThat(server.asked).as("from the beginning").contains("");
            assertThat(server.sent).as("the server has it by now").hasSize(1);
        }
    }

    @Test
    void whatFailsKeepsNobodyFromSyncingAndIsTriedLater() throws IOException {
        try (Here here = new Here()) {
            server.lost.addAll(here.file("file", bytes(1)));
            server.failure = new IOException("no route");
            here.serve();
            server.failure = new RefusedException(ProblemCode.QUOTA_EXCEEDED, "full");
            nowMillis.addAndGet(60_001);
            here.serve();
            server.failure = null;
            here.serve();
            assertThat(server.sent).as("not before its time").isEmpty();
            assertThat(here.lostChunks.nextInMillis()).isEqualTo(60_000);
            nowMillis.addAndGet(60_001);
            here.serve();
            assertThat(server.sent).hasSize(1);
            server.failure = new RefusedException(ProblemCode.NOT_SIGNED_IN, "revoked");
            here.lostChunks.noticed();
            assertThatThrownBy(here::serve).isInstanceOf(RefusedException.class);
        }
    }
}
