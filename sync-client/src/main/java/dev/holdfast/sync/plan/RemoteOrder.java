package dev.holdfast.sync.plan;

import dev.holdfast.model.Names;
import dev.holdfast.model.NodeId;
import dev.holdfast.sync.tree.RemoteNode;
import dev.holdfast.sync.tree.Trees;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds an order in which the server can carry out each step: folders before what goes into them,
 * names freed before they are taken, nodes moved out before their folder goes. A ring of renames is
 * opened by a temporary name; a move that would close a ring of folders is undone on the disk.
 */
final class RemoteOrder {
    private final Trees trees;
    private final Scope scope;
    private final Shadow shadow;
    private final List<Action.RemoteStep> pending;
    private final Set<NodeId> leaving = new HashSet<>();
    private final List<Action.RemoteStep> steps = new ArrayList<>();
    private final List<Action.Upload> uploads = new ArrayList<>();
    private final List<Action.LocalStep> undone = new ArrayList<>();

    private RemoteOrder(Trees trees, Scope scope, List<Action.RemoteStep> wanted) {
        this.trees = trees;
        this.scope = scope;
        this.shadow = new Shadow(trees.remote(), Names::nameKey);
        this.pending = new ArrayList<>(wanted);
        pending.sort(Comparator.comparingInt(step -> trees.local().depth(step.node())));
        for (Action.RemoteStep step : wanted) {
            if (step instanceof Action.MoveRemote || step instanceof Action.Trash) {
                leaving.add(step.node());
            }
        }
    }

    static RemoteOrder of(
            Trees trees, Scope scope, List<Action.RemoteStep> wanted, List<Action.Upload> uploads) {
        RemoteOrder order = new RemoteOrder(trees, scope, wanted);
        order.run();
        order.chooseUploads(uploads);
        return order;
    }

    List<Action.RemoteStep> steps() {
        return steps;
    }

    List<Action.Upload> uploads() {
        return uploads;
    }

    List<Action.LocalStep> undone() {
        return undone;
    }

    private void run() {
        boolean going = true;
        while (going) {
            boolean progress = false;
            List<Action.RemoteStep> left = new ArrayList<>();
            for (Action.RemoteStep step : pending) {
                if (ready(step)) {
                    emit(step);
                    progress = true;
                } else {
                    left.add(step);
                }
            }
            pending.clear();
            pending.addAll(left);
            going = !pending.isEmpty() && (progress || openRing() || undoMove() || vacate());
        }
        pending.forEach(this::giveUp);
    }

    private boolean ready(Action.RemoteStep step) {
        return switch (step) {
            case Action.CreateFolder create ->
                    shadow.live(create.parent())
                            && shadow.occupant(create.parent(), create.name()) == null;
            case Action.CreateSymlink create ->
                    shadow.live(create.parent())
                            && !freedLater(create.parent(), create.name(), create.node());
            case Action.MoveRemote move ->
                    shadow.exists(move.node())
                            && shadow.live(move.parent())
                            && !shadow.within(move.parent(), move.node())
                            && !freedLater(move.parent(), move.name(), move.node());
            case Action.Trash trash -> !trash.folder() || nothingLivesBelow(trash.node());
            case Action.Restore restore ->
                    restore.parent() == null || shadow.live(restore.parent());
            case Action.PutSymlink _, Action.SetAttributes _ -> true;
        };
    }

    private boolean freedLater(NodeId parent, String name, NodeId node) {
        NodeId occupant = shadow.occupant(parent, name);
        return occupant != null && !occupant.equals(node) && leaving.contains(occupant);
    }

    private boolean nothingLivesBelow(NodeId folder) {
        for (RemoteNode below : trees.remote().subtree(folder)) {
            NodeId node = below.node();
            if (!node.equals(folder) && trees.local().has(node) && shadow.within(node, folder)) {
                return false;
            }
        }
        return true;
    }

    private void emit(Action.RemoteStep step) {
        steps.add(step);
        leaving.remove(step.node());
        switch (step) {
            case Action.CreateFolder create -> take(create.node(), create.parent(), create.name());
            case Action.CreateSymlink create -> take(create.node(), create.parent(), create.name());
            case Action.MoveRemote move -> take(move.node(), move.parent(), move.name());
            case Action.Trash trash -> shadow.remove(trash.node());
            case Action.Restore _, Action.PutSymlink _, Action.SetAttributes _ -> {}
        }
    }

    /** Where the name stays taken, the server finds another one beside it. */
    private void take(NodeId node, NodeId parent, String name) {
        NodeId occupant = shadow.occupant(parent, name);
        boolean free = occupant == null || occupant.equals(node);
        shadow.place(node, parent, free ? name : name + '/' + node);
    }

    private boolean openRing() {
        for (Action.RemoteStep step : pending) {
            if (step instanceof Action.MoveRemote move && inRing(move)) {
                pending.remove(step);
                emit(
                        new Action.MoveRemote(
                                move.node(),
                                move.baseParent(),
                                move.baseName(),
                                move.baseParent(),
                                temporaryName(
                                        trees,
                                        shadow,
                                        move.node(),
                                        move.baseParent(),
                                        move.baseName())));
                return true;
            }
        }
        return false;
    }

    /**
     * Where a name is held by a node that cannot leave before the name's next holder is there: a
     * file that goes into a folder of its own name, a folder whose child takes its place. The node
     * makes room under a temporary name, and leaves in a later plan.
     */
    private boolean vacate() {
        for (Action.RemoteStep step : pending) {
            NodeId occupant =
                    switch (step) {
                        case Action.CreateFolder create -> holder(create.parent(), create.name());
                        case Action.MoveRemote move ->
                                shadow.live(move.parent())
                                                && shadow.within(move.parent(), move.node())
                                        ? null
                                        : holder(move.parent(), move.name());
                        case Action.CreateSymlink _,
                                Action.PutSymlink _,
                                Action.Trash _,
                                Action.Restore _,
                                Action.SetAttributes _ ->
                                null;
                    };
            RemoteNode now = occupant == null ? null : trees.remote().get(occupant);
            if (now != null && now.parent() != null && !now.node().equals(step.node())) {
                pending.removeIf(other -> other.node().equals(now.node()) && leaves(other));
                emit(
                        new Action.MoveRemote(
                                now.node(),
                                now.parent(),
                                now.name(),
                                now.parent(),
                                temporaryName(
                                        trees, shadow, now.node(), now.parent(), now.name())));
                return true;
            }
        }
        return false;
    }

    private static boolean leaves(Action.RemoteStep step) {
        return step instanceof Action.MoveRemote || step instanceof Action.Trash;
    }

    private @Nullable NodeId holder(NodeId parent, String name) {
        NodeId occupant = shadow.live(parent) ? shadow.occupant(parent, name) : null;
        return occupant != null && leaving.contains(occupant) ? occupant : null;
    }

    /** Follows who has the wanted name and where that one wants to go, back to the start. */
    private boolean inRing(Action.MoveRemote start) {
        if (!shadow.exists(start.node())
                || !shadow.live(start.parent())
                || shadow.within(start.parent(), start.node())) {
            return false;
        }
        Action.MoveRemote at = start;
        for (int i = 0; i <= pending.size(); i++) {
            NodeId occupant = shadow.occupant(at.parent(), at.name());
            if (occupant == null) {
                return false;
            }
            if (occupant.equals(start.node())) {
                return i > 0;
            }
            Action.MoveRemote next = pendingMove(occupant);
            if (next == null) {
                return false;
            }
            at = next;
        }
        return false;
    }

    private Action.@Nullable MoveRemote pendingMove(NodeId node) {
        for (Action.RemoteStep step : pending) {
            if (step instanceof Action.MoveRemote move && move.node().equals(node)) {
                return move;
            }
        }
        return null;
    }

    /** A name that is free in the folder on both sides, and says what it is there for. */
    static String temporaryName(
            Trees trees, Shadow shadow, NodeId node, NodeId parent, String name) {
        String label = " (moving " + node.toString().substring(0, 8);
        String free = Names.suffixed(name, label + ")");
        for (int attempt = 2;
                shadow.occupant(parent, free) != null
                        || trees.remote().child(parent, free) != null
                        || trees.local().child(parent, free) != null;
                attempt++) {
            free = Names.suffixed(name, label + " " + attempt + ")");
        }
        return free;
    }

    /** A move below itself, as the server has it, is undone; its old name is not to be had then. */
    private boolean undoMove() {
        for (Action.RemoteStep step : pending) {
            if (step instanceof Action.MoveRemote move
                    && shadow.live(move.parent())
                    && shadow.within(move.parent(), move.node())) {
                undone.add(new Action.MoveLocal(move.node(), move.baseParent(), move.baseName()));
                pending.remove(step);
                leaving.remove(step.node());
                return true;
            }
        }
        return false;
    }

    private void giveUp(Action.RemoteStep step) {
        if (step instanceof Action.CreateFolder create
                && shadow.live(create.parent())
                && !freedLater(create.parent(), create.name(), create.node())) {
            undone.add(new Action.MoveLocal(create.node(), create.parent(), freeName(create)));
        }
    }

    private String freeName(Action.CreateFolder create) {
        int attempt = 1;
        @Nullable String name = null;
        while (name == null
                || shadow.occupant(create.parent(), name) != null
                || trees.local().child(create.parent(), name) != null) {
            name = scope.conflictName(create.name(), attempt++);
        }
        return name;
    }

    private void chooseUploads(List<Action.Upload> wanted) {
        for (Action.Upload upload : wanted) {
            switch (upload) {
                case Action.UploadNew file -> {
                    if (shadow.live(file.parent())
                            && !freedLater(file.parent(), file.name(), file.node())) {
                        uploads.add(file);
                    }
                }
                case Action.UploadEdit edit -> uploads.add(edit);
            }
        }
    }
}
