package dev.holdfast.sync.server;

import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.ChunkReadRequest;
import dev.holdfast.model.wire.ChunkUploadResult;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeclarationResult;
import dev.holdfast.model.wire.Manifest;
import dev.holdfast.model.wire.NamespaceList;
import dev.holdfast.model.wire.NodeList;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResults;
import dev.holdfast.model.wire.UploadStart;
import dev.holdfast.model.wire.VersionList;
import dev.holdfast.model.wire.WantedChunks;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a device asks of the server, once it is linked. May be called from several threads. */
public interface SyncServer {
    /** Takes the frames of a download one by one, in the order of the request. */
    interface FrameSink {
        void take(Frame frame) throws IOException;
    }

    NamespaceList namespaces() throws IOException;

    void begin(UploadStart start) throws IOException;

    void abandon(UploadId upload) throws IOException;

    DeclarationResult declare(UploadId upload, Declaration declaration) throws IOException;

    /** Sends chunks in one body; their payloads together stay within the limit for one. */
    ChunkUploadResult send(UploadId upload, List<Frame.Chunk> chunks) throws IOException;

    OpResults apply(NamespaceId namespace, OpBatch batch) throws IOException;

    /**
     * A page of the feed.
     *
     * @param cursor null for the state since the beginning
     * @param waitSeconds how long the server may wait for something to answer; a page that was
     *     waited for may hold a single entry, as a sign that there is something
     */
    ChangesPage changes(NamespaceId namespace, @Nullable String cursor, int waitSeconds)
            throws IOException;

    /**
     * Waits for a page of the feed, or for chunks that the server lacks behind a cursor of those.
     */
    default ChangesPage listen(
            NamespaceId namespace, String cursor, String wantedAfter, int waitSeconds)
            throws IOException {
        return changes(namespace, cursor, waitSeconds);
    }

    /**
     * Chunks of the namespace that the server has lost, those behind a cursor; null when there are
     * none.
     *
     * @param cursor of the feed
     */
    default @Nullable WantedChunks wanted(NamespaceId namespace, String cursor, String after)
            throws IOException {
        return null;
    }

    void acknowledge(NamespaceId namespace, String cursor) throws IOException;

    NodeState node(NamespaceId namespace, NodeId node) throws IOException;

    NodeList children(NamespaceId namespace, NodeId folder, @Nullable String after)
            throws IOException;

    Manifest manifest(NamespaceId namespace, NodeId node, long contentRev, int from)
            throws IOException;

    VersionList versions(NamespaceId namespace, NodeId node) throws IOException;

    /** Reads chunks; ends normally only after the end frame. */
    void read(NamespaceId namespace, ChunkReadRequest request, FrameSink sink) throws IOException;
}
