package dev.holdfast.sync.tree;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.NodeKind;
import org.jspecify.annotations.Nullable;

/** What the three trees' nodes have in common: an id and where it hangs. */
public interface TreeNode {
    NodeId node();

    /** The folder it hangs in; null for the root only. */
    @Nullable NodeId parent();

    String name();

    NodeKind kind();

    default boolean folder() {
        return kind() == NodeKind.FOLDER;
    }

    /** True when both hang in the same folder under the same name, character by character. */
    default boolean samePlace(TreeNode other) {
        return name().equals(other.name()) && java.util.Objects.equals(parent(), other.parent());
    }
}
