package dev.holdfast.sync.tree;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import org.jspecify.annotations.Nullable;

/** A live node as the feed told it; see {@link NodeState} for the fields. */
public record RemoteNode(
        NodeId node,
        @Nullable NodeId parent,
        String name,
        NodeKind kind,
        long rev,
        long contentRev,
        long size,
        int chunkCount,
        @Nullable Sha256 contentHash,
        long mtimeNanos,
        boolean executable,
        @Nullable String target,
        @Nullable NodeId conflictOf)
        implements TreeNode {

    public static RemoteNode of(NodeState state) {
        return new RemoteNode(
                state.node(),
                state.parent(),
                state.name(),
                state.kind(),
                state.rev(),
                state.contentRev(),
                state.size(),
                state.chunkCount(),
                state.contentHash(),
                state.mtimeNanos(),
                state.executable(),
                state.target(),
                state.conflictOf());
    }

    public static RemoteNode root(NodeId node) {
        return new RemoteNode(
                node, null, "", NodeKind.FOLDER, 0, 0, 0, 0, null, 0, false, null, null);
    }
}
