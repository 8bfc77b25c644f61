package dev.holdfast.sync.tree;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.NodeKind;
import org.jspecify.annotations.Nullable;

/**
 * A file, folder or symlink as the last scan saw it.
 *
 * @param contentHash of the bytes that the fingerprint stands for; null for a file that is not
 *     hashed yet, and for what is not a file
 * @param racy the file was modified so shortly before it was hashed that a later change might not
 *     show in the fingerprint: it is hashed again
 * @param holds the folder contains ignored or unknown files, so it cannot be removed
 */
public record LocalNode(
        NodeId node,
        @Nullable NodeId parent,
        String name,
        NodeKind kind,
        Fingerprint print,
        @Nullable Sha256 contentHash,
        boolean executable,
        @Nullable String target,
        boolean racy,
        boolean holds)
        implements TreeNode {

    public static LocalNode root(NodeId node) {
        return folder(node, null, "", Fingerprint.NONE, false);
    }

    public static LocalNode folder(
            NodeId node, @Nullable NodeId parent, String name, Fingerprint print, boolean holds) {
        return new LocalNode(
                node, parent, name, NodeKind.FOLDER, print, null, false, null, false, holds);
    }

    /** The same thing under another id. */
    public LocalNode withNode(NodeId other) {
        return new LocalNode(
                other, parent, name, kind, print, contentHash, executable, target, racy, holds);
    }

    public LocalNode withPlace(@Nullable NodeId newParent, String newName) {
        return new LocalNode(
                node,
                newParent,
                newName,
                kind,
                print,
                contentHash,
                executable,
                target,
                racy,
                holds);
    }

    public LocalNode withPrint(Fingerprint newPrint) {
        return new LocalNode(
                node, parent, name, kind, newPrint, contentHash, executable, target, racy, holds);
    }

    public LocalNode withHash(@Nullable Sha256 hash, boolean nowRacy) {
        return new LocalNode(
                node, parent, name, kind, print, hash, executable, target, nowRacy, holds);
    }

    public LocalNode withExecutable(boolean now) {
        return new LocalNode(
                node, parent, name, kind, print, contentHash, now, target, racy, holds);
    }
}
