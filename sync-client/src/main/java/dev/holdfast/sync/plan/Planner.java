package dev.holdfast.sync.plan;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.RemoteNode;
import dev.holdfast.sync.tree.SyncedNode;
import dev.holdfast.sync.tree.Trees;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Decides node by node from what the three trees say, and then finds an order.
 *
 * <p>A node is remote-new, local-new, deleted on one side, changed on one side or on both; each of
 * place, content and attributes is decided by itself, so that a move and an edit both apply. Where
 * both sides changed the same thing the server's order counts: this side is the later one, its
 * content becomes the conflict copy and its move is undone. Content is never dropped: a deletion
 * wins only over content that the one who deleted had seen.
 */
public final class Planner {
    private final Trees trees;
    private final Scope scope;
    private final Liveness liveness;
    private final List<Action.TreeStep> treeSteps = new ArrayList<>();
    private final List<Action.HashFile> hashes = new ArrayList<>();
    private final List<Action.RemoteStep> remoteSteps = new ArrayList<>();
    private final List<Action.Upload> uploads = new ArrayList<>();
    private final List<Action.LocalStep> localSteps = new ArrayList<>();
    private final List<Action.Download> downloads = new ArrayList<>();
    private final Map<NodeId, String> held = new LinkedHashMap<>();

    private Planner(Trees trees, Scope scope) {
        this.trees = trees;
        this.scope = scope;
        this.liveness = new Liveness(trees, scope);
    }

    /** Plans what is to be done; an empty plan means that both sides are equal, or held. */
    public static Plan plan(Trees trees, Scope scope) {
        Planner planner = new Planner(trees, scope);
        for (NodeId node : trees.unsettled()) {
            if (!scope.waits(node)) {
                planner.decide(node);
            }
        }
        return planner.order();
    }

    private Plan order() {
        if (!treeSteps.isEmpty()) {
            return new Plan(treeSteps, List.of(), List.of(), List.of(), List.of(), List.of(), held);
        }
        RemoteOrder remote = RemoteOrder.of(trees, scope, remoteSteps, uploads);
        localSteps.addAll(remote.undone());
        LocalOrder local = LocalOrder.of(trees, localSteps, downloads);
        return new Plan(
                treeSteps,
                hashes,
                remote.steps(),
                remote.uploads(),
                local.steps(),
                local.downloads(),
                held);
    }

    private void decide(NodeId node) {
        RemoteNode r = trees.remote().get(node);
        LocalNode l = trees.local().get(node);
        SyncedNode s = trees.synced().get(node);
        if (l == null && r == null) {
            if (s != null) {
                treeSteps.add(new Action.Forget(node));
            }
        } else if (l == null) {
            onlyRemote(Objects.requireNonNull(r), s);
        } else if (r == null) {
            onlyLocal(l, s);
        } else if (s == null) {
            bothWithoutBase(r, l);
        } else if (l.kind() != r.kind()) {
            treeSteps.add(new Action.Renew(node));
        } else {
            place(r, l, s);
            switch (s.kind()) {
                case FOLDER -> {}
                case FILE -> content(r, l, s);
                case SYMLINK -> target(r, l, s);
            }
        }
    }

    private boolean ignoredRemote(RemoteNode r) {
        if (scope.takesAll()) {
            return false;
        }
        String path = trees.remote().path(r.node());
        return path != null && scope.ignored(path, r.folder());
    }

    private boolean ignoredSynced(SyncedNode s) {
        if (scope.takesAll()) {
            return false;
        }
        String path = trees.synced().path(s.node());
        return path != null && scope.ignored(path, s.folder());
    }

    /** The server has it, the disk has not: new there, or deleted here. */
    private void onlyRemote(RemoteNode r, @Nullable SyncedNode s) {
        NodeId parent = r.parent();
        if (parent == null || ignoredRemote(r)) {
            return;
        }
        if (s == null) {
            switch (r.kind()) {
                case FOLDER -> localSteps.add(new Action.MakeFolder(r.node(), parent, r.name()));
                case SYMLINK ->
                        localSteps.add(
                                new Action.MakeSymlink(
                                        r.node(),
                                        parent,
                                        r.name(),
                                        Objects.requireNonNullElse(r.target(), "")));
                case FILE -> downloads.add(new Action.Download(r.node(), parent, r.name(), false));
            }
            return;
        }
        if (ignoredSynced(s) || liveness.goesWithParent(r)) {
            return;
        }
        boolean unseen = r.folder() ? liveness.hasNews(r.node()) : r.contentRev() != s.contentRev();
        if (unseen) {
            treeSteps.add(new Action.Forget(r.node()));
        } else {
            int files = r.folder() ? liveness.filesBelow(r.node()) : 1;
            remoteSteps.add(new Action.Trash(r.node(), r.folder(), s.contentRev(), files));
        }
    }

    /** The disk has it, the server has not: new here, or trashed there. */
    private void onlyLocal(LocalNode l, @Nullable SyncedNode s) {
        if (s == null) {
            localNew(l);
            return;
        }
        if (l.folder()) {
            trashedFolder(l, s);
            return;
        }
        boolean parentLives = trees.remote().has(s.parent());
        if (l.kind() == NodeKind.FILE && (l.contentHash() == null || l.racy())) {
            hashes.add(new Action.HashFile(l.node()));
        } else if (liveness.edited(l, s)) {
            if (!parentLives || !trees.remote().has(l.parent())) {
                treeSteps.add(new Action.Renew(l.node()));
            } else {
                boolean stays = l.samePlace(s);
                remoteSteps.add(
                        new Action.Restore(
                                l.node(), stays ? null : l.parent(), stays ? null : l.name()));
            }
        } else if (liveness.movedOut(l, s)) {
            treeSteps.add(new Action.Renew(l.node()));
        } else {
            localSteps.add(new Action.RemoveFile(l.node()));
        }
    }

    private void trashedFolder(LocalNode l, SyncedNode s) {
        switch (liveness.fate(l.node())) {
            case NEEDED -> treeSteps.add(new Action.Renew(l.node()));
            case MOVED_OUT -> treeSteps.add(new Action.RenewAll(l.node()));
            case UNKNOWN -> {}
            case HOLDS ->
                    held.put(
                            l.node(),
                            "it was deleted on another device, but holds ignored or unknown files"
                                    + " here; remove them, or leave the folder as it is");
            case UNNEEDED -> localSteps.add(new Action.RemoveFolder(s.node()));
        }
    }

    private void localNew(LocalNode l) {
        NodeId parent = l.parent();
        if (parent == null || !trees.local().has(parent)) {
            return;
        }
        RemoteNode taken = trees.remote().child(parent, l.name());
        boolean fresh =
                taken != null
                        && !trees.local().has(taken.node())
                        && !trees.synced().has(taken.node())
                        && !ignoredRemote(taken);
        if (taken == null || !fresh) {
            create(l, parent);
        } else if (l.kind() != taken.kind()) {
            if (l.folder()) {
                moveAside(l, parent);
            } else {
                create(l, parent);
            }
        } else if (l.kind() == NodeKind.FILE && (l.contentHash() == null || l.racy())) {
            hashes.add(new Action.HashFile(l.node()));
        } else if (l.folder() || liveness.sameContent(l, taken)) {
            treeSteps.add(new Action.Adopt(l.node(), taken.node()));
        } else {
            create(l, parent);
        }
    }

    private void create(LocalNode l, NodeId parent) {
        switch (l.kind()) {
            case FOLDER -> remoteSteps.add(new Action.CreateFolder(l.node(), parent, l.name()));
            case FILE -> uploads.add(new Action.UploadNew(l.node(), parent, l.name()));
            case SYMLINK ->
                    remoteSteps.add(
                            new Action.CreateSymlink(
                                    l.node(),
                                    parent,
                                    l.name(),
                                    Objects.requireNonNullElse(l.target(), "")));
        }
    }

    /** A folder in the way of another device's file takes a conflict copy's name itself. */
    private void moveAside(LocalNode l, NodeId parent) {
        int attempt = 1;
        String name = scope.conflictName(l.name(), attempt);
        while (trees.remote().child(parent, name) != null
                || trees.local().child(parent, name) != null) {
            attempt++;
            name = scope.conflictName(l.name(), attempt);
        }
        localSteps.add(new Action.MoveLocal(l.node(), parent, name));
    }

    private void bothWithoutBase(RemoteNode r, LocalNode l) {
        if (l.kind() != r.kind()) {
            treeSteps.add(new Action.Renew(l.node()));
        } else if (l.kind() == NodeKind.FILE && (l.contentHash() == null || l.racy())) {
            hashes.add(new Action.HashFile(l.node()));
        } else if (l.folder() || liveness.sameContent(l, r)) {
            treeSteps.add(new Action.Adopt(l.node(), r.node()));
        } else {
            treeSteps.add(new Action.Renew(l.node()));
        }
    }

    private void place(RemoteNode r, LocalNode l, SyncedNode s) {
        boolean here = !l.samePlace(s);
        boolean there = !r.samePlace(s);
        NodeId localParent = Objects.requireNonNull(l.parent());
        NodeId remoteParent = Objects.requireNonNull(r.parent());
        if (here && there && l.samePlace(r)) {
            treeSteps.add(new Action.Agree(r.node()));
        } else if (there) {
            if (!ignoredRemote(r)) {
                localSteps.add(new Action.MoveLocal(r.node(), remoteParent, r.name()));
            }
        } else if (here) {
            remoteSteps.add(
                    new Action.MoveRemote(r.node(), remoteParent, r.name(), localParent, l.name()));
        }
    }

    private void content(RemoteNode r, LocalNode l, SyncedNode s) {
        if (l.contentHash() == null || l.racy()) {
            hashes.add(new Action.HashFile(l.node()));
            return;
        }
        boolean here = !l.contentHash().equals(s.contentHash());
        boolean there = r.contentRev() != s.contentRev();
        if (there && l.contentHash().equals(r.contentHash())) {
            treeSteps.add(new Action.Agree(r.node()));
        } else if (here) {
            uploads.add(new Action.UploadEdit(l.node(), s.contentRev()));
        } else if (there) {
            downloads.add(
                    new Action.Download(
                            r.node(), Objects.requireNonNull(l.parent()), l.name(), true));
        } else {
            attributes(r, l, s);
        }
    }

    private void attributes(RemoteNode r, LocalNode l, SyncedNode s) {
        long mtime = l.print().mtime();
        boolean here = mtime != s.mtimeNanos() || l.executable() != s.executable();
        boolean there = r.mtimeNanos() != s.mtimeNanos() || r.executable() != s.executable();
        if (here && mtime == r.mtimeNanos() && l.executable() == r.executable()) {
            treeSteps.add(new Action.Agree(r.node()));
        } else if (here) {
            remoteSteps.add(new Action.SetAttributes(l.node(), mtime, l.executable()));
        } else if (there) {
            localSteps.add(new Action.ApplyAttributes(r.node(), r.mtimeNanos(), r.executable()));
        }
    }

    private void target(RemoteNode r, LocalNode l, SyncedNode s) {
        boolean here = !Objects.equals(l.target(), s.target());
        boolean there = r.contentRev() != s.contentRev();
        if (there && Objects.equals(l.target(), r.target())) {
            treeSteps.add(new Action.Agree(r.node()));
        } else if (here && there) {
            treeSteps.add(new Action.Renew(l.node()));
        } else if (here) {
            remoteSteps.add(
                    new Action.PutSymlink(
                            l.node(), s.contentRev(), Objects.requireNonNullElse(l.target(), "")));
        } else if (there) {
            localSteps.add(
                    new Action.ReplaceSymlink(
                            r.node(), Objects.requireNonNullElse(r.target(), "")));
        }
    }
}
