package dev.holdfast.sync.tree;

import dev.holdfast.model.NodeId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Rows of the three trees to be written together; an empty one is to be removed. */
public record TreeChanges(
        Map<NodeId, Optional<RemoteNode>> remote,
        Map<NodeId, Optional<LocalNode>> local,
        Map<NodeId, Optional<SyncedNode>> synced) {
    public TreeChanges() {
        this(new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
    }

    public boolean isEmpty() {
        return remote.isEmpty() && local.isEmpty() && synced.isEmpty();
    }
}
