package dev.holdfast.model.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of nodes.
 *
 * @param next opaque, to be sent as {@code after}; null on the last page
 */
public record NodeList(List<NodeState> nodes, @Nullable String next) {
    public NodeList {
        nodes = List.copyOf(nodes);
    }
}
