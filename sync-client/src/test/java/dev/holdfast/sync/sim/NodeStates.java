package dev.holdfast.sync.sim;

import dev.holdfast.model.ContentHash;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Node states, new or made of others. */
final class NodeStates {
    private NodeStates() {}

    static NodeState fresh(
            NodeId node, NodeId parent, String name, NodeKind kind, DeviceId device) {
        return new NodeState(
                node,
                parent,
                name,
                kind,
                1,
                kind == NodeKind.FOLDER ? 0 : 1,
                0,
                0,
                null,
                0,
                false,
                null,
                false,
                null,
                device);
    }

    static NodeState change(
            NodeState s,
            @Nullable NodeId parent,
            String name,
            long rev,
            long contentRev,
            @Nullable String target,
            boolean trashed,
            @Nullable NodeId conflictOf) {
        return new NodeState(
                s.node(),
                parent,
                name,
                s.kind(),
                rev,
                contentRev,
                s.size(),
                s.chunkCount(),
                s.contentHash(),
                s.mtimeNanos(),
                s.executable(),
                target,
                trashed,
                conflictOf,
                s.modifiedBy());
    }

    /** The same content elsewhere, in the trash or out of it. */
    static NodeState placed(NodeState s, @Nullable NodeId parent, String name, boolean trashed) {
        return change(
                s, parent, name, s.rev() + 1, s.contentRev(), s.target(), trashed, s.conflictOf());
    }

    /** A file with another content. */
    static NodeState file(
            NodeState base,
            long rev,
            long contentRev,
            List<ChunkRef> list,
            long mtimeNanos,
            boolean executable,
            @Nullable NodeId conflictOf) {
        return new NodeState(
                base.node(),
                base.parent(),
                base.name(),
                NodeKind.FILE,
                rev,
                contentRev,
                list.stream().mapToLong(ChunkRef::length).sum(),
                list.size(),
                ContentHash.of(list),
                mtimeNanos,
                executable,
                null,
                false,
                conflictOf,
                base.modifiedBy());
    }
}
