package dev.holdfast.model.wire;

import dev.holdfast.model.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * Asks for the state a folder had; by version or by time, not both.
 *
 * @param node the folder; a namespace's root for all of it
 * @param version a commit version, as a plan names it
 * @param atMillis a time since the epoch: the last version that was committed by then
 */
public record RewindRequest(NodeId node, @Nullable Long version, @Nullable Long atMillis) {}
