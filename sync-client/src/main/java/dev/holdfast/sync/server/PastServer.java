package dev.holdfast.sync.server;

import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.NodeList;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResults;
import dev.holdfast.model.wire.VersionList;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What is asked of the server about the past; errors as in the port for syncing. */
public interface PastServer {
    /** What live node is at a path of names joined by slashes. */
    NodeState byPath(NamespaceId namespace, String path) throws IOException;

    /** A live node; refused for one that lies in the trash or below such a folder. */
    NodeState node(NamespaceId namespace, NodeId node) throws IOException;

    /** A page of what lies in the trash, oldest first; what lies below a trashed folder is not. */
    NodeList trash(NamespaceId namespace, @Nullable String after) throws IOException;

    /** The versions of a live node, newest first, its current content among them. */
    VersionList versions(NamespaceId namespace, NodeId node) throws IOException;

    OpResults apply(NamespaceId namespace, OpBatch batch) throws IOException;
}
