package dev.holdfast.sync.plan;

import dev.holdfast.model.NodeId;
import dev.holdfast.sync.tree.NodeTree;
import dev.holdfast.sync.tree.TreeNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A tree as it will be after the steps found so far, laid over the tree as it is. */
final class Shadow {
    private static final int DEPTH_MAX = 4_096;

    private record Slot(NodeId parent, String key) {}

    private final NodeTree<? extends TreeNode> base;
    private final UnaryOperator<String> key;
    private final Map<NodeId, Slot> placed = new HashMap<>();
    private final Map<Slot, Optional<NodeId>> slots = new HashMap<>();
    private final Map<NodeId, Integer> childrenDelta = new HashMap<>();
    private final Set<NodeId> gone = new HashSet<>();

    Shadow(NodeTree<? extends TreeNode> base, UnaryOperator<String> key) {
        this.base = base;
        this.key = key;
    }

    boolean exists(NodeId node) {
        return !gone.contains(node) && (placed.containsKey(node) || base.has(node));
    }

    private @Nullable NodeId parent(NodeId node) {
        Slot slot = placed.get(node);
        if (slot != null) {
            return slot.parent;
        }
        TreeNode known = base.get(node);
        return known == null ? null : known.parent();
    }

    /** True when the node and all folders above it exist. */
    boolean live(NodeId node) {
        NodeId at = node;
        for (int i = 0; i < DEPTH_MAX; i++) {
            if (!exists(at)) {
                return false;
            }
            NodeId parent = parent(at);
            if (parent == null) {
                return true;
            }
            at = parent;
        }
        return false;
    }

    boolean within(NodeId node, NodeId top) {
        NodeId at = node;
        for (int i = 0; at != null && i < DEPTH_MAX; i++) {
            if (at.equals(top)) {
                return true;
            }
            at = parent(at);
        }
        return false;
    }

    @Nullable NodeId occupant(NodeId parent, String name) {
        Optional<NodeId> laid = slots.get(new Slot(parent, key.apply(name)));
        if (laid != null) {
            return laid.orElse(null);
        }
        TreeNode known = base.child(parent, name);
        return known == null ? null : known.node();
    }

    int children(NodeId folder) {
        return base.children(folder).size() + childrenDelta.getOrDefault(folder, 0);
    }

    void place(NodeId node, NodeId parent, String name) {
        vacate(node);
        Slot slot = new Slot(parent, key.apply(name));
        placed.put(node, slot);
        slots.put(slot, Optional.of(node));
        childrenDelta.merge(parent, 1, Integer::sum);
        gone.remove(node);
    }

    void remove(NodeId node) {
        vacate(node);
        placed.remove(node);
        gone.add(node);
    }

    private void vacate(NodeId node) {
        if (gone.contains(node)) {
            return;
        }
        Slot slot = placed.get(node);
        TreeNode known = base.get(node);
        if (slot == null && known != null && known.parent() != null) {
            slot = new Slot(known.parent(), key.apply(known.name()));
        }
        if (slot != null) {
            slots.put(slot, Optional.empty());
            childrenDelta.merge(slot.parent, -1, Integer::sum);
        }
    }
}
