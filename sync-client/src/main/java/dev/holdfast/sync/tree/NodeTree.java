package dev.holdfast.sync.tree;

import dev.holdfast.model.NodeId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Nodes by id, with an index of children by name. A node may be put before its parent is; a node
 * whose chain of parents does not reach the root is held but not attached.
 */
public final class NodeTree<T extends TreeNode> {
    /** Deeper than any chain the server allows: a longer one is a cycle of observations. */
    private static final int DEPTH_MAX = 4_096;

    private final Map<NodeId, T> nodes = new HashMap<>();
    private final Map<NodeId, Map<String, NodeId>> children = new HashMap<>();
    private final UnaryOperator<String> key;

    /**
     * A tree whose children are told apart by a key of their names.
     *
     * @param key equal for names that cannot both be in one folder
     */
    public NodeTree(UnaryOperator<String> key) {
        this.key = key;
    }

    public @Nullable T get(@Nullable NodeId node) {
        return node == null ? null : nodes.get(node);
    }

    public boolean has(@Nullable NodeId node) {
        return node != null && nodes.containsKey(node);
    }

    public Collection<T> all() {
        return Collections.unmodifiableCollection(nodes.values());
    }

    public int size() {
        return nodes.size();
    }

    /** The child of that name; compares by the tree's key. */
    public @Nullable T child(@Nullable NodeId parent, String name) {
        Map<String, NodeId> names = parent == null ? null : children.get(parent);
        return names == null ? null : get(names.get(key.apply(name)));
    }

    public List<T> children(NodeId parent) {
        List<T> result = new ArrayList<>();
        for (NodeId child : children.getOrDefault(parent, Map.of()).values()) {
            T node = nodes.get(child);
            if (node != null) {
                result.add(node);
            }
        }
        return result;
    }

    public boolean hasChildren(NodeId parent) {
        return children.containsKey(parent);
    }

    public @Nullable T put(T node) {
        T before = nodes.put(node.node(), node);
        if (before != null) {
            unlink(before);
        }
        NodeId parent = node.parent();
        if (parent != null) {
            children.computeIfAbsent(parent, p -> new HashMap<>(4))
                    .put(key.apply(node.name()), node.node());
        }
        return before;
    }

    public @Nullable T remove(NodeId node) {
        T before = nodes.remove(node);
        if (before != null) {
            unlink(before);
        }
        return before;
    }

    /** The node and everything below it, parents first; empty when there is no such node. */
    public List<T> subtree(NodeId top) {
        T first = nodes.get(top);
        if (first == null) {
            return List.of();
        }
        List<T> found = new ArrayList<>();
        Deque<T> todo = new ArrayDeque<>();
        todo.add(first);
        while (!todo.isEmpty()) {
            T next = todo.removeFirst();
            found.add(next);
            if (next.folder()) {
                todo.addAll(children(next.node()));
            }
        }
        return found;
    }

    /** Names from the root down, joined by slashes; null when the node is not attached. */
    public @Nullable String path(@Nullable NodeId node) {
        List<String> names = new ArrayList<>();
        T at = get(node);
        while (at != null && at.parent() != null) {
            names.add(at.name());
            if (names.size() > DEPTH_MAX) {
                return null;
            }
            at = get(at.parent());
        }
        return at == null ? null : String.join("/", names.reversed());
    }

    /** Steps from the root; -1 when the node is not attached. */
    public int depth(@Nullable NodeId node) {
        int depth = 0;
        T at = get(node);
        while (at != null && at.parent() != null) {
            depth++;
            if (depth > DEPTH_MAX) {
                return -1;
            }
            at = get(at.parent());
        }
        return at == null ? -1 : depth;
    }

    /** True when the node is the top itself or lies below it. */
    public boolean within(@Nullable NodeId node, NodeId top) {
        T at = get(node);
        for (int i = 0; at != null && i <= DEPTH_MAX; i++) {
            if (at.node().equals(top)) {
                return true;
            }
            at = get(at.parent());
        }
        return false;
    }

    private void unlink(T node) {
        NodeId parent = node.parent();
        Map<String, NodeId> names = parent == null ? null : children.get(parent);
        if (names != null) {
            names.remove(key.apply(node.name()), node.node());
            if (names.isEmpty()) {
                children.remove(parent);
            }
        }
    }
}
