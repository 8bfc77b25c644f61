package dev.holdfast.sync.engine;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.disk.Change;
import dev.holdfast.sync.disk.Disk;
import dev.holdfast.sync.disk.DiskEntry;
import dev.holdfast.sync.disk.Staged;
import dev.holdfast.sync.plan.Action;
import dev.holdfast.sync.tree.Fingerprint;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.RemoteNode;
import dev.holdfast.sync.tree.SyncedNode;
import dev.holdfast.sync.tree.Trees;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Changes the disk as the plan says, one step after the other, and puts into the trees what then
 * stands there. A disk that is not as expected is looked at again and nothing is forced.
 */
final class LocalSteps {
    private final Context context;
    private final Trees trees;
    private final Waits waits;
    private final Deletions deletions;
    private final NameRules names;
    private final Set<String> toSync = new TreeSet<>();
    private final Set<String> stale = new TreeSet<>();

    LocalSteps(Context context, Trees trees, Waits waits, Deletions deletions) {
        this.deletions = deletions;
        this.context = context;
        this.trees = trees;
        this.waits = waits;
        this.names = new NameRules(context.disk().rules(), trees);
    }

    /** Carries out one step; true when the disk has changed. */
    boolean apply(Action.LocalStep step) throws IOException {
        return switch (step) {
            case Action.MakeFolder make -> makeFolder(make);
            case Action.MakeSymlink make -> makeSymlink(make);
            case Action.ReplaceSymlink replace -> replaceSymlink(replace);
            case Action.MoveLocal move -> move(move);
            case Action.RemoveFile remove -> delete(remove.node());
            case Action.RemoveFolder remove -> removeFolder(remove.node());
            case Action.ApplyAttributes apply -> attributes(apply);
        };
    }

    /** Folders whose disk was not as expected since the last call. */
    Set<String> takeStale() {
        Set<String> taken = new TreeSet<>(stale);
        stale.clear();
        return taken;
    }

    /** The folder of that node is to be read again. */
    void lookAgain(NodeId node) {
        String path = trees.local().path(node);
        if (path != null) {
            stale.add(parentOf(path));
        }
    }

    /** Makes what was done since the last call durable. */
    void sync() throws IOException {
        context.disk().syncFolders(toSync);
        toSync.clear();
    }

    /** True, and noted, when the disk cannot hold the name. */
    boolean refused(NodeId node, NodeId parent, String name) {
        String fault = names.fault(node, parent, name);
        if (fault != null) {
            waits.problem(node, fault);
        }
        return fault != null;
    }

    /** Null where there is no such folder; what is none, as a symlink, can hold nothing. */
    private @Nullable String path(NodeId parent, String name) {
        LocalNode above = trees.local().get(parent);
        String folder = above == null || !above.folder() ? null : trees.local().path(parent);
        if (folder == null) {
            return null;
        }
        return folder.isEmpty() ? name : folder + '/' + name;
    }

    private static String parentOf(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    private @Nullable DiskEntry outcome(NodeId node, String path, Change change) {
        return switch (change) {
            case Change.Done done -> {
                toSync.add(parentOf(path));
                waits.over(node);
                yield done.entry();
            }
            case Change.Stale _ -> {
                stale.add(parentOf(path));
                waits.race(node, "the disk changed meanwhile; it is looked at again");
                yield null;
            }
            case Change.Refused refused -> {
                waits.problem(node, "the disk refuses: " + refused.reason());
                context.progress().happened("refused", path + ": " + refused.reason());
                yield null;
            }
        };
    }

    private boolean makeFolder(Action.MakeFolder make) throws IOException {
        String path = path(make.parent(), make.name());
        RemoteNode r = trees.remote().get(make.node());
        if (path == null || r == null || refused(make.node(), make.parent(), make.name())) {
            return false;
        }
        DiskEntry entry = outcome(make.node(), path, context.disk().makeFolder(path));
        if (entry == null) {
            return false;
        }
        put(LocalNode.folder(make.node(), make.parent(), make.name(), entry.print(), false));
        trees.putSynced(SyncedNode.of(r).withPlace(make.parent(), make.name()));
        return true;
    }

    private boolean makeSymlink(Action.MakeSymlink make) throws IOException {
        String path = path(make.parent(), make.name());
        RemoteNode r = trees.remote().get(make.node());
        if (path == null || r == null || refused(make.node(), make.parent(), make.name())) {
            return false;
        }
        Change change = context.disk().makeSymlink(path, make.target());
        DiskEntry entry = outcome(make.node(), path, change);
        if (entry == null) {
            return false;
        }
        put(linkNode(make.node(), make.parent(), make.name(), entry));
        trees.putSynced(SyncedNode.of(r).withPlace(make.parent(), make.name()));
        return true;
    }

    /** Puts what now stands there; whatever was last seen under that name is not there any more. */
    private void put(LocalNode node) {
        NodeId parent = node.parent();
        LocalNode gone = trees.local().child(parent, node.name());
        if (gone != null && !gone.node().equals(node.node())) {
            for (LocalNode below : trees.local().subtree(gone.node())) {
                trees.removeLocal(below.node());
            }
            stale.add(parent == null ? "" : String.valueOf(trees.local().path(parent)));
        }
        trees.putLocal(node);
    }

    private static LocalNode linkNode(NodeId node, NodeId parent, String name, DiskEntry entry) {
        return new LocalNode(
                node,
                parent,
                name,
                NodeKind.SYMLINK,
                entry.print(),
                null,
                false,
                entry.target(),
                false,
                false);
    }

    private boolean replaceSymlink(Action.ReplaceSymlink replace) throws IOException {
        LocalNode l = trees.local().get(replace.node());
        NodeId parent = l == null ? null : l.parent();
        if (l == null || parent == null || !remove(replace.node())) {
            return false;
        }
        return makeSymlink(
                new Action.MakeSymlink(replace.node(), parent, l.name(), replace.target()));
    }

    private boolean move(Action.MoveLocal move) throws IOException {
        LocalNode l = trees.local().get(move.node());
        String from = trees.local().path(move.node());
        String to = path(move.parent(), move.name());
        if (l == null
                || from == null
                || to == null
                || refused(move.node(), move.parent(), move.name())) {
            return false;
        }
        DiskEntry entry = outcome(move.node(), to, context.disk().move(from, to, l.print()));
        if (entry == null) {
            stale.add(parentOf(from));
            return false;
        }
        toSync.add(parentOf(from));
        context.progress().happened("moved", from + " to " + to);
        boolean same = entry.print().sameBytes(l.print());
        LocalNode moved = l.withPlace(move.parent(), move.name()).withPrint(entry.print());
        put(same || l.folder() ? moved : moved.withHash(null, false));
        SyncedNode s = trees.synced().get(move.node());
        if (s != null) {
            trees.putSynced(s.withPlace(move.parent(), move.name()));
        }
        return true;
    }

    /**
     * True when the node still holds what both sides agreed on. A step before this one may have
     * found that somebody wrote to it since the plan was made.
     */
    private boolean agreed(LocalNode l) {
        SyncedNode s = trees.synced().get(l.node());
        return s != null
                && (l.kind() == NodeKind.FILE
                        ? l.contentHash() != null && l.contentHash().equals(s.contentHash())
                        : Objects.equals(l.target(), s.target()));
    }

    private boolean delete(NodeId node) throws IOException {
        String path = trees.local().path(node);
        boolean removed = remove(node);
        if (removed && path != null) {
            deletions.add(1);
            context.progress().happened("deleted", path);
        }
        return removed;
    }

    private boolean remove(NodeId node) throws IOException {
        LocalNode l = trees.local().get(node);
        String path = trees.local().path(node);
        if (l == null || path == null || !agreed(l)) {
            return false;
        }
        if (outcome(node, path, context.disk().remove(path, l.print())) == null) {
            return false;
        }
        trees.removeLocal(node);
        trees.removeSynced(node);
        return true;
    }

    private boolean removeFolder(NodeId node) throws IOException {
        String path = trees.local().path(node);
        if (path == null || path.isEmpty()) {
            return false;
        }
        if (outcome(node, path, context.disk().removeFolder(path)) == null) {
            stale.add(path);
            return false;
        }
        // It was empty: whatever was last seen in it is gone, too.
        for (LocalNode below : trees.local().subtree(node)) {
            trees.removeLocal(below.node());
        }
        trees.removeSynced(node);
        return true;
    }

    private boolean attributes(Action.ApplyAttributes apply) throws IOException {
        LocalNode l = trees.local().get(apply.node());
        SyncedNode s = trees.synced().get(apply.node());
        String path = trees.local().path(apply.node());
        if (l == null || s == null || path == null) {
            return false;
        }
        Change change =
                context.disk()
                        .setAttributes(path, l.print(), apply.mtimeNanos(), apply.executable());
        DiskEntry entry = outcome(apply.node(), path, change);
        if (entry == null) {
            return false;
        }
        // Its bytes may have changed between the look and the setting: it is read again.
        put(l.withPrint(entry.print()).withExecutable(entry.executable()).withHash(null, false));
        trees.putSynced(s.withAttributes(apply.mtimeNanos(), apply.executable()));
        return true;
    }

    /** Puts a fetched file in its place; where it cannot stand there it is gone. */
    boolean publish(Downloader.Outcome outcome, Staged staged) throws IOException {
        try (staged) {
            return place(outcome, staged);
        }
    }

    private boolean place(Downloader.Outcome outcome, Staged staged) throws IOException {
        RemoteNode r = outcome.job().remote();
        Action.Download action = outcome.job().action();
        LocalNode l = trees.local().get(r.node());
        NodeId parent = action.replace() && l != null ? l.parent() : action.parent();
        String name = action.replace() && l != null ? l.name() : action.name();
        String path = parent == null ? null : path(parent, name);
        boolean expected = l == null ? !action.replace() : action.replace() && agreed(l);
        if (parent == null
                || path == null
                || !expected
                // Two that were fetched together may be one name here: the second finds the first.
                || (l == null && refused(r.node(), parent, name))) {
            return false;
        }
        Disk disk = context.disk();
        Fingerprint ours = staged.print();
        Change change =
                l == null ? disk.publish(staged, path) : disk.exchange(staged, path, l.print());
        DiskEntry entry = outcome(r.node(), path, change);
        if (entry == null) {
            return false;
        }
        put(
                new LocalNode(
                        r.node(),
                        parent,
                        name,
                        NodeKind.FILE,
                        entry.print(),
                        // Somebody may have written to it since: then its bytes are not known.
                        entry.print().sameBytes(ours) ? r.contentHash() : null,
                        entry.executable(),
                        null,
                        false,
                        false));
        SyncedNode s = trees.synced().get(r.node());
        SyncedNode next = s == null ? SyncedNode.of(r).withPlace(parent, name) : s;
        trees.putSynced(
                next.withContent(r.contentRev(), r.contentHash(), null)
                        .withAttributes(ours.mtime(), r.executable()));
        List<ChunkRef> chunks = outcome.chunks();
        if (!chunks.isEmpty()) {
            context.store().putChunks(r.node(), chunks);
        }
        context.progress().fileDown();
        context.progress().happened("fetched", path);
        return true;
    }
}
