package dev.holdfast.sync.plan;

import dev.holdfast.model.NodeId;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.Trees;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Finds an order in which the disk can carry out each step, as {@link RemoteOrder} does for the
 * server. What is not possible yet waits for a later plan.
 */
final class LocalOrder {
    private final Trees trees;
    private final Shadow shadow;
    private final List<Action.LocalStep> pending = new ArrayList<>();
    private final Set<NodeId> leaving = new HashSet<>();
    private final List<Action.LocalStep> steps = new ArrayList<>();
    private final List<Action.Download> downloads = new ArrayList<>();

    private LocalOrder(Trees trees, List<Action.LocalStep> wanted) {
        this.trees = trees;
        this.shadow = new Shadow(trees.local(), UnaryOperator.identity());
        Set<NodeId> moving = new HashSet<>();
        for (Action.LocalStep step : wanted) {
            if (step instanceof Action.MoveLocal && !moving.add(step.node())) {
                continue;
            }
            pending.add(step);
            if (leaves(step)) {
                leaving.add(step.node());
            }
        }
        pending.sort(Comparator.comparingInt(step -> depth(trees, step)));
    }

    /** Folders are made from the top down and removed from the bottom up. */
    private static int depth(Trees trees, Action.LocalStep step) {
        return step instanceof Action.RemoveFolder
                ? -trees.local().depth(step.node())
                : trees.remote().depth(step.node());
    }

    static LocalOrder of(
            Trees trees, List<Action.LocalStep> wanted, List<Action.Download> downloads) {
        LocalOrder order = new LocalOrder(trees, wanted);
        order.run();
        for (Action.Download download : downloads) {
            if (order.ready(download)) {
                order.downloads.add(download);
            }
        }
        return order;
    }

    List<Action.LocalStep> steps() {
        return steps;
    }

    List<Action.Download> downloads() {
        return downloads;
    }

    private void run() {
        boolean going = true;
        while (going) {
            boolean progress = false;
            List<Action.LocalStep> left = new ArrayList<>();
            for (Action.LocalStep step : pending) {
                if (ready(step)) {
                    emit(step);
                    progress = true;
                } else {
                    left.add(step);
                }
            }
            pending.clear();
            pending.addAll(left);
            going = !pending.isEmpty() && (progress || openRing() || vacate());
        }
    }

    private boolean ready(Action.LocalStep step) {
        return switch (step) {
            case Action.MakeFolder make ->
                    shadow.live(make.parent())
                            && shadow.occupant(make.parent(), make.name()) == null;
            case Action.MakeSymlink make ->
                    shadow.live(make.parent())
                            && shadow.occupant(make.parent(), make.name()) == null;
            case Action.MoveLocal move -> possible(move) && free(move);
            case Action.RemoveFolder remove -> shadow.children(remove.node()) == 0;
            case Action.RemoveFile _, Action.ReplaceSymlink _, Action.ApplyAttributes _ -> true;
        };
    }

    private boolean possible(Action.MoveLocal move) {
        return shadow.exists(move.node())
                && shadow.live(move.parent())
                && !shadow.within(move.parent(), move.node());
    }

    private boolean free(Action.MoveLocal move) {
        NodeId occupant = shadow.occupant(move.parent(), move.name());
        return occupant == null || occupant.equals(move.node());
    }

    private void emit(Action.LocalStep step) {
        steps.add(step);
        leaving.remove(step.node());
        switch (step) {
            case Action.MakeFolder make -> shadow.place(make.node(), make.parent(), make.name());
            case Action.MakeSymlink make -> shadow.place(make.node(), make.parent(), make.name());
            case Action.MoveLocal move -> shadow.place(move.node(), move.parent(), move.name());
            case Action.RemoveFile remove -> shadow.remove(remove.node());
            case Action.RemoveFolder remove -> shadow.remove(remove.node());
            case Action.ReplaceSymlink _, Action.ApplyAttributes _ -> {}
        }
    }

    private boolean openRing() {
        for (Action.LocalStep step : pending) {
            if (step instanceof Action.MoveLocal move && possible(move) && inRing(move)) {
                LocalNode now = trees.local().get(move.node());
                if (now == null || now.parent() == null) {
                    continue;
                }
                pending.remove(step);
                emit(
                        new Action.MoveLocal(
                                move.node(),
                                now.parent(),
                                RemoteOrder.temporaryName(
                                        trees, shadow, move.node(), now.parent(), now.name())));
                return true;
            }
        }
        return false;
    }

    /** As in {@link RemoteOrder}: who cannot leave yet makes room under a temporary name. */
    private boolean vacate() {
        for (Action.LocalStep step : pending) {
            NodeId occupant =
                    switch (step) {
                        case Action.MakeFolder make -> holder(make.parent(), make.name());
                        case Action.MakeSymlink make -> holder(make.parent(), make.name());
                        case Action.MoveLocal move ->
                                possible(move) ? holder(move.parent(), move.name()) : null;
                        case Action.RemoveFile _,
                                Action.RemoveFolder _,
                                Action.ReplaceSymlink _,
                                Action.ApplyAttributes _ ->
                                null;
                    };
            LocalNode now = occupant == null ? null : trees.local().get(occupant);
            if (now != null && now.parent() != null && !now.node().equals(step.node())) {
                pending.removeIf(other -> other.node().equals(now.node()) && leaves(other));
                emit(
                        new Action.MoveLocal(
                                now.node(),
                                now.parent(),
                                RemoteOrder.temporaryName(
                                        trees, shadow, now.node(), now.parent(), now.name())));
                return true;
            }
        }
        return false;
    }

    private static boolean leaves(Action.LocalStep step) {
        return step instanceof Action.MoveLocal
                || step instanceof Action.RemoveFile
                || step instanceof Action.RemoveFolder;
    }

    private @Nullable NodeId holder(NodeId parent, String name) {
        NodeId occupant = shadow.live(parent) ? shadow.occupant(parent, name) : null;
        return occupant != null && leaving.contains(occupant) ? occupant : null;
    }

    /** Follows who has the wanted name and where that one wants to go, back to the start. */
    private boolean inRing(Action.MoveLocal start) {
        Action.MoveLocal at = start;
        for (int i = 0; i <= pending.size(); i++) {
            NodeId occupant = shadow.occupant(at.parent(), at.name());
            if (occupant == null) {
                return false;
            }
            if (occupant.equals(start.node())) {
                return i > 0;
            }
            Action.MoveLocal next = pendingMove(occupant);
            if (next == null) {
                return false;
            }
            at = next;
        }
        return false;
    }

    private Action.@Nullable MoveLocal pendingMove(NodeId node) {
        for (Action.LocalStep step : pending) {
            if (step instanceof Action.MoveLocal move && move.node().equals(node)) {
                return move;
            }
        }
        return null;
    }

    private boolean ready(Action.Download download) {
        if (!shadow.live(download.parent())) {
            return false;
        }
        // A file that is replaced may be on the move in this plan: its place is looked up when due.
        return download.replace() || shadow.occupant(download.parent(), download.name()) == null;
    }
}
