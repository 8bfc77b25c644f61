package dev.holdfast.sync.plan;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.RemoteNode;
import dev.holdfast.sync.tree.SyncedNode;
import dev.holdfast.sync.tree.Trees;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Questions about what lives and what goes, answered once a plan. */
final class Liveness {
    /** What becomes of a local folder that the server does not have any more. */
    enum Fate {
        /** Something below it is new or edited: the folder is made anew on the server. */
        NEEDED,
        /** It was moved out of a trashed folder into one that lives: all of it lives. */
        MOVED_OUT,
        /** Something below is not hashed yet. */
        UNKNOWN,
        /** Ignored or unknown files lie in it. */
        HOLDS,
        UNNEEDED
    }

    private final Trees trees;
    private final Scope scope;
    private final Map<NodeId, Boolean> news = new HashMap<>();
    private final Map<NodeId, Boolean> whole = new HashMap<>();
    private final Map<NodeId, Fate> fates = new HashMap<>();

    Liveness(Trees trees, Scope scope) {
        this.trees = trees;
        this.scope = scope;
    }

    /** True when the local content differs from what was agreed; the file must be hashed. */
    boolean edited(LocalNode l, SyncedNode s) {
        return l.kind() == NodeKind.SYMLINK
                ? !Objects.equals(l.target(), s.target())
                : !Objects.equals(l.contentHash(), s.contentHash());
    }

    boolean sameContent(LocalNode l, RemoteNode r) {
        return l.kind() == NodeKind.SYMLINK
                ? Objects.equals(l.target(), r.target())
                : Objects.equals(l.contentHash(), r.contentHash());
    }

    /** True when it was moved here out of a folder that is in the trash into one that lives. */
    boolean movedOut(LocalNode l, SyncedNode s) {
        return !Objects.equals(l.parent(), s.parent())
                && !trees.remote().has(s.parent())
                && trees.remote().has(l.parent());
    }

    /** True when the whole of a locally deleted folder goes, and the node lies in it. */
    boolean goesWithParent(RemoteNode r) {
        NodeId parent = r.parent();
        return parent != null && wholeGoes(parent);
    }

    private boolean wholeGoes(NodeId folder) {
        Boolean known = whole.get(folder);
        if (known != null) {
            return known;
        }
        boolean goes = false;
        RemoteNode r = trees.remote().get(folder);
        SyncedNode s = trees.synced().get(folder);
        if (r != null && s != null && r.parent() != null && !trees.local().has(folder)) {
            goes = goesWithParent(r) || (!hidden(s) && !hasNews(folder));
        }
        whole.put(folder, goes);
        return goes;
    }

    private boolean hidden(SyncedNode s) {
        String path = scope.takesAll() ? null : trees.synced().path(s.node());
        return path != null && scope.ignored(path, s.folder());
    }

    /** True when something below the remote folder was not seen by whoever deleted it here. */
    boolean hasNews(NodeId folder) {
        Boolean known = news.get(folder);
        if (known != null) {
            return known;
        }
        boolean found = false;
        for (RemoteNode child : trees.remote().children(folder)) {
            found = isNews(child) || (child.folder() && hasNews(child.node()));
            if (found) {
                break;
            }
        }
        news.put(folder, found);
        return found;
    }

    private boolean isNews(RemoteNode r) {
        LocalNode l = trees.local().get(r.node());
        SyncedNode s = trees.synced().get(r.node());
        if (s == null) {
            return true;
        }
        if (l != null) {
            // Still here, elsewhere: either it was moved away here, or into the folder there.
            return !r.samePlace(s) || l.samePlace(s);
        }
        return !r.folder() && r.contentRev() != s.contentRev();
    }

    int filesBelow(NodeId folder) {
        int files = 0;
        for (RemoteNode below : trees.remote().subtree(folder)) {
            files += below.folder() ? 0 : 1;
        }
        return files;
    }

    Fate fate(NodeId folder) {
        Fate known = fates.get(folder);
        if (known == null) {
            known = work(folder);
            fates.put(folder, known);
        }
        return known;
    }

    private Fate work(NodeId folder) {
        LocalNode self = Objects.requireNonNull(trees.local().get(folder));
        SyncedNode base = trees.synced().get(folder);
        if (base != null && movedOut(self, base)) {
            return Fate.MOVED_OUT;
        }
        Fate fate = self.holds() ? Fate.HOLDS : Fate.UNNEEDED;
        for (LocalNode child : trees.local().children(folder)) {
            Fate of = trees.remote().has(child.node()) ? liveChild(child) : deadChild(child);
            if (of == Fate.NEEDED) {
                return of;
            }
            if (of == Fate.UNKNOWN || (of == Fate.HOLDS && fate == Fate.UNNEEDED)) {
                fate = of;
            }
        }
        return fate;
    }

    /** A child that lives on the server: it is on its way out, or was moved in here. */
    private Fate liveChild(LocalNode child) {
        RemoteNode r = Objects.requireNonNull(trees.remote().get(child.node()));
        SyncedNode s = trees.synced().get(child.node());
        boolean leaves = s != null && !r.samePlace(s);
        return leaves ? Fate.UNNEEDED : Fate.NEEDED;
    }

    private Fate deadChild(LocalNode child) {
        @Nullable SyncedNode s = trees.synced().get(child.node());
        if (s == null) {
            return Fate.NEEDED;
        }
        if (child.folder()) {
            return fate(child.node()) == Fate.MOVED_OUT ? Fate.NEEDED : fate(child.node());
        }
        if (child.kind() == NodeKind.FILE && (child.contentHash() == null || child.racy())) {
            return Fate.UNKNOWN;
        }
        return edited(child, s) ? Fate.NEEDED : Fate.UNNEEDED;
    }
}
