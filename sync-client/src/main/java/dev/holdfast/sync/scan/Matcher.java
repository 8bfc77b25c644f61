package dev.holdfast.sync.scan;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.disk.Disk;
import dev.holdfast.sync.disk.DiskEntry;
import dev.holdfast.sync.tree.Fingerprint;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.SyncedNode;
import dev.holdfast.sync.tree.Trees;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives everything that was read its node.
 *
 * <p>For a folder the inode decides: nobody saves a folder by making another one. For a file the
 * path decides, since editors save by writing another file and renaming it over the old one, and
 * the node must keep its history; only a file at a path where none was is looked up by inode. Where
 * the local tree knows nothing, the synced tree still tells which node had the name.
 */
final class Matcher {
    private record Found(NodeId folder, Listing listing, DiskEntry entry) {}

    private record Task(NodeId folder, Listing listing) {}

    private final Disk disk;
    private final Trees trees;
    private final Supplier<NodeId> ids;
    private final Map<Long, Fingerprint> foldersFound;
    private final boolean full;
    private final Map<NodeId, LocalNode> assigned = new LinkedHashMap<>();
    private final List<Found> appeared = new ArrayList<>();
    private final List<NodeId> listed = new ArrayList<>();
    private final Set<NodeId> listedSet = new HashSet<>();

    Matcher(
            Disk disk,
            Trees trees,
            Supplier<NodeId> ids,
            Map<Long, Fingerprint> foldersFound,
            boolean full) {
        this.disk = disk;
        this.trees = trees;
        this.ids = ids;
        this.foldersFound = foldersFound;
        this.full = full;
    }

    void match(Map<NodeId, Listing> read) throws IOException {
        Deque<Task> todo = new ArrayDeque<>();
        read.forEach((folder, listing) -> todo.add(new Task(folder, listing)));
        while (!todo.isEmpty()) {
            Task task = todo.removeFirst();
            if (!task.listing.unreadable && listedSet.add(task.folder)) {
                listed.add(task.folder);
                byPath(task, todo);
            }
        }
        for (Found found : appeared) {
            assignFile(found);
        }
        apply();
    }

    private void byPath(Task task, Deque<Task> todo) {
        for (DiskEntry entry : task.listing.entries) {
            NodeKind kind = Objects.requireNonNull(entry.kind());
            switch (kind) {
                case FOLDER -> {
                    NodeId node = folderNode(task.folder, entry);
                    Listing below = task.listing.folders.get(entry.name());
                    LocalNode known = trees.local().get(node);
                    boolean holds = below == null ? known != null && known.holds() : below.holds;
                    assigned.put(
                            node,
                            LocalNode.folder(
                                    node, task.folder, entry.name(), entry.print(), holds));
                    if (below != null) {
                        todo.add(new Task(node, below));
                    }
                }
                case FILE, SYMLINK -> {
                    LocalNode before = trees.local().child(task.folder, entry.name());
                    if (before != null && before.kind() == kind && free(before.node())) {
                        assign(before.node(), task.folder, entry);
                    } else {
                        appeared.add(new Found(task.folder, task.listing, entry));
                    }
                }
            }
        }
        LocalNode self = assigned.getOrDefault(task.folder, trees.local().get(task.folder));
        if (self != null && self.holds() != task.listing.holds) {
            assigned.put(
                    task.folder,
                    LocalNode.folder(
                            self.node(),
                            self.parent(),
                            self.name(),
                            self.print(),
                            task.listing.holds));
        }
    }

    private boolean free(NodeId node) {
        return !assigned.containsKey(node) && !node.equals(trees.root());
    }

    private NodeId folderNode(NodeId folder, DiskEntry entry) {
        LocalNode same = trees.byInode(entry.print().inode());
        if (same != null
                && same.folder()
                && same.print().sameFile(entry.print())
                && free(same.node())) {
            return same.node();
        }
        LocalNode before = trees.local().child(folder, entry.name());
        if (before != null && before.folder() && free(before.node()) && !elsewhere(before, entry)) {
            return before.node();
        }
        NodeId once = onceHere(folder, entry);
        return once != null ? once : ids.get();
    }

    private boolean elsewhere(LocalNode before, DiskEntry entry) {
        Fingerprint found = foldersFound.get(before.print().inode());
        return before.print().inode() != entry.print().inode()
                && found != null
                && found.sameFile(before.print());
    }

    /** The node that had the place when both sides last agreed, if it is nowhere now. */
    private @Nullable NodeId onceHere(NodeId folder, DiskEntry entry) {
        SyncedNode once = trees.synced().child(folder, entry.name());
        return once != null
                        && once.kind() == entry.kind()
                        && trees.local().get(once.node()) == null
                        && free(once.node())
                ? once.node()
                : null;
    }

    private void assignFile(Found found) throws IOException {
        DiskEntry entry = found.entry;
        LocalNode same = trees.byInode(entry.print().inode());
        if (same != null
                && same.kind() == entry.kind()
                && same.print().sameFile(entry.print())
                && free(same.node())
                && vanished(same)) {
            assign(same.node(), found.folder, entry);
            return;
        }
        NodeId once = onceHere(found.folder, entry);
        assign(once != null ? once : ids.get(), found.folder, entry);
    }

    /** True when nothing stands any more where the node was last seen. */
    private boolean vanished(LocalNode node) throws IOException {
        if (full || (node.parent() != null && listedSet.contains(node.parent()))) {
            return true;
        }
        String path = trees.local().path(node.node());
        DiskEntry there = path == null ? null : disk.look(path);
        return there == null || there.print().inode() != node.print().inode();
    }

    private void assign(NodeId node, NodeId folder, DiskEntry entry) {
        LocalNode before = trees.local().get(node);
        Sha256 hash = null;
        boolean racy = false;
        if (before != null && before.print().equals(entry.print())) {
            hash = before.contentHash();
            racy = before.racy();
        }
        assigned.put(
                node,
                new LocalNode(
                        node,
                        folder,
                        entry.name(),
                        Objects.requireNonNull(entry.kind()),
                        entry.print(),
                        hash,
                        entry.executable(),
                        entry.target(),
                        racy,
                        false));
    }

    private void apply() {
        List<NodeId> missing = new ArrayList<>();
        for (NodeId folder : listed) {
            for (LocalNode child : trees.local().children(folder)) {
                if (!assigned.containsKey(child.node())) {
                    missing.add(child.node());
                }
            }
        }
        assigned.values().forEach(trees::putLocal);
        if (full) {
            for (LocalNode node : List.copyOf(trees.local().all())) {
                if (trees.local().depth(node.node()) < 0) {
                    missing.add(node.node());
                }
            }
        }
        for (NodeId top : missing) {
            for (LocalNode gone : trees.local().subtree(top)) {
                if (!assigned.containsKey(gone.node())) {
                    trees.removeLocal(gone.node());
                }
            }
        }
    }
}
