package dev.holdfast.sync.sim;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.chunking.FastCdc;
import dev.holdfast.model.frames.Codec;
import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangeKind;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.ChunkReadRequest;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ChunkUploadResult;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeclarationResult;
import dev.holdfast.model.wire.Manifest;
import dev.holdfast.model.wire.NamespaceList;
import dev.holdfast.model.wire.NamespaceState;
import dev.holdfast.model.wire.NodeList;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.OpResults;
import dev.holdfast.model.wire.UploadStart;
import dev.holdfast.model.wire.VersionList;
import dev.holdfast.sync.server.RefusedException;
import dev.holdfast.sync.server.SyncServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One device's way to the model server, on which requests and answers get lost. */
final class SimConnection implements SyncServer {
    private static final int PAGE = 7;

    private final ModelServer server;
    private final DeviceId device;
    private final Faults faults;

    SimConnection(ModelServer server, DeviceId device, Faults faults) {
        this.server = server;
        this.device = device;
        this.faults = faults;
    }

    private interface Call<T> {
        T run() throws IOException;
    }

    private <T> T over(String what, Call<T> call) throws IOException {
        faults.network("request: " + what);
        T answer = call.run();
        faults.network("answer: " + what);
        return answer;
    }

    @Override
    public NamespaceList namespaces() throws IOException {
        NodeId root = NodeId.rootOf(server.namespace());
        NamespaceState state =
                new NamespaceState(server.namespace(), "own", "personal", "owner", root, 0, 0);
        return over("namespaces", () -> new NamespaceList("cell", List.of(state)));
    }

    @Override
    public void begin(UploadStart start) throws IOException {
        requireWriter();
        over("begin", () -> true);
    }

    private void requireWriter() throws RefusedException {
        if (server.readers.contains(device)) {
            throw new RefusedException(ProblemCode.FORBIDDEN, "the role is viewer");
        }
    }

    @Override
    public void abandon(UploadId upload) throws IOException {
        over("abandon", () -> true);
    }

    @Override
    public DeclarationResult declare(UploadId upload, Declaration declaration) throws IOException {
        return over(
                "declare",
                () -> {
                    List<DeclarationResult.PartResult> results = new ArrayList<>();
                    for (ContentPart part : declaration.contents()) {
                        server.contents.put(part.content(), part.chunks());
                        List<Integer> missing = new ArrayList<>();
                        for (int i = 0; i < part.chunks().size(); i++) {
                            if (!server.chunks.containsKey(part.chunks().get(i).hash())) {
                                missing.add(i);
                            }
                        }
                        results.add(
                                new DeclarationResult.PartResult(
                                        part.content(), part.part(), missing));
                    }
                    return new DeclarationResult(results);
                });
    }

    private ChunkUploadResult.Entry take(ContentId content, Sha256 hash, ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        server.bytesReceived += copy.length;
        if (!Sha256.hash(copy).equals(hash)) {
            return new ChunkUploadResult.Entry(content, hash, ProblemCode.DIGEST_MISMATCH);
        }
        server.chunks.put(hash, copy);
        return new ChunkUploadResult.Entry(content, hash, null);
    }

    @Override
    public ChunkUploadResult send(UploadId upload, List<Frame.Chunk> chunks) throws IOException {
        return over(
                "send",
                () ->
                        new ChunkUploadResult(
                                chunks.stream()
                                        .map(c -> take(c.content(), c.hash(), c.stored()))
                                        .toList()));
    }

    @Override
    public OpResults apply(NamespaceId namespace, OpBatch batch) throws IOException {
        faults.network("request: ops");
        requireWriter();
        List<OpResult> results = new ArrayList<>();
        for (Op op : batch.ops()) {
            results.add(server.apply(device, batch, op));
        }
        if (faults.twice()) {
            batch.ops().forEach(op -> server.apply(device, batch, op));
        }
        faults.network("answer: ops");
        return new OpResults(results);
    }

    @Override
    public ChangesPage changes(NamespaceId namespace, @Nullable String cursor, int waitSeconds)
            throws IOException {
        return over("changes", () -> page(cursor));
    }

    private ChangesPage page(@Nullable String cursor) throws RefusedException {
        server.pagesRead++;
        if (cursor == null) {
            List<ChangeEntry> entries = new ArrayList<>();
            for (NodeState node : server.all().reversed()) {
                entries.add(new ChangeEntry(ChangeKind.STATE, node, null));
            }
            return new ChangesPage(entries, server.epoch + ":" + server.log().size(), false);
        }
        if (!server.knows(cursor)) {
            throw new RefusedException(ProblemCode.CURSOR_RESET, "list again");
        }
        int from = server.position(cursor);
        int to = Math.min(server.log().size(), from + PAGE);
        List<ChangeEntry> entries = new ArrayList<>();
        for (int i = from; i < to; i++) {
            if (!server.feedSkips || i % 11 != 10) {
                entries.add(server.log().get(i).entry());
            }
        }
        return new ChangesPage(entries, server.epoch + ":" + to, to < server.log().size());
    }

    @Override
    public void acknowledge(NamespaceId namespace, String cursor) throws IOException {
        over("ack", () -> true);
    }

    @Override
    public NodeState node(NamespaceId namespace, NodeId node) throws IOException {
        NodeState state = server.node(node);
        if (state == null) {
            throw new RefusedException(ProblemCode.NOT_FOUND, "no such node");
        }
        return state;
    }

    @Override
    public NodeList children(NamespaceId namespace, NodeId folder, @Nullable String after)
            throws IOException {
        return over(
                "children",
                () -> {
                    if (!server.live(folder)) {
                        throw new RefusedException(ProblemCode.GONE, "in the trash");
                    }
                    return new NodeList(server.listed(folder), null);
                });
    }

    @Override
    public Manifest manifest(NamespaceId namespace, NodeId node, long contentRev, int from)
            throws IOException {
        return over(
                "manifest",
                () -> {
                    List<ChunkRef> list = live(node, contentRev);
                    long size = list.stream().mapToLong(ChunkRef::length).sum();
                    return new Manifest(
                            node,
                            contentRev,
                            size,
                            list.size(),
                            dev.holdfast.model.ContentHash.of(list),
                            FastCdc.NAME,
                            0,
                            list,
                            null);
                });
    }

    private List<ChunkRef> live(NodeId node, long contentRev) throws RefusedException {
        if (!server.live(node)) {
            throw new RefusedException(ProblemCode.GONE, "in the trash");
        }
        return server.chunksOf(node, contentRev);
    }

    @Override
    public VersionList versions(NamespaceId namespace, NodeId node) {
        return new VersionList(List.of());
    }

    @Override
    public void read(NamespaceId namespace, ChunkReadRequest request, FrameSink sink)
            throws IOException {
        faults.network("request: read");
        int index = 0;
        for (ChunkReadRequest.Address address : request.chunks()) {
            sink.take(frame(address, index++));
            faults.network("answer: read");
        }
    }

    private Frame frame(ChunkReadRequest.Address address, int index) {
        List<ChunkRef> list = server.chunksOf(address.node(), address.contentRev());
        if (!server.live(address.node()) || address.index() >= list.size()) {
            return new Frame.Status(Frame.NO_CONTENT, new Sha256(0, 0, 0, 0), 410, index);
        }
        ChunkRef chunk = list.get(address.index());
        byte[] bytes = server.chunks.getOrDefault(chunk.hash(), new byte[0]);
        server.bytesSent += bytes.length;
        return new Frame.Chunk(
                Frame.NO_CONTENT,
                chunk.hash(),
                Codec.PLAIN,
                bytes.length,
                index,
                ByteBuffer.wrap(bytes));
    }
}
