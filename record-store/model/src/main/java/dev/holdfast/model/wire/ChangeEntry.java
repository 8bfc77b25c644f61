package dev.holdfast.model.wire;

import org.jspecify.annotations.Nullable;

/**
 * One entry of the feed.
 *
 * @param node the node after the change
 * @param before where it hung before; null for {@link ChangeKind#STATE} and {@link
 *     ChangeKind#CREATED}
 */
public record ChangeEntry(ChangeKind kind, NodeState node, @Nullable Place before) {}
