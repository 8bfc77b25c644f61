package dev.holdfast.sync.sim;

import dev.holdfast.model.Names;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The nodes of a namespace, and what is true of them where they lie. */
class ModelTree {
    final NodeId root;
    final Map<NodeId, NodeState> nodes = new LinkedHashMap<>();

    ModelTree(NodeId root) {
        this.root = root;
    }

    @Nullable NodeState node(NodeId node) {
        return nodes.get(node);
    }

    List<NodeState> all() {
        return List.copyOf(nodes.values());
    }

    boolean live(@Nullable NodeId node) {
        NodeId at = node;
        while (at != null && !at.equals(root)) {
            NodeState state = nodes.get(at);
            if (state == null || state.trashed()) {
                return false;
            }
            at = state.parent();
        }
        return at != null;
    }

    boolean within(NodeId node, NodeId top) {
        NodeId at = node;
        while (at != null) {
            if (at.equals(top)) {
                return true;
            }
            NodeState state = nodes.get(at);
            at = state == null ? null : state.parent();
        }
        return false;
    }

    List<NodeState> children(NodeId folder) {
        return nodes.values().stream()
                .filter(node -> folder.equals(node.parent()) && !node.trashed())
                .toList();
    }

    @Nullable NodeState child(NodeId folder, String name) {
        return children(folder).stream()
                .filter(node -> Names.nameKey(node.name()).equals(Names.nameKey(name)))
                .findFirst()
                .orElse(null);
    }

    boolean folder(NodeId node) {
        NodeState state = nodes.get(node);
        return node.equals(root) || (state != null && state.kind() == NodeKind.FOLDER);
    }
}
