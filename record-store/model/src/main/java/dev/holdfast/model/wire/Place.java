package dev.holdfast.model.wire;

import dev.holdfast.model.NodeId;
import org.jspecify.annotations.Nullable;

/** Where a node hangs: its parent (null for a root) and its name there. */
public record Place(@Nullable NodeId parent, String name) {}
