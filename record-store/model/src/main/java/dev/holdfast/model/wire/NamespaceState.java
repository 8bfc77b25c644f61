package dev.holdfast.model.wire;

import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;

/**
 * A namespace as the caller sees it.
 *
 * @param role owner, editor or viewer
 * @param quotaBytes 0 where there is none
 */
public record NamespaceState(
        NamespaceId namespace,
        String name,
        String kind,
        String role,
        NodeId root,
        long quotaBytes,
        long usedBytes) {}
