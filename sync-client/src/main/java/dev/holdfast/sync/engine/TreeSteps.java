package dev.holdfast.sync.engine;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.plan.Action;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.RemoteNode;
import dev.holdfast.sync.tree.SyncedNode;
import dev.holdfast.sync.tree.Trees;
import java.util.Objects;
import java.util.function.Supplier;

/** Carries out the actions that change the trees alone. */
final class TreeSteps {
    private final Trees trees;
    private final Supplier<NodeId> ids;

    TreeSteps(Trees trees, Supplier<NodeId> ids) {
        this.trees = trees;
        this.ids = ids;
    }

    void apply(Action.TreeStep step) {
        switch (step) {
            case Action.Agree agree -> record(agree.node());
            case Action.Forget forget -> trees.removeSynced(forget.node());
            case Action.Adopt adopt -> adopt(adopt.node(), adopt.remote());
            case Action.Renew renew -> renew(renew.node());
            case Action.RenewAll renew -> renewAll(renew.node());
        }
    }

    /** Field by field: what disk and server agree on becomes the base, the rest stays. */
    private void record(NodeId node) {
        RemoteNode r = trees.remote().get(node);
        LocalNode l = trees.local().get(node);
        SyncedNode s = trees.synced().get(node);
        if (r == null || l == null || s == null) {
            return;
        }
        SyncedNode next = s;
        if (l.samePlace(r)) {
            next = next.withPlace(r.parent(), r.name());
        }
        boolean file = r.kind() == NodeKind.FILE;
        boolean sameContent =
                file
                        ? Objects.equals(l.contentHash(), r.contentHash())
                        : Objects.equals(l.target(), r.target());
        if (sameContent) {
            next = next.withContent(r.contentRev(), r.contentHash(), r.target());
        }
        if (file && l.print().mtime() == r.mtimeNanos() && l.executable() == r.executable()) {
            next = next.withAttributes(r.mtimeNanos(), r.executable());
        }
        trees.putSynced(next);
    }

    /** The base has what is on the disk here, so that what the server has besides is applied. */
    private void adopt(NodeId node, NodeId remote) {
        LocalNode l = trees.local().get(node);
        RemoteNode r = trees.remote().get(remote);
        if (l == null || r == null || l.kind() != r.kind()) {
            return;
        }
        if (!node.equals(remote)) {
            if (trees.local().has(remote)) {
                return;
            }
            rename(l, remote);
        }
        boolean file = l.kind() == NodeKind.FILE;
        trees.putSynced(
                new SyncedNode(
                        remote,
                        l.parent(),
                        l.name(),
                        l.kind(),
                        r.contentRev(),
                        l.contentHash(),
                        file ? l.print().mtime() : 0,
                        l.executable(),
                        l.target()));
    }

    void renew(NodeId node) {
        LocalNode l = trees.local().get(node);
        if (l != null && l.parent() != null) {
            rename(l, ids.get());
            trees.removeSynced(node);
        }
    }

    private void renewAll(NodeId node) {
        for (LocalNode below : trees.local().subtree(node)) {
            renew(below.node());
        }
    }

    /** The local node takes another id; what hangs below stays there, and so do its bases. */
    private void rename(LocalNode l, NodeId other) {
        for (LocalNode child : trees.local().children(l.node())) {
            trees.putLocal(child.withPlace(other, child.name()));
        }
        for (SyncedNode child : trees.synced().children(l.node())) {
            trees.putSynced(child.withPlace(other, child.name()));
        }
        trees.removeLocal(l.node());
        trees.putLocal(l.withNode(other));
    }
}
