package dev.holdfast.sync.tree;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.NodeKind;
import org.jspecify.annotations.Nullable;

/**
 * The last state of a node that disk and server agreed on, field by field: a rename that is agreed
 * on while an edit is not shows as a new place and an old content.
 */
public record SyncedNode(
        NodeId node,
        @Nullable NodeId parent,
        String name,
        NodeKind kind,
        long contentRev,
        @Nullable Sha256 contentHash,
        long mtimeNanos,
        boolean executable,
        @Nullable String target)
        implements TreeNode {

    public static SyncedNode root(NodeId node) {
        return new SyncedNode(node, null, "", NodeKind.FOLDER, 0, null, 0, false, null);
    }

    /** What the server has, as agreed. */
    public static SyncedNode of(RemoteNode remote) {
        return new SyncedNode(
                remote.node(),
                remote.parent(),
                remote.name(),
                remote.kind(),
                remote.contentRev(),
                remote.contentHash(),
                remote.mtimeNanos(),
                remote.executable(),
                remote.target());
    }

    public SyncedNode withPlace(@Nullable NodeId newParent, String newName) {
        return new SyncedNode(
                node,
                newParent,
                newName,
                kind,
                contentRev,
                contentHash,
                mtimeNanos,
                executable,
                target);
    }

    public SyncedNode withContent(long rev, @Nullable Sha256 hash, @Nullable String newTarget) {
        return new SyncedNode(
                node, parent, name, kind, rev, hash, mtimeNanos, executable, newTarget);
    }

    public SyncedNode withAttributes(long mtime, boolean exec) {
        return new SyncedNode(
                node, parent, name, kind, contentRev, contentHash, mtime, exec, target);
    }
}
