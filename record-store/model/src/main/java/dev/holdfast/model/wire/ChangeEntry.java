package dev.holdfast.model.wire;

import org.jspecify.annotations.Nullable;

/**
 * One entry of the feed.
 *
 * @param node the node after the change
 * @param before where it hung before; null for {@link ChangeKind#STATE} and {@link
 *     ChangeKind#CREATED}
 * @param confirmed true for a {@link ChangeKind#TRASHED} that a person was asked about; else absent
 */
public record ChangeEntry(
        ChangeKind kind, NodeState node, @Nullable Place before, @Nullable Boolean confirmed) {
    /** One that nobody was asked about. */
    public ChangeEntry(ChangeKind kind, NodeState node, @Nullable Place before) {
        this(kind, node, before, null);
    }
}
