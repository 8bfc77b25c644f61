package dev.holdfast.sync.tree;

import dev.holdfast.model.Names;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.NodeKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The three trees together, with the set of nodes on which they do not agree and the rows that have
 * changed since they were last written. The root is in all three and never changes.
 */
public final class Trees {
    private final NodeId root;
    private final NodeTree<RemoteNode> remote = new NodeTree<>(Names::nameKey);
    private final NodeTree<LocalNode> local = new NodeTree<>(UnaryOperator.identity());
    private final NodeTree<SyncedNode> synced = new NodeTree<>(UnaryOperator.identity());
    private final Map<Long, NodeId> byInode = new HashMap<>();
    private final Map<Sha256, NodeId> byContent = new HashMap<>();
    private final Map<NodeId, NodeId> parents = new HashMap<>();
    private final Set<NodeId> unsettled = new HashSet<>();
    private final Set<NodeId> newFolders = new HashSet<>();
    private TreeChanges changes = new TreeChanges();

    public Trees(NodeId root) {
        this.root = root;
        remote.put(RemoteNode.root(root));
        local.put(LocalNode.root(root));
        synced.put(SyncedNode.root(root));
    }

    public NodeId root() {
        return root;
    }

    public NodeTree<RemoteNode> remote() {
        return remote;
    }

    public NodeTree<LocalNode> local() {
        return local;
    }

    public NodeTree<SyncedNode> synced() {
        return synced;
    }

    /** Nodes on which the trees differ, in the order of their ids. */
    public List<NodeId> unsettled() {
        List<NodeId> sorted = new ArrayList<>(unsettled);
        sorted.sort(null);
        return sorted;
    }

    public int unsettledCount() {
        return unsettled.size();
    }

    /** The local node that was last seen with this inode. */
    public @Nullable LocalNode byInode(long inode) {
        return inode == 0 ? null : local.get(byInode.get(inode));
    }

    /** A local file that holds this content, as far as its fingerprint still stands for it. */
    public @Nullable LocalNode byContent(Sha256 hash) {
        LocalNode found = local.get(byContent.get(hash));
        return found != null && hash.equals(found.contentHash()) ? found : null;
    }

    /**
     * The node's id as the one object that stands for it in all trees. With many files, ids, names
     * and hashes are most of the memory, and nearly all of them are in three trees.
     */
    private NodeId one(NodeId node) {
        SyncedNode s = synced.get(node);
        if (s != null) {
            return s.node();
        }
        LocalNode l = local.get(node);
        if (l != null) {
            return l.node();
        }
        RemoteNode r = remote.get(node);
        return r == null ? node : r.node();
    }

    private @Nullable NodeId oneParent(@Nullable NodeId parent) {
        return parent == null ? null : parents.computeIfAbsent(parent, this::one);
    }

    private String oneName(TreeNode node) {
        for (NodeTree<? extends TreeNode> tree : List.of(synced, remote, local)) {
            TreeNode other = tree.get(node.node());
            if (other != null && other.name().equals(node.name())) {
                return other.name();
            }
        }
        return node.name();
    }

    private @Nullable Sha256 oneHash(NodeId node, @Nullable Sha256 hash) {
        SyncedNode s = synced.get(node);
        if (s != null && Objects.equals(s.contentHash(), hash)) {
            return s.contentHash();
        }
        RemoteNode r = remote.get(node);
        if (r != null && Objects.equals(r.contentHash(), hash)) {
            return r.contentHash();
        }
        LocalNode l = local.get(node);
        return l != null && Objects.equals(l.contentHash(), hash) ? l.contentHash() : hash;
    }

    public void putRemote(RemoteNode given) {
        if (!given.node().equals(root)) {
            RemoteNode node =
                    new RemoteNode(
                            one(given.node()),
                            oneParent(given.parent()),
                            oneName(given),
                            given.kind(),
                            given.rev(),
                            given.contentRev(),
                            given.size(),
                            given.chunkCount(),
                            oneHash(given.node(), given.contentHash()),
                            given.mtimeNanos(),
                            given.executable(),
                            given.target(),
                            given.conflictOf());
            remote.put(node);
            changes.remote().put(node.node(), Optional.of(node));
            settle(node.node());
        }
    }

    public void removeRemote(NodeId node) {
        if (!node.equals(root) && remote.remove(node) != null) {
            changes.remote().put(node, Optional.empty());
            settle(node);
        }
    }

    public void putLocal(LocalNode given) {
        LocalNode node =
                new LocalNode(
                        one(given.node()),
                        oneParent(given.parent()),
                        oneName(given),
                        given.kind(),
                        given.print(),
                        oneHash(given.node(), given.contentHash()),
                        given.executable(),
                        given.target(),
                        given.racy(),
                        given.holds());
        LocalNode before = local.put(node);
        if (before != null && before.print().inode() != node.print().inode()) {
            byInode.remove(before.print().inode(), node.node());
        }
        if (node.kind() == NodeKind.FOLDER
                && (before == null || before.print().inode() != node.print().inode())) {
            newFolders.add(node.node());
        }
        byInode.put(node.print().inode(), node.node());
        if (node.contentHash() != null) {
            byContent.put(node.contentHash(), node.node());
        }
        if (!node.equals(before)) {
            changes.local().put(node.node(), Optional.of(node));
            settle(node.node());
        }
    }

    public void removeLocal(NodeId node) {
        LocalNode before = node.equals(root) ? null : local.remove(node);
        if (before != null) {
            byInode.remove(before.print().inode(), node);
            if (before.contentHash() != null) {
                byContent.remove(before.contentHash(), node);
            }
            changes.local().put(node, Optional.empty());
            settle(node);
        }
    }

    public void putSynced(SyncedNode given) {
        SyncedNode node =
                new SyncedNode(
                        one(given.node()),
                        oneParent(given.parent()),
                        oneName(given),
                        given.kind(),
                        given.contentRev(),
                        oneHash(given.node(), given.contentHash()),
                        given.mtimeNanos(),
                        given.executable(),
                        given.target());
        if (!node.node().equals(root) && !node.equals(synced.put(node))) {
            changes.synced().put(node.node(), Optional.of(node));
            settle(node.node());
        }
    }

    public void removeSynced(NodeId node) {
        if (!node.equals(root) && synced.remove(node) != null) {
            changes.synced().put(node, Optional.empty());
            settle(node);
        }
    }

    /** The rows changed since the last call. */
    public TreeChanges takeChanges() {
        TreeChanges taken = changes;
        changes = new TreeChanges();
        return taken;
    }

    /** Folders that came into the local tree since the last call, or became another inode there. */
    public Set<NodeId> takeNewFolders() {
        Set<NodeId> taken = new HashSet<>(newFolders);
        newFolders.clear();
        return taken;
    }

    /** True when nothing has to be done about the node. */
    public boolean settled(NodeId node) {
        RemoteNode r = remote.get(node);
        LocalNode l = local.get(node);
        SyncedNode s = synced.get(node);
        if (r == null || l == null || s == null) {
            return r == null && l == null && s == null;
        }
        if (!s.samePlace(r) || !s.samePlace(l)) {
            return false;
        }
        return s.folder() || sameContent(r, l, s);
    }

    private static boolean sameContent(RemoteNode r, LocalNode l, SyncedNode s) {
        if (r.contentRev() != s.contentRev()) {
            return false;
        }
        if (s.kind() == NodeKind.SYMLINK) {
            return Objects.equals(s.target(), l.target());
        }
        return !l.racy()
                && Objects.equals(s.contentHash(), l.contentHash())
                && r.mtimeNanos() == s.mtimeNanos()
                && l.print().mtime() == s.mtimeNanos()
                && r.executable() == s.executable()
                && l.executable() == s.executable();
    }

    private void settle(NodeId node) {
        if (settled(node)) {
            unsettled.remove(node);
        } else {
            unsettled.add(node);
        }
    }
}
